"""A role or a password put into the database for as long as a click takes signs nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.test import Client

from pilothouse.access import rights
from pilothouse.access.models import Grant, Person
from pilothouse.access.rights import may, people_who_may, revoke, roles_of
from pilothouse.access.roles import Right, Role
from pilothouse.control import apply, approve, authority, preview, propose, refusals, standing
from pilothouse.control.moves import State
from pilothouse.control.refusals import Refused
from pilothouse.language.kinds import MarketStatus
from pilothouse.records import audit
from pilothouse.wiring import founding_row
from tests.attack.reconciling import team
from tests.control.conftest import NOON, approved, exchange, previewed, raise_margin
from tests.control.doubles import PERPETUAL

__all__ = ["approved", "exchange", "previewed", "raise_margin", "team"]
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def founded(team):
    founding_row.begin(settings.PILOTHOUSE_HOME)
    assert list(authority.differences()) == []
    return team


def put_in(team):
    Grant.objects.bulk_create([Grant(person=team.viewer, role=Role.RISK, given_at=BEFORE)])


def taken_from_another(team):
    Grant.objects.filter(person=team.risk).update(person=team.viewer)


def another_role(team):
    Grant.objects.filter(person=team.viewer).update(role=Role.RISK)


def brought_back(team):
    Grant.objects.filter(person=team.viewer, role=Role.RISK).update(revoked_at=None)


def lengthened(team):
    Grant.objects.filter(person=team.viewer, role=Role.RISK).update(until=None)


HOW = (put_in, taken_from_another, another_role)


@pytest.mark.parametrize("how", HOW)
def test_a_grant_that_the_audit_does_not_have_gives_no_role(founded, exchange, previewed, how):
    change = previewed()
    how(founded)
    viewer = Person.objects.get(pk=founded.viewer.pk)
    assert Role.RISK not in roles_of(viewer, NOON) and not may(viewer, Right.SIGN, NOON)
    assert viewer not in people_who_may(Right.SIGN, NOON)
    with pytest.raises(Refused) as why:
        approve.approve(change, change.fingerprint, by=viewer, now=NOON)
    assert why.value.reason is refusals.NO_RIGHT
    assert list(authority.differences_of(viewer)), "and it is a difference as long as it is there"


def given_by_the_program(team, **more):
    with transaction.atomic():
        given = rights.grant(team.viewer, Role.RISK, now=BEFORE, **more)
        until = given.until.isoformat() if given.until else None
        facts = {"grant": given.pk, "role": given.role, "until": until}
        audit.write("test", standing.GRANTED, f"person:{given.person_id}", "", facts=facts)


def test_a_grant_that_ended_does_not_come_back_and_none_gets_longer(founded, exchange):
    given_by_the_program(founded, until=NOON - timedelta(days=1))
    lengthened(founded)
    assert Role.RISK not in roles_of(founded.viewer, NOON)
    given_by_the_program(founded)
    assert Role.RISK in roles_of(founded.viewer, NOON)
    revoke(founded.viewer, Role.RISK, NOON)
    brought_back(founded)
    assert Role.RISK not in roles_of(founded.viewer, NOON)


@pytest.mark.parametrize("how", HOW)
def test_a_signature_with_a_role_that_the_audit_never_gave_counts_for_nothing(
    founded, exchange, previewed, how
):
    """Also where something else believed the row: what was signed is judged by the audit alone."""
    change = previewed()
    kept = {one.pk: (one.person_id, one.role) for one in Grant.objects.all()}
    how(founded)
    rights.judge_grants(lambda person: None)
    try:
        change = approve.approve(change, change.fingerprint, by=founded.viewer, now=NOON)
        change = apply.apply(change, by=founded.operator, now=NOON)
    finally:
        rights.judge_grants(standing.grants_that_count)
    assert change.state == State.APPLIED
    Grant.objects.exclude(pk__in=kept).delete()
    for number, (person, role) in kept.items():
        Grant.objects.filter(pk=number).update(person=person, role=role)
    assert list(authority.differences()) == [], "nothing is left of it but the signature"
    why = authority.why_unsigned(change, change.steps.get())
    assert "0 of 1 signatures" in why


def borrowed(person):
    """Put a known password into a person's row."""
    Person.objects.filter(pk=person.pk).update(password=make_password("known"))
    return Person.objects.get(pk=person.pk)


def test_who_signs_in_with_a_password_put_in_signs_nothing(founded, exchange, previewed):
    change, was = previewed(), founded.risk.password
    risk = borrowed(founded.risk)
    with pytest.raises(Refused) as why:
        approve.approve(change, change.fingerprint, by=risk, now=NOON)
    assert why.value.reason is refusals.CREDENTIALS_DIFFER
    assert may(risk, Right.SEE_CLIENTS) and not standing.sees_clients(risk)
    Person.objects.filter(pk=risk.pk).update(password=was)
    risk = Person.objects.get(pk=risk.pk)
    change = approve.approve(change, change.fingerprint, by=risk, now=NOON)
    operator = borrowed(founded.operator)
    with pytest.raises(Refused) as why:
        apply.apply(change, by=operator, now=NOON)
    assert why.value.reason is refusals.CREDENTIALS_DIFFER and exchange.sent == []


def test_a_market_is_stopped_also_by_who_is_doubted(founded, exchange):
    """Else one line of SQL would leave nobody who can."""
    operator = borrowed(founded.operator)
    wish = {"market": PERPETUAL, "status": int(MarketStatus.CANCEL_ONLY)}
    stop = propose.propose("market_status", wish, by=operator, why="odd prices", now=NOON)
    stop = preview.first(stop, by=operator, now=NOON)
    assert apply.apply(stop, by=operator, now=NOON).state == State.APPLIED


def test_a_sign_in_with_a_password_put_in_stays_a_difference(founded):
    was = founded.risk.password
    Client().force_login(borrowed(founded.risk), "django.contrib.auth.backends.ModelBackend")
    Person.objects.filter(pk=founded.risk.pk).update(password=was)
    (odd,) = authority.differences()
    assert odd.startswith(f"Somebody signed in as person {founded.risk.pk} at row ")
    Client().force_login(founded.operator, "django.contrib.auth.backends.ModelBackend")
    assert list(authority.differences()) == [odd]
