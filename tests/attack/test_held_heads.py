"""The journal holds what takes something back, and that the audit was found broken.

Whoever puts rows back can also hold the database, have a process end, and put right what was
found broken before the next one looks. What a process alone knew must be in the journal by then.
"""

import pytest
from django.db import OperationalError, connection, transaction

from pilothouse.console import process
from pilothouse.control import heads, reject, unbroken, worker
from pilothouse.control.hearers.exchange import FOUND_BROKEN
from pilothouse.control.reconcile import Difference
from pilothouse.control.refusals import AUDIT_IS_BROKEN
from pilothouse.control.revocations import GRANT
from pilothouse.language.commands import RecordAuditHead
from pilothouse.language.names import Name, Sender
from pilothouse.records import audit
from pilothouse.records.checking import CHECKING
from pilothouse.records.models import AuditRow
from pilothouse.records.seen import SEEN
from tests.attack.forging import append_row
from tests.attack.putting_back import (
    ENDS,
    LATER,
    armed,
    begun,
    changes_of,
    cut_the_end,
    each_deed_is_committed,
    exchanger,
    keep,
    later_rows,
    put_back,
    sql,
    started,
)
from tests.attack.reconciling import (
    approved,
    exchange,
    journal,
    previewed,
    raise_margin,
    refused,
    settle,
    team,
)
from tests.control.conftest import NOON

__all__ = [
    "approved",
    "armed",
    "begun",
    "each_deed_is_committed",
    "exchange",
    "exchanger",
    "journal",
    "previewed",
    "raise_margin",
    "team",
]
pytestmark = pytest.mark.django_db


def row_of_the_end(change):
    return AuditRow.objects.filter(subject=change.subject).last().number


def hear(journal, exchange):
    """Compare each head that was sent, as the running exchange does."""
    for one in exchange.sent:
        if isinstance(one.command, RecordAuditHead):
            journal.say(one)
    return journal.tick()


@pytest.mark.parametrize("end", ["rejected", "expired"])
def test_an_end_is_held_by_the_journal_within_a_second(armed, team, exchanger, exchange, end):
    exchanger.tick(NOON)
    keep()
    ENDS[end](armed, team)
    exchanger.clock.now += 1
    exchanger.tick(NOON)
    assert max(exchanger.known) >= row_of_the_end(armed)
    cut_the_end()
    put_back()
    again = started(exchanger)
    worker.tick(LATER)
    assert changes_of(exchange) == [], "it waits until the heads are compared"
    again.tick(NOON)
    worker.tick(LATER)
    assert changes_of(exchange) == [] and not CHECKING.verdict().whole


def test_a_shorter_audit_that_grew_again_is_another_one(armed, team, exchanger, exchange):
    exchanger.tick(NOON)
    keep()
    reject.reject(armed, "no", by=team.risk, now=NOON)
    exchanger.clock.now += 1
    exchanger.tick(NOON)
    cut_the_end()
    put_back()
    again = started(exchanger)
    later_rows()
    again.tick(NOON)
    worker.tick(LATER)
    assert changes_of(exchange) == [] and not CHECKING.verdict().whole


def test_the_head_of_a_cut_audit_is_not_recorded_and_two_people_can_accept_it(
    armed, team, exchanger, exchange, journal
):
    exchanger.tick(NOON)
    keep()
    reject.reject(armed, "no", by=team.risk, now=NOON)
    exchanger.clock.now += 1
    exchanger.tick(NOON)
    newest = max(exchanger.known)
    cut_the_end()
    put_back()
    later_rows()
    exchanger.clock.now += heads.EVERY_S
    assert not exchanger.exchange(NOON) and "broken" in exchanger.fault
    again = started(exchanger)
    again.tick(NOON)
    worker.tick(LATER)
    assert changes_of(exchange) == [] and max(exchanger.known) == newest
    hear(journal, exchange)
    again = started(exchanger)
    again.tick(NOON)
    refused(AUDIT_IS_BROKEN, unbroken.check, armed)
    settle(team)
    again = started(exchanger)
    again.tick(NOON)
    assert again.is_compared and CHECKING.broken() is None


def test_an_end_while_the_writer_is_away_is_held_when_it_is_back(armed, team, exchanger, exchange):
    exchanger.tick(NOON)
    exchange.refuses_to_answer = 1
    assert reject.reject(armed, "no", by=team.risk, now=NOON).state == "rejected"
    for _ in range(3):
        exchanger.clock.now += 1
        exchanger.tick(NOON)
    exchange.refuses_to_answer = 0
    exchanger.clock.now += 1
    exchanger.tick(NOON)
    assert max(exchanger.known) >= row_of_the_end(armed)


