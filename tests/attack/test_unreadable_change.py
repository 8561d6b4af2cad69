"""A change that cannot be read stops only itself (ENG C5)."""

import pytest
from django.db import OperationalError
from django.test import Client

from pilothouse.control import arm, rounds, unreadable, worker
from pilothouse.control.models import Change
from pilothouse.control.moves import OWNERS, Owner, State
from pilothouse.control.propose import propose
from pilothouse.records.models import AuditRow
from tests.control.conftest import NOON, approved, exchange, previewed, raise_margin, team
from tests.control.recording import record_changes

__all__ = ["approved", "exchange", "previewed", "raise_margin", "team"]


def break_words(change, **body):
    step = change.steps.first()
    step.words = {**step.words, **body}
    step.save()
    record_changes()


BROKEN = {
    "a field of another release": {"body": {"market": 1, "nobody_knows": 2}},
    "a field too few": {"body": {}},
    "no body": {"body": None},
    "a command nobody knows": {"number": 99_999},
    "a text for a number": {"number": "303"},
}


@pytest.mark.parametrize("how", BROKEN)
def test_one_change_that_cannot_be_read_fails_and_the_others_go_on(team, approved, exchange, how):
    broken = approved()
    other = propose(
        "price_band", {"market": 1, "band_ppm": 20_000}, by=team.operator, why="thin", now=NOON
    )
    Change.objects.filter(pk=broken.pk).update(state=State.SCHEDULED)
    Change.objects.filter(pk=other.pk).update(state=State.APPLYING)
    other.steps.update(state="sent", sent_at=NOON, name_number=1)
    break_words(broken, **BROKEN[how])

    moved = worker.tick(NOON)

    states = {one.pk: one.state for one in moved}
    assert states == {broken.pk: State.FAILED, other.pk: State.APPLIED}
    broken.refresh_from_db()
    assert broken.state_reason.startswith(unreadable.CANNOT_BE_READ)
    assert OWNERS[State(broken.state)] is Owner.APPLIER
    assert AuditRow.objects.filter(subject=broken.subject, deed="give up").count() == 1
    assert rounds.held_up() == {broken.pk}, "an alert counts it until somebody closes it"
    assert worker.tick(NOON) is not None


def test_a_change_under_way_says_that_its_command_may_have_been_executed(approved, exchange):
    change = approved()
    Change.objects.filter(pk=change.pk).update(state=State.APPLYING)
    change.steps.update(state="sent", sent_at=NOON, name_number=1)
    break_words(change, body={})
    worker.tick(NOON)
    change.refresh_from_db()
    assert change.state == State.FAILED and "may have been executed" in change.state_reason


def test_a_kind_nobody_knows_any_more_fails_too(approved, exchange):
    change = approved()
    Change.objects.filter(pk=change.pk).update(state=State.SCHEDULED, kind="of_another_release")
    record_changes()
    (moved,) = worker.tick(NOON)
    assert moved.state == State.FAILED


@pytest.mark.parametrize("how", BROKEN)
def test_its_page_is_shown_all_the_same(team, approved, exchange, how):
    exchange.accounts.clear()
    change = approved()
    Change.objects.filter(pk=change.pk).update(state=State.SCHEDULED)
    break_words(change, **BROKEN[how])
    worker.tick(NOON)
    client = Client()
    client.force_login(team.operator)
    page = client.get(f"/changes/{change.pk}")
    assert page.status_code == 200 and "cannot be read" in page.content.decode()


def test_a_fault_that_passes_fails_no_change_and_is_counted(approved, exchange, monkeypatch):
    change = approved()
    arm.arm(change, by=change.proposer, now=NOON)

    def locked(*_):
        raise OperationalError("database is locked")

    monkeypatch.setitem(worker.ACTS, State.SCHEDULED, locked)
    assert worker.tick(NOON) == []
    change.refresh_from_db()
    assert change.state == State.SCHEDULED and rounds.held_up() == {change.pk}
    monkeypatch.undo()
    worker.tick(NOON)
    assert rounds.held_up() == frozenset()


def test_a_step_that_was_sent_without_a_name_fails_and_is_never_said_again(approved, exchange):
    change = approved()
    Change.objects.filter(pk=change.pk).update(state=State.APPLYING)
    change.steps.update(state="sent", sent_at=NOON, name_number=None)
    record_changes()
    (moved,) = worker.tick(NOON)
    assert moved.state == State.FAILED and exchange.sent == []
    assert "without the name of a step" in moved.state_reason
    assert "may have been executed" in moved.state_reason
    assert rounds.held_up() == {change.pk}, "the alert of changes held up counts it"
