"""Whatever the journal holds that people did not sign is found: SEC F4, F13, P11, P58."""

from datetime import timedelta

import pytest
from django.test import Client

from pilothouse.access.models import Grant, Person
from pilothouse.access.roles import Role
from pilothouse.control import apply, ports, reconcile, reconciler, rounds
from pilothouse.control.models import Reconciled, ReconcilerCursor
from pilothouse.control.reconcile import Difference
from pilothouse.language.commands import Deposit, RecordAuditHead
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from tests.attack.reconciling import (
    Journal,
    applied,
    approved,
    band,
    exchange,
    forged,
    journal,
    previewed,
    raise_margin,
    records_nothing,
    team,
    watched,
)
from tests.control.conftest import NOON

__all__ = ["applied", "approved", "exchange", "forged", "journal", "previewed"]
__all__ += ["raise_margin", "team"]
MINUTE = timedelta(minutes=1)


def test_what_was_signed_and_sent_agrees(journal, applied):
    assert journal.tick() == []
    (row,) = Reconciled.objects.all()
    assert (row.verdict, row.change) == ("agreed", applied.pk)
    assert reconciler.count() == 0


def test_f4_an_unsigned_change_is_found_audited_and_alarmed(journal, applied):
    position = journal.say(band())
    assert journal.tick() == [Difference.NO_CHANGE]
    row = AuditRow.objects.get(deed="reconcile")
    assert row.subject == f"command:{position}" and "there is no change 777" in row.sentence
    assert rounds.differences() == 1 == reconciler.count()
    assert journal.tick() == [Difference.NO_CHANGE], "and it is found once"
    assert AuditRow.objects.filter(deed="reconcile").count() == 1


def test_other_words_in_the_name_of_a_signed_change(journal, applied):
    journal.say(band(applied.pk))
    assert journal.tick() == [Difference.BYTES]


def test_the_same_words_executed_twice_under_another_name(journal, exchange, applied):
    sent = exchange.sent[-1]
    again = Message(sent.command, Name(Sender.CONTROL, 9_999, 1), sent.cause)
    journal.say(again)
    assert journal.tick() == [Difference.TWICE]


def test_said_again_by_its_name_is_executed_once_and_agrees(journal, exchange, applied):
    journal.say(exchange.sent[-1], repeated=True, receipt=applied.steps.get().position)
    assert journal.tick() == []


def test_a_change_that_is_signed_and_not_sent_is_not_to_be_in_the_journal(
    journal, exchange, approved
):
    change = approved()
    words, hears = change.steps.get().words, None
    assert words and hears is None
    from pilothouse.control.hearers import exchange as hearer

    step = change.steps.get()
    journal.say(hearer.message(hearer.words(step.words), change.pk, step.number))
    assert journal.tick() == [Difference.NOT_SENT]


def test_a_receipt_on_its_way_waits_and_then_agrees(journal, team, exchange, approved):
    change = approved()
    exchange.refuses_to_answer = 2
    change = apply.apply(change, by=team.operator, now=NOON)
    position = journal.say(exchange.sent[-1], at=exchange.position)
    assert journal.tick() == [] and Reconciled.objects.get().verdict == "waiting"
    exchange.refuses_to_answer = 0
    change = apply.resume(change, now=NOON)
    assert change.steps.get().position == position
    assert journal.tick(NOON + MINUTE) == []
    assert Reconciled.objects.get().verdict == "agreed"


def test_a_receipt_that_never_comes_is_found(journal, team, exchange, approved):
    exchange.refuses_to_answer = 2
    apply.apply(approved(), by=team.operator, now=NOON)
    journal.say(exchange.sent[-1], at=exchange.position)
    assert journal.tick() == []
    assert journal.tick(NOON + 3 * MINUTE) == [Difference.NOT_WRITTEN_DOWN]