def test_a_start_before_the_writer_compares_as_soon_as_it_answers(
    armed, team, exchanger, exchange
):
    exchanger.tick(NOON)
    again = started(exchanger)
    rows, answers = AuditRow.objects.count(), exchange._named

    def away(message):
        raise ConnectionError("the writer is away")

    exchange._named = away
    for _ in range(5):
        again.tick(NOON)
        exchanger.clock.now += 1
    assert not again.is_compared and AuditRow.objects.count() == rows
    refused(AUDIT_IS_BROKEN, unbroken.check, armed)
    exchange._named = answers
    again.tick(NOON)
    assert again.is_compared and not unbroken.why_broken(armed)


def test_a_whole_audit_goes_on_after_a_restart(armed, team, exchanger, exchange):
    exchanger.tick(NOON)
    again = started(exchanger)
    again.tick(NOON)
    worker.tick(LATER)
    assert len(changes_of(exchange)) == 1


def held_by_somebody(*_, **__):
    raise OperationalError("database is locked")


def full(heads):
    raise OSError(28, "No space left on device")


FAULTS = {
    "the writer does not answer": lambda one, exchange, patch: patch.setattr(
        exchange, "refuses_to_answer", 1
    ),
    "the place outside is full": lambda one, exchange, patch: patch.setattr(one, "_leave", full),
    "somebody holds the database": lambda one, exchange, patch: patch.setattr(
        heads.audit, "write", held_by_somebody
    ),
}


@pytest.mark.parametrize("how", FAULTS)
def test_an_exchange_that_failed_delays_no_rejection(armed, team, exchanger, exchange, how):
    keep()
    with pytest.MonkeyPatch.context() as patch:
        FAULTS[how](exchanger, exchange, patch)
        try:
            exchanger.tick(NOON)
        except OperationalError:
            assert how == "somebody holds the database"
    reject.reject(armed, "no", by=team.risk, now=NOON)
    exchanger.clock.now += 1
    exchanger.tick(NOON)
    assert max(exchanger.known) >= row_of_the_end(armed)
    cut_the_end()
    put_back()
    again = started(exchanger)
    again.tick(NOON)
    worker.tick(LATER)
    assert changes_of(exchange) == [] and not CHECKING.verdict().whole


def test_faults_that_last_delay_none_and_add_no_rows(armed, team, exchanger, monkeypatch):
    exchanger._leave = full
    exchanger.tick(NOON)
    before = AuditRow.objects.count()
    reject.reject(armed, "no", by=team.risk, now=NOON)
    rows = AuditRow.objects.count()
    for _ in range(heads.AGAIN_S * 2):
        exchanger.clock.now += 1
        exchanger.tick(NOON)
    assert rows > before and AuditRow.objects.count() == rows
    assert row_of_the_end(armed) in exchanger.known and not exchanger.fault
    assert "No space" in exchanger.not_left


@pytest.mark.parametrize("end", ENDS)
def test_the_memory_tells_the_journal_and_asks_no_database(armed, team, exchanger, end):
    exchanger.tick(NOON)
    ENDS[end](armed, team)
    with connection.execute_wrapper(held_by_somebody):
        exchanger.hold()
    assert max(exchanger.known) >= row_of_the_end(armed)


@pytest.mark.parametrize("end", ENDS)
def test_what_was_cut_before_it_was_held_is_told_by_the_process_that_ends(
    armed, team, exchanger, exchange, end
):
    exchanger.tick(NOON)
    keep()
    ENDS[end](armed, team)
    cut_the_end()
    put_back()
    exchanger.stop(NOON)
    again = started(exchanger)
    again.tick(NOON)
    worker.tick(LATER)
    assert changes_of(exchange) == [] and not CHECKING.verdict().whole


def test_a_rejection_behind_a_break_is_not_forgotten_with_the_break(
    armed, team, exchanger, exchange
):
    """The newest head's row is taken away, and put back before the next start."""
    later_rows()
    exchanger.tick(NOON)
    sql("CREATE TEMP TABLE whole AS SELECT * FROM records_auditrow")
    row = max(exchanger.known)
    sql("UPDATE records_audithead SET number = %s, hash = %s", row - 3, hash_of(row - 3))
    sql("DELETE FROM records_auditrow WHERE number > %s", row - 3)
    again = started(exchanger)
    again.tick(NOON)
    keep()
    reject.reject(armed, "no", by=team.risk, now=NOON)
    again.hold()
    again.tick(NOON)
    put_back()
    sql("DELETE FROM records_auditrow")
    sql("INSERT INTO records_auditrow SELECT * FROM whole")
    sql("UPDATE records_audithead SET number = %s, hash = %s", row, hash_of(row))
    assert audit.verify().whole
    last = started(exchanger)
    last.tick(NOON)
    worker.tick(LATER)
    assert changes_of(exchange) == []
    refused(AUDIT_IS_BROKEN, unbroken.check, armed)


