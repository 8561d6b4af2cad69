"""What gives a person a power is signed by another; what takes it away one person does alone."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from pilothouse.access.models import Grant, Person, SignedIn
from pilothouse.access.rights import grant, may, roles_of
from pilothouse.access.roles import Right, Role
from pilothouse.control import apply, approve, preview, propose, revert, verify
from pilothouse.control.kinds import KINDS
from pilothouse.control.kinds.kind import Unreadable
from pilothouse.control.moves import State
from pilothouse.control.refusals import Refused
from pilothouse.records import audit
from tests.control.conftest import NOON

LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def admin(team):
    person = Person.objects.create_user("admin")
    grant(person, Role.ADMINISTRATOR, now=NOON - timedelta(days=1))
    return person


@pytest.fixture
def many(team, admin):
    """Enough people for every right that one person may take from another."""
    for number in range(2):
        for role in (Role.ADMINISTRATOR, Role.MANAGER, Role.SENIOR_OPERATOR):
            person = Person.objects.create_user(f"{role}{number}")
            grant(person, role, now=NOON - timedelta(days=1))


def wish(kind="role", **form):
    return KINDS[kind].parse({"person": "new"} | form)


def proposed(by, fields, kind="role"):
    change = propose.propose(kind, fields, by=by, why="the team changes", now=NOON)
    return preview.first(change, by=by, now=NOON)


def signed(change, by):
    return approve.approve(change, change.fingerprint, by=by, now=NOON)


def done(change, by):
    change = apply.apply(change, by=by, now=NOON)
    assert change.state == State.APPLIED, change.state_reason
    return verify.verify(change, now=NOON)


def given(admin, team, **form):
    return done(signed(proposed(admin, wish(**form)), team.risk), admin)


def test_a_new_person_gets_a_role_by_two_people(team, exchange, admin):
    change = proposed(admin, wish(name="ann", role="manager"))
    assert (change.state, change.change_class) == (State.PREVIEWED, "C")
    assert not Person.objects.filter(username="ann").exists()
    with pytest.raises(Refused):
        apply.apply(change, by=admin, now=NOON)
    change = done(signed(change, team.risk), admin)
    assert change.state == State.VERIFIED and not exchange.sent
    ann = Person.objects.get(username="ann")
    assert roles_of(ann, LATER) == {Role.MANAGER} and not ann.has_usable_password()
    (row,) = [one for one in audit.rows_about(f"person:{ann.pk}") if one.deed == "person.added"]
    assert row.actor == f"change:{change.pk}" and row.facts["change"] == change.pk


def test_who_manages_people_signs_nothing_and_changes_no_market(team, exchange, admin):
    change = proposed(admin, wish(name="ann", role="manager"))
    with pytest.raises(Refused, match="cannot sign their own change"):
        signed(change, admin)
    other = Person.objects.create_user("other")
    grant(other, Role.ADMINISTRATOR, now=NOON - timedelta(days=1))
    with pytest.raises(Refused, match="your role does not allow this"):
        signed(change, other)
    with pytest.raises(Refused, match="your role does not allow this"):
        propose.propose(
            "price_band", {"market": 2, "band_ppm": 0}, by=admin, why="x y z", now=NOON
        )


@pytest.mark.parametrize("name", ["operator", "risk", "manager", "viewer", "auditor"])
def test_nobody_else_proposes_or_applies_what_gives_a_power(team, exchange, admin, name):
    person = getattr(team, name)
    with pytest.raises(Refused, match="your role does not allow this"):
        proposed(person, wish(name="ann", role="viewer"))
    change = proposed(admin, wish(name="ann", role="viewer"))
    if may(person, Right.SIGN):
        change = signed(change, person)
    with pytest.raises(Refused):
        apply.apply(change, by=person, now=NOON)


def test_nobody_signs_what_they_are_given_themselves(team, exchange, admin):
    change = proposed(admin, wish(person="risk", role="manager"))
    with pytest.raises(Refused, match="nobody signs what they are given themselves"):
        signed(change, team.risk)
    assert done(signed(change, team.manager), admin).state == State.VERIFIED


def test_a_dated_role_ends_by_itself(team, exchange, admin):
    given(admin, team, person="viewer", role="operator", until="2026-11-24T00:00")
    until = Grant.objects.get(person=team.viewer, role="operator").until
    assert Role.OPERATOR in roles_of(team.viewer, until - timedelta(seconds=1))
    assert Role.OPERATOR not in roles_of(team.viewer, until)


def test_a_role_is_taken_by_one_person_at_once_and_given_back_by_two(team, exchange, admin, many):
    change = proposed(admin, wish(person="risk", role="risk", act="end"))
    assert (change.state, change.change_class) == (State.APPROVED, "A")
    change = done(change, admin)
    assert change.state == State.VERIFIED and not roles_of(team.risk)
    back = preview.first(
        revert.revert(change, "it was a mistake", by=admin, now=NOON), by=admin, now=NOON
    )
    assert (back.state, back.change_class) == (State.PREVIEWED, "C")
    assert done(signed(back, team.manager), admin).state == State.VERIFIED
    assert roles_of(team.risk, LATER) == {Role.RISK}


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("role", {"person": "operator", "role": "operator", "act": "end"}),
        ("sign_in", {"person": "operator", "access": "disabled"}),
        ("sign_in", {"person": "manager", "access": "disabled"}),
        ("role", {"person": "admin", "role": "administrator", "act": "end"}),
    ],
)
def test_nobody_alone_leaves_fewer_than_two_who_can_act(team, exchange, admin, kind, form):
    change = proposed(admin, wish(kind, **form), kind)
    assert (change.state, change.change_class) == (State.PREVIEWED, "C")


def test_who_is_disabled_is_out_at_once(team, exchange, admin, many):
    Session.objects.create(
        session_key="k" * 40, session_data="", expire_date=NOON.replace(year=2100)
    )
    SignedIn.objects.create(person=team.manager, session="k" * 40, began_at=NOON, seen_at=NOON)
    change = done(
        proposed(admin, wish("sign_in", person="manager", access="disabled"), "sign_in"), admin
    )
    assert change.state == State.VERIFIED
    assert not may(Person.objects.get(username="manager"), Right.VIEW)
    assert not Session.objects.exists() and not SignedIn.objects.exists()


def test_a_reset_takes_password_and_sessions_and_needs_a_second_person(team, exchange, admin):
    team.viewer.set_password("long enough for anybody")
    team.viewer.save()
    change = proposed(admin, wish("sign_in", person="viewer", access="reset"), "sign_in")
    assert (change.state, change.change_class) == (State.PREVIEWED, "C")
    change = done(signed(change, team.risk), admin)
    assert change.state == State.VERIFIED
    assert not Person.objects.get(username="viewer").has_usable_password()
    with pytest.raises(Refused, match="cannot be undone"):
        revert.revert(change, "back", by=admin, now=NOON)


def test_duties_that_must_not_meet_are_refused_now_and_when_they_meet_meanwhile(
    team, exchange, admin
):
    with pytest.raises(Refused, match="must not meet"):
        proposed(admin, wish(person="auditor", role="operator"))
    first = signed(proposed(admin, wish(person="viewer", role="auditor")), team.risk)
    grant(team.viewer, Role.OPERATOR, now=NOON)
    assert apply.apply(first, by=admin, now=NOON).state == State.STALE
    assert Role.AUDITOR not in roles_of(team.viewer, LATER)


def test_a_name_that_means_somebody_else_by_now_gets_nothing(team, exchange, admin):
    change = signed(proposed(admin, wish(name="ann", role="viewer")), team.risk)
    Person.objects.create_user("ann")
    assert apply.apply(change, by=admin, now=NOON).state == State.STALE


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name": "", "role": "viewer"}, "name"),
        ({"name": "new", "role": "viewer"}, "name"),
        ({"name": "risk", "role": "viewer"}, "name"),
        ({"name": "a b", "role": "viewer"}, "name"),
        ({"name": "ann\u202e", "role": "viewer"}, "name"),
        ({"name": "ann", "role": "king"}, "role"),
        ({"name": "ann", "role": "viewer", "until": "soon"}, "until"),
    ],
)
def test_a_form_that_cannot_be_read_names_its_field(team, form, field):
    with pytest.raises(Unreadable) as fault:
        wish(**form)
    assert fault.value.field == field


def test_the_preview_says_how_many_would_hold_the_role(team, exchange, admin):
    change = proposed(admin, wish(name="ann", role="risk"))
    assert change.steps.get().predicted == {"holders": 2}
