"""Every address of the console. One line a page; each page is a folder of `console/pages/`."""

from __future__ import annotations

from allauth.account import views as entrance
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.contrib.auth.decorators import login_not_required
from django.urls import path

from pilothouse.console import assets
from pilothouse.console.credential_pages import View, one_at_a_time, so_often
from pilothouse.console.errors import no_password
from pilothouse.console.live.view import live
from pilothouse.console.pages.account.view import account
from pilothouse.console.pages.alert.move import move as alert_move
from pilothouse.console.pages.alert.view import alert
from pilothouse.console.pages.alerts.view import alerts
from pilothouse.console.pages.audit.settle import propose as settlement_propose
from pilothouse.console.pages.audit.settle import settle
from pilothouse.console.pages.audit.view import audit
from pilothouse.console.pages.change.effects import effects
from pilothouse.console.pages.change.move import move
from pilothouse.console.pages.change.propose import propose
from pilothouse.console.pages.change.view import change
from pilothouse.console.pages.changes.view import changes
from pilothouse.console.pages.contract.view import charts_of, contract
from pilothouse.console.pages.control_room.view import control_room, panel
from pilothouse.console.pages.drill.view import drill
from pilothouse.console.pages.explanation.view import explanation, without
from pilothouse.console.pages.health.view import health
from pilothouse.console.pages.inbox.decide import decide
from pilothouse.console.pages.inbox.view import inbox
from pilothouse.console.pages.incident.from_alert import alert_to_incident
from pilothouse.console.pages.incident.move import move as incident_move
from pilothouse.console.pages.incident.open import open_page
from pilothouse.console.pages.incident.view import incident
from pilothouse.console.pages.incidents.view import incidents
from pilothouse.console.pages.invited.view import invited
from pilothouse.console.pages.keys.move import move as key_move
from pilothouse.console.pages.keys.view import keys
from pilothouse.console.pages.lately.view import lately
from pilothouse.console.pages.markets.view import markets
from pilothouse.console.pages.order.view import order
from pilothouse.console.pages.orders.view import orders
from pilothouse.console.pages.people.view import people
from pilothouse.console.pages.person.move import move as person_move
from pilothouse.console.pages.person.view import person
from pilothouse.console.pages.product.view import product
from pilothouse.console.pages.products.view import products
from pilothouse.console.pages.replay.view import banner, replay
from pilothouse.console.pages.runbooks.view import runbooks
from pilothouse.console.pages.search.view import search
from pilothouse.console.pages.sql.view import sql
from pilothouse.console.pages.theme.view import theme

handler403 = "pilothouse.console.errors.forbidden"
handler404 = "pilothouse.console.errors.not_found"
handler500 = "pilothouse.console.errors.broken"


def _changes(view: View) -> View:
    """Let a page that changes credentials run alone, and so often."""
    return so_often(one_at_a_time(view))


urlpatterns = [
    path("", control_room),
    path("panels/<str:name>", panel),
    path("markets", markets),
    path("markets/<str:symbol>", contract),
    path("markets/<str:symbol>/charts", charts_of),
    path("accounts/<int:number>", account),
    path("accounts/<int:number>/why", explanation),
    path("accounts/<int:number>/why/without/<int:change>", without),
    path("changes", changes),
    path("changes/propose", propose),
    path("changes/<int:number>", change),
    path("changes/<int:number>/effects/<str:part>", effects),
    path("changes/<int:number>/moves/<str:verb>", move),
    path("alerts/<int:number>/incident", alert_to_incident),
    path("lately", lately),
    path("inbox", inbox),
    path("inbox/deliveries/<int:number>/<str:verb>", decide),
    path("alerts", alerts),
    path("alerts/<int:number>", alert),
    path("alerts/<int:number>/moves/<str:verb>", alert_move),
    path("incidents", incidents),
    path("incidents/open", open_page),
    path("incidents/<int:number>", incident),
    path("incidents/<int:number>/moves/<str:verb>", incident_move),
    path("audit", audit),
    path("audit/settlements", settlement_propose),
    path("audit/settlements/<str:key>/<str:verb>", settle),
    path("drill", drill),
    path("sql", sql),
    path("replay", replay),
    path("replay/banner", banner),
    path("products", products),
    path("products/<str:key>", product),
    path("runbooks", runbooks),
    path("keys", keys),
    path("keys/<int:number>/moves/<str:verb>", key_move),
    path("orders", orders),
    path("orders/<str:name>", order),
    path("people", people),
    path("people/<str:name>", person),
    path("people/<str:name>/moves/<str:verb>", person_move),
    path("search", search),
    path("live", live),
    path("theme", theme),
    path("healthz", health),
    path("healthz/<str:question>", health),
    path("assets/<str:digest>/<str:name>", assets.send),
    # Of allauth only what people of an exchange need: nobody signs up, nothing goes by mail.
    path("sign-in/login/", entrance.login, name="account_login"),
    path("sign-in/logout/", entrance.logout, name="account_logout"),
    path("sign-in/inactive/", entrance.account_inactive, name="account_inactive"),
    path("sign-in/invited/<str:whose>/<str:token>/", login_not_required(invited)),
    path("sign-in/reauthenticate/", entrance.reauthenticate, name="account_reauthenticate"),
    path("sign-in/password/", so_often(entrance.password_change), name="account_change_password"),
    path("sign-in/password/none/", no_password, name="account_set_password"),
    path("sign-in/2fa/", factors.index, name="mfa_index"),
    path(
        "sign-in/2fa/authenticate/",
        one_at_a_time(factors.authenticate),
        name="mfa_authenticate",
    ),
    path(
        "sign-in/2fa/reauthenticate/",
        one_at_a_time(factors.reauthenticate),
        name="mfa_reauthenticate",
    ),
    path("sign-in/2fa/totp/activate/", _changes(totp.activate_totp), name="mfa_activate_totp"),
    path(
        "sign-in/2fa/totp/deactivate/", _changes(totp.deactivate_totp), name="mfa_deactivate_totp"
    ),
    path(
        "sign-in/2fa/recovery-codes/",
        one_at_a_time(codes.view_recovery_codes),
        name="mfa_view_recovery_codes",
    ),
    path(
        "sign-in/2fa/recovery-codes/generate/",
        _changes(codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "sign-in/2fa/recovery-codes/download/",
        one_at_a_time(codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]
