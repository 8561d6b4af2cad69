"""Who signs, changes the exchange or unmasks clients is there now: by a fresh factor (F18)."""

import time
from datetime import timedelta

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.login import _AUTHENTICATION_METHODS_USER_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp_auth

from pilothouse.access.factors import SealedFactors
from pilothouse.control import preview, propose
from pilothouse.control.models import Change
from pilothouse.journal.steady import passing_now
from pilothouse.language.kinds import MarketStatus
from tests.console.conftest import at
from tests.control.conftest import exchange, team, wish
from tests.control.doubles import PERPETUAL

__all__ = ["at", "exchange", "team"]
FACTOR = "/sign-in/2fa/reauthenticate/"


@pytest.fixture
def people(settings, team, at):
    """Clients of people outside the demonstration, whose factor was given so long ago."""
    settings.PILOTHOUSE_SECOND_FACTOR = True

    def of(name, ago):
        person = getattr(team, name)
        kind = Authenticator.Type.TOTP
        Authenticator.objects.get_or_create(user=person, type=kind, data={"secret": "x"})
        client = at(person)
        session = client.session
        given = (passing_now() - ago).timestamp()
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": given}]
        session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(person.pk)
        session.save()
        return client

    return of


def changed(team, kind="margin_schedule", fields=None):
    made = propose.propose(kind, fields or wish(4, 2), by=team.operator, why="volatility")
    return preview.first(made, by=team.operator)


def move(client, change, verb):
    fingerprint = Change.objects.get(pk=change.pk).fingerprint
    answer = client.post(f"/changes/{change.pk}/moves/{verb}", {"fingerprint": fingerprint})
    return answer.headers.get("Location", ""), Change.objects.get(pk=change.pk).state


def test_a_signature_needs_a_factor_of_the_last_quarter_of_an_hour(team, exchange, people):
    change = changed(team)
    where, state = move(people("risk", timedelta(minutes=16)), change, "approve")
    assert where.startswith(FACTOR) and state == "previewed"
    assert move(people("risk", timedelta(minutes=14)), change, "approve")[1] == "approved"


def test_what_changes_the_exchange_needs_one_of_the_last_hour(team, exchange, people):
    change = changed(team)
    move(people("risk", timedelta()), change, "approve")
    where, state = move(people("operator", timedelta(minutes=61)), change, "apply")
    assert where.startswith(FACTOR) and state == "approved"
    assert move(people("operator", timedelta(minutes=59)), change, "apply")[1] != "approved"


def test_a_stop_waits_for_nothing(team, exchange, people):
    change = changed(
        team, "market_status", {"market": PERPETUAL, "status": int(MarketStatus.HALTED)}
    )
    assert (change.change_class, change.direction) == ("A", "protects")
    where, state = move(people("operator", timedelta(hours=11)), change, "apply")
    assert not where.startswith(FACTOR) and state in ("applied", "verified")


def test_clients_are_not_unmasked_by_an_old_factor(team, exchange, people):
    form = {"sql": "SELECT 1", "purpose": "the weekly report", "clients": "1", "deed": "run"}
    answer = people("risk", timedelta(minutes=61)).post("/sql", form)
    assert answer.status_code == 422 and "3043" in answer.content.decode()
    asked = people("risk", timedelta(minutes=61)).get("/accounts/7/why?purpose=the+client+asks")
    assert asked.headers["Location"].startswith(FACTOR)


def test_programs_hear_it_as_401(team, exchange, people):
    change = changed(team)
    client = people("risk", timedelta(minutes=16))
    answer = client.post(
        f"/changes/{change.pk}/moves/approve", headers={"Accept": "application/json"}
    )
    assert answer.status_code == 401 and "second factor" in answer.json()["sentence"]


def test_the_page_that_confirms_leads_back_and_the_change_is_then_signed(
    team, exchange, people, monkeypatch
):
    # A code is one of its half minute: none passes here.
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    change, client = changed(team), people("risk", timedelta(minutes=16))
    secret = totp_auth.generate_totp_secret()
    app = Authenticator.objects.get(user=team.risk)
    app.data = {"secret": SealedFactors().encrypt(secret)}
    app.save()
    where, _ = move(client, change, "approve")
    assert client.get(where).status_code == 200
    code = totp_auth.format_hotp_value(
        totp_auth.hotp_value(secret, next(totp_auth.yield_hotp_counters_from_time()))
    )
    done = client.post(where, {"code": code, "next": f"/changes/{change.pk}"})
    assert done.headers["Location"] == f"/changes/{change.pk}"
    assert move(client, change, "approve")[1] == "approved"


def test_the_demonstration_asks_for_nothing(team, exchange, at):
    change = changed(team)
    assert move(at(team.risk), change, "approve")[1] == "approved"
