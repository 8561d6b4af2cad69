"""Who may reach each address of the console. An address without a cell fails the matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.urls import URLPattern, URLResolver, get_resolver

from pilothouse.access.roles import Right

OPEN: Final = "open"
"""Reached without a session."""
SIGNED_IN: Final = "signed in"
"""Reached by everybody who is signed in, whatever their roles."""


@dataclass(frozen=True)
class Cell:
    """An address: who may reach it, and its arguments for the addresses that are tried."""

    who: str
    tried: tuple[str, ...]


def _of(who: str, *tried: str) -> Cell:
    return Cell(who, tried)


VIEW, CLIENTS, AUDIT = Right.VIEW, Right.SEE_CLIENTS, Right.READ_AUDIT
MOVES: Final = "changes/<int:number>/moves/<str:verb>"
SETTLEMENTS: Final = "audit/settlements/<str:key>/<str:verb>"
INCIDENT_MOVES: Final = "incidents/<int:number>/moves/<str:verb>"
PERSON_MOVES: Final = "people/<str:name>/moves/<str:verb>"
CELLS: Final[dict[str, Cell]] = {
    "": _of(VIEW, ""),
    "panels/<str:name>": _of(VIEW, "panels/markets", "panels/none"),
    "markets": _of(VIEW, "markets"),
    "markets/<str:symbol>": _of(VIEW, "markets/PF_XBTUSD", "markets/NONE"),
    "markets/<str:symbol>/charts": _of(VIEW, "markets/PF_XBTUSD/charts", "markets/NONE/charts"),
    "accounts/<int:number>": _of(CLIENTS, "accounts/7", "accounts/0"),
    "accounts/<int:number>/why": _of(CLIENTS, "accounts/7/why", "accounts/0/why"),
    "accounts/<int:number>/why/without/<int:change>": _of(CLIENTS, "accounts/7/why/without/1"),
    "changes": _of(VIEW, "changes"),
    "changes/propose": _of(Right.PROPOSE, "changes/propose", "changes/propose?kind=price_band"),
    "changes/<int:number>": _of(VIEW, "changes/1", "changes/999"),
    "changes/<int:number>/effects/<str:part>": _of(VIEW, "changes/1/effects/instead"),
    MOVES: _of(VIEW, "changes/1/moves/none", "changes/999/moves/approve"),
    "alerts/<int:number>/incident": _of(VIEW, "alerts/999/incident"),
    "inbox": _of(VIEW, "inbox"),
    "inbox/deliveries/<int:number>/<str:verb>": _of(VIEW, "inbox/deliveries/9/give_up"),
    "alerts": _of(VIEW, "alerts"),
    "alerts/<int:number>": _of(VIEW, "alerts/999"),
    "alerts/<int:number>/moves/<str:verb>": _of(VIEW, "alerts/999/moves/take"),
    "incidents": _of(VIEW, "incidents"),
    "incidents/open": _of(Right.RESPOND, "incidents/open"),
    "incidents/<int:number>": _of(VIEW, "incidents/1", "incidents/999"),
    INCIDENT_MOVES: _of(VIEW, "incidents/1/moves/none", "incidents/999/moves/resolve"),
    "audit": _of(AUDIT, "audit"),
    "audit/settlements": _of(AUDIT, "audit/settlements"),
    SETTLEMENTS: _of(
        AUDIT, *(f"audit/settlements/0/{one}" for one in ("none", "sign", "decline"))
    ),
    "drill": _of(VIEW, "drill"),
    "sql": _of(VIEW, "sql"),
    "replay": _of(VIEW, "replay"),
    "replay/banner": _of(VIEW, "replay/banner"),
    "products": _of(VIEW, "products"),
    "products/<str:key>": _of(VIEW, "products/perpetuals", "products/none"),
    "runbooks": _of(VIEW, "runbooks"),
    "keys": _of(CLIENTS, "keys", "keys?account=7"),
    "keys/<int:number>/moves/<str:verb>": _of(VIEW, "keys/1/moves/none", "keys/1/moves/revoke"),
    "orders": _of(CLIENTS, "orders", "orders?q=7"),
    "orders/<str:name>": _of(CLIENTS, "orders/7", "orders/none"),
    "people": _of(VIEW, "people", "people?q=x"),
    "people/<str:name>": _of(VIEW, "people/viewer", "people/none"),
    PERSON_MOVES: _of(VIEW, *(f"people/viewer/moves/{one}" for one in ("none", "disable"))),
    "search": _of(VIEW, "search", "search?q=x"),
    "lately": _of(VIEW, "lately"),
    "live": _of(SIGNED_IN, "live"),
    "theme": _of(OPEN, "theme"),
    "healthz": _of(OPEN, "healthz"),
    "healthz/<str:question>": _of(OPEN, "healthz/alive", "healthz/nothing"),
    "assets/<str:digest>/<str:name>": _of(OPEN, "assets/x/console.css", "assets/x/none"),
    "sign-in/login/": _of(OPEN, "sign-in/login/"),
    "sign-in/logout/": _of(OPEN, "sign-in/logout/"),
    "sign-in/inactive/": _of(OPEN, "sign-in/inactive/"),
    "sign-in/invited/<str:whose>/<str:token>/": _of(OPEN, "sign-in/invited/MQ/x/"),
    "sign-in/reauthenticate/": _of(SIGNED_IN, "sign-in/reauthenticate/"),
    "sign-in/password/": _of(SIGNED_IN, "sign-in/password/"),
    "sign-in/password/none/": _of(SIGNED_IN, "sign-in/password/none/"),
    "sign-in/2fa/": _of(SIGNED_IN, "sign-in/2fa/"),
    "sign-in/2fa/authenticate/": _of(OPEN, "sign-in/2fa/authenticate/"),
    "sign-in/2fa/reauthenticate/": _of(SIGNED_IN, "sign-in/2fa/reauthenticate/"),
    "sign-in/2fa/totp/activate/": _of(SIGNED_IN, "sign-in/2fa/totp/activate/"),
    "sign-in/2fa/totp/deactivate/": _of(SIGNED_IN, "sign-in/2fa/totp/deactivate/"),
    "sign-in/2fa/recovery-codes/": _of(SIGNED_IN, "sign-in/2fa/recovery-codes/"),
    "sign-in/2fa/recovery-codes/generate/": _of(SIGNED_IN, "sign-in/2fa/recovery-codes/generate/"),
    "sign-in/2fa/recovery-codes/download/": _of(SIGNED_IN, "sign-in/2fa/recovery-codes/download/"),
}


def routes(resolver: Any = None, before: str = "") -> list[str]:
    """Return every address that the console has, as its resolver says."""
    made: list[str] = []
    for one in (resolver or get_resolver()).url_patterns:
        address = before + str(one.pattern)
        if isinstance(one, URLResolver):
            made += routes(one, address)
        else:
            assert isinstance(one, URLPattern)
            made.append(address)
    return made
