"""Roles, rights, and the duties that may not meet."""

from datetime import UTC, datetime, timedelta

import pytest

from pilothouse.access.models import Person
from pilothouse.access.rights import DutiesMeet, grant, may, people_who_may, revoke, roles_of
from pilothouse.access.roles import RIGHTS, Right, Role, duties_that_meet

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann():
    return Person.objects.create_user("ann", "a long enough secret")


EXPECTED = {
    "operator": {"view", "see_clients", "read_audit", "propose", "apply", "respond"},
    "risk": {"view", "see_clients", "read_audit", "propose", "sign", "respond"},
    "manager": {"view", "see_clients", "read_audit", "propose", "sign", "apply", "respond"},
    "auditor": {"view", "see_clients", "read_audit", "attest"},
    "viewer": {"view"},
}


@pytest.mark.parametrize("role", EXPECTED)
def test_what_the_roles_of_the_demonstration_may(ann, role):
    grant(ann, Role(role), now=NOON)
    assert {right for right in Right if may(ann, right, NOON)} == EXPECTED[role]


def test_every_role_has_its_row_and_no_role_breaks_the_table_by_itself():
    assert set(RIGHTS) == set(Role)
    assert [role for role in Role if duties_that_meet(frozenset({role}))] == []


def test_without_a_grant_nothing_is_allowed(ann):
    assert not any(may(ann, right, NOON) for right in Right)


def test_grants_begin_and_end(ann):
    grant(ann, Role.RISK, until=NOON + HOUR, now=NOON)
    assert not may(ann, Right.SIGN, NOON - HOUR)
    assert may(ann, Right.SIGN, NOON)
    assert not may(ann, Right.SIGN, NOON + HOUR)


def test_who_could_do_what_on_a_date_is_known_after_a_revocation(ann):
    grant(ann, Role.RISK, now=NOON)
    revoke(ann, Role.RISK, NOON + HOUR)
    assert not may(ann, Right.SIGN, NOON + 2 * HOUR)
    assert roles_of(ann, NOON + HOUR / 2) == {Role.RISK}


def test_a_person_who_left_may_nothing(ann):
    grant(ann, Role.RISK, now=NOON)
    ann.is_active = False
    ann.save()
    assert not may(ann, Right.SIGN, NOON)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Role.AUDITOR, Role.OPERATOR),
        (Role.AUDITOR, Role.RISK),
        (Role.ADMINISTRATOR, Role.MANAGER),
        (Role.SECURITY, Role.RISK),
    ],
)
def test_duties_that_may_not_meet_are_refused_at_the_grant(ann, one, other):
    grant(ann, one, now=NOON)
    with pytest.raises(DutiesMeet):
        grant(ann, other, now=NOON)
    assert roles_of(ann, NOON) == {one}


def test_duties_that_meet_all_the_same_take_the_right_away_on_use(ann):
    ann.grants.create(role=Role.AUDITOR, given_at=NOON)
    ann.grants.create(role=Role.RISK, given_at=NOON)
    assert not may(ann, Right.SIGN, NOON) and not may(ann, Right.ATTEST, NOON)


def test_who_can_sign_now(ann):
    grant(ann, Role.RISK, now=NOON)
    Person.objects.create_user("bob")
    assert people_who_may(Right.SIGN, NOON) == [ann]
