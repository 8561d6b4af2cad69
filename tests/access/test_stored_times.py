"""A role that ended stays ended, however somebody writes its time into the database."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from pilothouse.access.models import Grant, Person
from pilothouse.access.moments import OddMoment, moment_of
from pilothouse.access.rights import grant, may, revoke, roles_of
from pilothouse.access.roles import Right, Role
from pilothouse.control import authority, stored
from pilothouse.records import audit

NOON = datetime(2026, 11, 30, 12, 0, 0, 580_365, tzinfo=UTC)
DAY = timedelta(days=1)


def sql(text, *given):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute(text, given)
        cursor.execute("PRAGMA ignore_check_constraints = OFF")


WRITINGS = {
    "as a week": lambda at: f"{at:%G}-W{at:%V}-{at:%u}T{at:%H:%M:%S.%f}",
    "with a T": lambda at: f"{at:%Y-%m-%dT%H:%M:%S.%f}",
    "with a zone": lambda at: f"{at:%Y-%m-%d %H:%M:%S.%f}+00:00",
    "in another zone": lambda at: f"{at + DAY / 2:%Y-%m-%d %H:%M:%S.%f}+12:00",
    "without spaces": lambda at: f"{at:%Y%m%dT%H%M%S.%f}",
    "with a comma": lambda at: f"{at:%Y-%m-%d %H:%M:%S,%f}",
    "as bytes": lambda at: f"{at:%Y-%m-%d %H:%M:%S.%f}".encode(),
    "as a number": lambda at: 2_000,
    "as a later number": lambda at: 9e99,
    "as no time": lambda at: "soon",
    "as nothing": lambda at: "",
    "as bytes of nothing": lambda at: b"",
    "in the year 0": lambda at: "0000-00-00 00:00:00",
    "with letters behind": lambda at: f"{at:%Y-%m-%d %H:%M:%S.%f}\0",
}


@pytest.fixture
def rob(db):
    """Somebody with the role of risk, as the audit has it."""
    person = Person.objects.create_user("rob")
    until = NOON + 9 * DAY
    one = grant(person, Role.RISK, until=until, now=NOON - DAY)
    facts = {"grant": one.pk, "role": "risk", "until": until.isoformat()}
    with transaction.atomic():
        audit.write("test", "person.added", f"person:{person.pk}", "", facts=facts)
    return person


@pytest.mark.parametrize("how", WRITINGS)
@pytest.mark.parametrize("column", ["revoked_at", "until", "given_at"])
def test_a_time_written_otherwise_gives_no_right(rob, column, how):
    assert may(rob, Right.SIGN, NOON) and not list(authority.differences())
    if column == "revoked_at":
        revoke(rob, Role.RISK, now=NOON)
    at = Grant.objects.values_list(column, flat=True).get()
    sql(f"UPDATE access_grant SET {column} = %s", WRITINGS[how](at))
    later = NOON + 20 * DAY if column == "until" else NOON + DAY
    assert not may(rob, Right.SIGN, later) and not may(rob, Right.SIGN, later + 99 * DAY)
    assert list(stored.differences()) and list(authority.differences())


def test_the_right_ends_at_its_very_moment(rob):
    tick = timedelta(microseconds=1)
    ends = Grant.objects.get().until
    assert roles_of(rob, ends - tick) == {Role.RISK} and not roles_of(rob, ends)
    assert not roles_of(rob, NOON - DAY - tick) and roles_of(rob, NOON - DAY) == {Role.RISK}
    revoke(rob, Role.RISK, now=NOON)
    assert roles_of(rob, NOON - tick) == {Role.RISK} and not roles_of(rob, NOON)


def test_a_role_that_is_none_gives_no_right(rob):
    sql("UPDATE access_grant SET role = CAST(role AS BLOB)")
    assert not roles_of(rob, NOON) and not may(rob, Right.VIEW, NOON)
    sql("UPDATE access_grant SET role = 'king'")
    assert not roles_of(rob, NOON)


def test_a_moment_is_read_as_it_is_stored():
    for at in (NOON, NOON.replace(microsecond=0), NOON.replace(year=1)):
        assert moment_of(str(at.replace(tzinfo=None)).encode()) == at
    for how in WRITINGS.values():
        made = how(NOON)
        if isinstance(made, str):
            with pytest.raises(OddMoment):
                moment_of(made.encode())
