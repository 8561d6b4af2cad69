"""A value that no release writes ends no comparison: the others go on, and it is a difference."""

import sqlite3
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction

from pilothouse.control import authority, reconciler, recorded, rounds
from pilothouse.records.checking import CHECKING
from tests.attack.forging import append_row
from tests.attack.reconciling import *  # noqa: F403
from tests.attack.reconciling import applied, journal, team  # noqa: F401
from tests.control.conftest import NOON, exchange  # noqa: F401

ODD = {
    "a text for a number": "INSERT INTO control_touched (change_id, name) VALUES ('abc', 'x')",
    "no UTF-8": "UPDATE control_touched SET name = CAST(x'ff' AS TEXT)",
    "bytes for a seal": "UPDATE records_auditrow SET seal = x'00ff' WHERE deed = 'query'",
    "bytes for a state": "UPDATE control_change SET state = x'ff00'",
}
FORGED = "UPDATE control_signature SET roles = '[\"manager\"]'"


def sql(text):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute(text)


@pytest.mark.parametrize("how", ODD)
@pytest.mark.django_db(transaction=True)
def test_odd_values_hide_no_other_difference(how, team, exchange, applied, journal):  # noqa: F811
    with transaction.atomic():
        recorded.begin()
    append_row("person:1", "query", "archive", {})
    journal.tick(NOON)
    assert rounds.differences() == 0
    CHECKING.forget()
    sql(ODD[how])
    sql(FORGED)
    assert any("ignature" in one for one in authority.differences())
    journal.tick(NOON + timedelta(minutes=11))
    assert rounds.differences() > 0


@pytest.mark.django_db(transaction=True)
def test_a_look_that_fails_counts_and_comes_again(exchange, journal, monkeypatch):  # noqa: F811
    def fails(now):
        raise ValueError("odd")

    journal.tick(NOON)
    monkeypatch.setattr(reconciler, "look_at_authority", fails)
    for minute in (11, 12):
        with pytest.raises(ValueError, match="odd"):
            journal.tick(NOON + timedelta(minutes=minute))
        assert rounds.differences() > 0
    monkeypatch.undo()
    journal.tick(NOON + timedelta(minutes=13))
    assert rounds.differences() == 0


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR])
@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_held_or_whose_disk_fails_is_no_difference(code):
    held = OperationalError("not now")
    held.__cause__ = _said(code)

    def waits():
        raise held

    with pytest.raises(OperationalError):
        authority._looked_at("Grants", waits)


def _said(code):
    error = sqlite3.OperationalError("not now")
    error.sqlite_errorcode = code
    return error
