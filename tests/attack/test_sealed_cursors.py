"""Whoever writes the database alone moves no cursor by which a part reads on without a word."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import BigIntegerField

from pilothouse.control import apply, cursor, reconciler
from pilothouse.control.models import Reconciled
from pilothouse.control.reconcile import Difference
from pilothouse.desk import heard_until, statuses
from pilothouse.desk.models import StatusRow
from pilothouse.language.events import MarketStatusSet
from pilothouse.language.kinds import CauseKind, MarketStatus
from pilothouse.records.archive import cursors
from pilothouse.records.sealed_cursor import SealedCursor
from pilothouse.wiring import founding_row
from tests.attack.reconciling import (
    Journal,
    approved,
    exchange,
    journal,
    previewed,
    raise_margin,
    team,
)
from tests.control.conftest import NOON
from tests.faults.lives import live as write_journal

__all__ = ["approved", "exchange", "journal", "previewed", "raise_margin", "team"]
SEALED = {
    "control.ReconcilerCursor": "the comparison of journal and records",
    "desk.HeardUntil": "what became of market statuses",
    "records.ArchiveCursor": "the archive",
}
NO_CURSOR = {
    "control.ChangeStep": "the receipt of a step: under the digest of its change",
    "control.Preview": "evidence: under the digest of its change",
    "control.Reconciled": "what was compared; what waits is under the comparison's seal",
}
"""Tables with a position or a block by which nothing reads on."""


def sql(*texts):
    with connection.cursor() as asked:
        asked.execute("PRAGMA ignore_check_constraints = ON")
        for text in texts:
            asked.execute(text)
        asked.execute("PRAGMA ignore_check_constraints = OFF")


def test_every_table_with_a_position_of_the_journal_is_sealed_or_no_cursor():
    found = {
        model._meta.label
        for model in apps.get_models()
        for one in model._meta.concrete_fields
        if isinstance(one, BigIntegerField) and one.name in ("block", "blocks", "position")
    }
    assert found == {*SEALED, *NO_CURSOR}
    fields = {one: {each.name for each in apps.get_model(one)._meta.fields} for one in SEALED}
    assert all("seal" in names for names in fields.values())


def alarms():
    return [one.sentence for one in reconciler.differences()]


def heard(block, *moves):
    for version, status in moves:
        statuses.note(
            block * 1_000_000,
            MarketStatusSet(
                market=1,
                before=int(MarketStatus.ONLINE),
                status=int(status),
                cause=int(CauseKind.CHANGE),
                cause_id=7,
                version=version,
                accounts_below_maintenance=0,
                notional_below_maintenance=0,
            ),
        )
    statuses.hear(SimpleNamespace(events=(), block=block, time=block))


MOVES = ((2, MarketStatus.HALTED), (3, MarketStatus.ONLINE))


def kept():
    rows = StatusRow.objects.order_by("version")
    return list(rows.values_list("version", "status"))


@pytest.fixture
def stands(db):
    """Statuses of two moves, kept up to block 5."""
    statuses.begin()
    heard(5, *MOVES)
    assert statuses.keep() == 2
    yield
    statuses.forget()


ROWS = {
    "a move taken out": "DELETE FROM desk_statusrow WHERE version = 2",
    "all moves taken out": "DELETE FROM desk_statusrow",
    "another status": "UPDATE desk_statusrow SET status = before WHERE version = 2",
    "another time": "UPDATE desk_statusrow SET at = '2020-01-01 00:00:00' WHERE version = 2",
    "a time stored otherwise": "UPDATE desk_statusrow SET at = CAST(at AS BLOB)",
    "no UTF-8": "UPDATE desk_statusrow SET at = CAST(x'ff' AS TEXT) WHERE version = 2",
    "a move put in": "INSERT INTO desk_statusrow (market, version, at, before, status, change) "
    "VALUES (1, 9, '2026-01-01 00:00:00', 0, 1, 0)",
}
CURSOR = {
    "ahead": "UPDATE desk_hearduntil SET block = 1000000",
    "back": "UPDATE desk_hearduntil SET block = 1",
    "to the beginning": "UPDATE desk_hearduntil SET block = 0",
    "its time": "UPDATE desk_hearduntil SET time_us = 9",
    "its seal": "UPDATE desk_hearduntil SET seal = ''",
    "gone": "DELETE FROM desk_hearduntil",
    "no number": "UPDATE desk_hearduntil SET block = 'x'",
    "unreadable": "UPDATE desk_hearduntil SET seal = CAST(x'ff' AS TEXT)",
    "of one that is older": "UPDATE desk_hearduntil SET (block, seal) = (4, 'a' || seal)",
}


@pytest.mark.parametrize("how", [*CURSOR, *ROWS])
def test_moved_between_two_starts_it_is_alarmed_and_all_is_told_again(stands, journal, how):
    sql({**CURSOR, **ROWS}[how])
    assert statuses.begin() == 0 and len(alarms()) == 1 and "market statuses" in alarms()[0]
    heard(5, *MOVES)
    statuses.keep()
    assert kept() == [(version, int(status)) for version, status in MOVES]
    assert journal.tick() == [Difference.MOVED]
    assert statuses.begin() == 5 and len(alarms()) == 1


@pytest.mark.parametrize("how", CURSOR)
def test_moved_while_it_runs_it_is_alarmed_and_put_back(stands, how):
    sql(CURSOR[how])
    heard(6, (4, MarketStatus.HALTED))
    assert statuses.keep() == 1 and len(alarms()) == 1 and "put back" in alarms()[0]
    assert statuses.begin() == 6 and len(kept()) == 3 and len(alarms()) == 1


@pytest.mark.parametrize("how", ROWS)
def test_rows_changed_while_it_runs_are_made_anew_by_the_next_start(stands, how):
    sql(ROWS[how])
    for block in (6, 7):
        heard(block, (block, MarketStatus.HALTED))
        statuses.keep()
    statuses.keep(at_once=True)
    assert len(alarms()) == 1 and "were changed" in alarms()[0]
    assert statuses.begin() == 0 and kept() == [] and len(alarms()) == 1


def test_an_untouched_cursor_alarms_nobody(stands):
    assert statuses.begin() == 5 and len(kept()) == 2 and alarms() == []


def test_a_cursor_of_another_journal_begins_anew(stands, tmp_path, settings):
    write_journal(tmp_path)
    settings.PILOTHOUSE_HOME = tmp_path
    assert heard_until._unlike_journal()
    heard_until.move(heard_until.Until(), 10**6, 1)
    assert "beyond the end" in heard_until._unlike_journal()


def test_a_new_secret_tells_them_again_without_an_alarm(stands, settings):
    founding_row.begin(settings.PILOTHOUSE_HOME)
    settings.PILOTHOUSE_CURSOR_KEYS = settings.PILOTHOUSE_CURSOR_KEYS | {"statuses": b"another"}
    assert statuses.begin() == 0 and kept() == [] and alarms() == []


def test_an_odd_row_keeps_nobody_from_the_others(stands):
    sql("UPDATE desk_statusrow SET status = 99 WHERE version = 2")
    start, end = statuses.EPOCH, statuses.EPOCH + timedelta(days=1)
    assert [one.version for one in statuses.between([1], start, end)] == [3]


@pytest.fixture
def waits(team, exchange, approved, journal):
    """A command that the journal has and the change has no receipt of yet."""
    change = approved()
    exchange.refuses_to_answer = 2
    apply.apply(change, by=team.operator, now=NOON)
    position = journal.say(exchange.sent[-1], at=exchange.position)
    assert journal.tick() == []
    assert Reconciled.objects.get(verdict="waiting").position == position
    return journal


WAITING = {
    "taken out": "DELETE FROM control_reconciled WHERE verdict = 'waiting'",
    "called agreed": "UPDATE control_reconciled SET verdict = 'agreed'",
    "waits for ever": "UPDATE control_reconciled SET noted_at = '2999-01-01 00:00:00'",
    "another command": "UPDATE control_reconciled SET position = 7",
    "unreadable": "UPDATE control_reconciled SET sentence = CAST(x'ff' AS TEXT)",
}
LATER = NOON + reconciler.WAITS_FOR + timedelta(seconds=1)


@pytest.mark.parametrize("how", WAITING)
def test_what_waits_to_be_compared_is_compared_all_the_same(waits, how):
    sql(WAITING[how])
    assert waits.tick(LATER) == [Difference.MOVED, Difference.NOT_WRITTEN_DOWN]


@pytest.mark.parametrize("how", WAITING)
def test_what_waited_at_the_end_of_a_run_is_compared_from_the_beginning(waits, how):
    sql(WAITING[how])
    again = Journal()
    assert again.reconciler.since == 0 and len(alarms()) == 1
    assert not Reconciled.objects.exclude(verdict="differs").exists()


UNREADABLE = {
    "no JSON": "UPDATE control_reconcilercursor SET in_use = '{'",
    "no UTF-8": "UPDATE control_reconcilercursor SET seal = CAST(x'ff' AS TEXT)",
    "no number": "UPDATE control_reconcilercursor SET block = 'x'",
}


@pytest.mark.parametrize("how", UNREADABLE)
def test_a_comparison_whose_cursor_cannot_be_read_goes_on(journal, team, how):
    journal.tick()
    sql(UNREADABLE[how])
    assert journal.tick() == [Difference.MOVED]
    sql(UNREADABLE[how])
    assert Journal().reconciler.since == 0 and len(alarms()) == 2


def test_all_seals_are_made_by_one_piece_of_code():
    made = (cursor.CURSOR, cursors.CURSOR, heard_until.CURSOR)
    assert all(isinstance(one, SealedCursor) for one in made)
    assert {one._model._meta.label for one in made} == set(SEALED)