def test_a_step_that_says_applied_and_is_not_in_the_journal(journal, team, exchange, approved):
    change = apply.apply(approved(), by=team.operator, now=NOON)
    position = change.steps.get().position
    other = Message(Deposit(account=1, asset=1, amount=1), Name(Sender.GENESIS, 1, 1),
                    Cause(CauseKind.GENESIS, 1))  # fmt: skip
    journal.say(other, at=position)
    assert journal.tick() == [Difference.NOT_IN_JOURNAL]


def test_another_outcome_than_was_written_down(journal, team, exchange, approved):
    change = apply.apply(approved(), by=team.operator, now=NOON)
    journal.say(exchange.sent[-1], outcome=1_609, at=change.steps.get().position)
    assert journal.tick() == [Difference.OUTCOME]


def test_f13_an_audit_that_was_cut_or_made_anew_differs_from_the_journal(journal, applied):
    number, told = audit.head()
    head = Message(RecordAuditHead(row=number, hash=told), Name(Sender.AUDIT, number, 0))
    journal.say(head)
    assert journal.tick() == []
    AuditRow.objects.filter(number=number)._raw_delete("default")
    cut = reconcile.judge(watched(head), set())
    assert cut.verdict == Difference.AUDIT_CUT
    forged = Message(RecordAuditHead(row=number - 1, hash=told), Name(Sender.AUDIT, number, 1))
    assert reconcile.judge(watched(forged), set()).verdict == Difference.AUDIT


def test_p11_rows_and_cursor_are_committed_together(journal, applied, monkeypatch):
    journal.say(band())
    monkeypatch.setattr(audit, "write", records_nothing)
    with pytest.raises(audit.NotRecorded):
        journal.tick()
    assert not Reconciled.objects.exists() and ReconcilerCursor.objects.get().block == 0
    monkeypatch.undo()
    again = Journal()
    again.say(band())
    assert again.reconciler.since == 0 and Difference.NO_CHANGE in again.tick()
    assert Journal().reconciler.since == 1, "and goes on behind what it compared"


def test_a_flood_of_forged_commands_has_a_bound(journal, applied, monkeypatch):
    monkeypatch.setattr(reconciler, "LISTED_MOST", 5)
    for number in range(1_000, 1_020):
        journal.say(band(number))
    journal.tick()
    assert Reconciled.objects.filter(verdict="differs").count() == 5
    assert reconciler.count() == 20 and AuditRow.objects.filter(deed="reconcile").count() == 5


def test_a_flood_of_rows_by_sql_is_counted_once_however_often_it_is_looked_at(
    journal, applied, monkeypatch
):
    monkeypatch.setattr(reconciler, "LISTED_MOST", 5)
    monkeypatch.setattr(reconciler, "_without_row", [])
    eve = Person.objects.create_user("eve")
    given = [Grant.objects.create(person=eve, role=Role.VIEWER) for _ in range(8)]
    for _ in range(3):
        reconciler.look_at_authority(NOON)
        assert reconciler.count() == 8
    given[-1].delete()
    reconciler.look_at_authority(NOON)
    assert reconciler.count() == 7


def test_a_worker_that_is_gone_bounds_the_memory_and_says_so(journal, applied, monkeypatch):
    monkeypatch.setattr(reconciler, "QUEUED_MOST", 3)
    monkeypatch.setattr(reconciler, "LATER_S", 0.001)
    for number in range(1_000, 1_010):
        journal.say(band(number))
    assert len(journal.reconciler._queue) == 3 and journal.reconciler.fault
    journal.tick()
    assert rounds.differences() == 3 and ReconcilerCursor.objects.get().block == 3


def test_the_page_of_the_audit_names_every_difference(forged, team):
    client = Client()
    client.force_login(team.auditor)
    page = client.get("/audit").content.decode()
    assert "there is no change 777" in page and "1 difference" in page


def test_nobody_is_connected_here():
    with pytest.raises(ports.NotConnected):
        ports.ports()