def hash_of(number):
    return AuditRow.objects.get(number=number).hash


def test_a_break_is_told_once_and_stands_until_two_people_settled_it(
    armed, team, exchanger, exchange, journal
):
    exchanger.tick(NOON)
    CHECKING.found_broken(2, "a row was another one")
    for _ in range(3):
        exchanger.tick(NOON)
    for _ in range(2):
        again = started(exchanger)
        again.tick(NOON)
        refused(AUDIT_IS_BROKEN, unbroken.check, armed)
    row, said = max(exchanger.known), [one for one in exchange.sent if is_break(one)]
    assert [one.name for one in said] == [Name(Sender.AUDIT, row, 1)]
    assert hear(journal, exchange) == [Difference.AUDIT_BROKEN]
    settle(team)
    again = started(exchanger)
    again.tick(NOON)
    assert not unbroken.why_broken(armed)
    worker.tick(LATER)
    assert len(changes_of(exchange)) == 1
    CHECKING.found_broken(3, "another one")
    again.tick(NOON)
    assert max(exchanger.names) > 64 * row + 1, "the next break is another one"


def is_break(message):
    return getattr(message.command, "hash", "") == FOUND_BROKEN


def test_behind_a_break_no_row_becomes_the_newest_head(armed, team, exchanger):
    exchanger.tick(NOON)
    CHECKING.found_broken(2, "a row was another one")
    exchanger.tick(NOON)
    highest = max(exchanger.names)
    reject.reject(armed, "no", by=team.risk, now=NOON)
    exchanger.hold()
    exchanger.clock.now += heads.EVERY_S
    exchanger.tick(NOON)
    exchanger.stop(NOON)
    assert max(exchanger.names) == highest


@pytest.mark.parametrize("others", [0, 1, 3])
def test_rows_behind_a_cut_replace_none_that_was_seen(armed, team, exchanger, others, monkeypatch):
    """Another process can write behind the cut before this one does."""
    exchanger.tick(NOON)
    keep()
    reject.reject(armed, "no", by=team.risk, now=NOON)
    row, told = audit.head()
    cut_the_end()
    put_back()
    with monkeypatch.context() as patch, transaction.atomic():
        patch.setattr(SEEN, "note_written", lambda row: None)
        for _ in range(others):
            audit.write("machine", "query", "archive", "a row of another process")
    reject.reject(armed, "again", by=team.risk, now=NOON)
    exchanger.hold()
    assert exchanger.known[row] == told and max(exchanger.known) == row
    assert CHECKING.broken() is not None


def test_what_another_process_took_back_is_held_if_it_has_its_seal(exchanger, monkeypatch):
    exchanger.tick(NOON)
    monkeypatch.setattr(SEEN, "note_written", lambda row: None)
    with transaction.atomic():
        row = audit.write("operator", GRANT, "person:1", "revoked by a command line")
    append_row("machine", GRANT, "person:2", {})
    exchanger.clock.now += 1
    exchanger.tick(NOON)
    assert max(exchanger.known) == row.number


def test_a_head_that_cannot_be_read_is_another_one(armed, team, exchanger):
    exchanger.tick(NOON)
    sql("UPDATE records_auditrow SET hash = x'ff' WHERE number = %s", max(exchanger.known))
    again = started(exchanger)
    again.tick(NOON)
    assert again.is_compared and CHECKING.broken() is not None
    assert max(exchanger.names) % 64 == 1, "and the journal knows it"


def test_the_console_stays_until_the_journal_holds_what_it_alone_knows(
    armed, team, exchanger, exchange, monkeypatch
):
    left = []
    monkeypatch.setattr(process.os, "kill", lambda *what: left.append(what))
    process._leave("the archive was damaged")
    assert not left, "it has not compared yet"
    exchanger.tick(NOON)
    exchange.refuses_to_answer = 1
    reject.reject(armed, "no", by=team.risk, now=NOON)
    process._leave("the archive was damaged")
    assert not left
    exchange.refuses_to_answer = 0
    process._leave("the archive was damaged")
    assert len(left) == 1 and row_of_the_end(armed) in exchanger.known


def test_where_a_row_is_refused_a_later_one_is_held(armed, team, exchanger):
    """After an older database was put in place the journal may know its number by another hash."""
    exchanger.tick(NOON)
    exchanger.names[64 * (audit.head()[0] + 1)] = "of a history that is gone"
    exchanger.names[64 * (audit.head()[0] + 2)] = "of a history that is gone"
    reject.reject(armed, "no", by=team.risk, now=NOON)
    for _ in range(2):
        exchanger.clock.now += heads.AGAIN_S
        exchanger.tick(NOON)
    assert max(exchanger.known) > row_of_the_end(armed)
