"""The comparison's cursor cannot be moved with SQL without a word, and nothing is passed over."""

import pytest
from django.conf import settings

from pilothouse.control import cursor, reconciler, rounds
from pilothouse.control.models import ReconcilerCursor
from pilothouse.control.reconcile import Difference
from pilothouse.records import audit
from pilothouse.wiring import founding_row
from tests.attack.reconciling import (
    Journal,
    applied,
    approved,
    band,
    exchange,
    journal,
    previewed,
    raise_margin,
    records_nothing,
    settle,
    team,
)
from tests.attack.test_credentials import verified

__all__ = ["applied", "approved", "exchange", "journal", "previewed", "raise_margin", "team"]

MOVED = {
    "ahead": {"block": 10**15},
    "a little": {"block": 2, "position": 102},
    "markets in use": {"in_use": [1, 7]},
    "fee schedules": {"charged": [7]},
    "what is only counted": {"unlisted": 7},
}


@pytest.mark.parametrize("how", MOVED)
def test_a_cursor_moved_while_it_runs_is_alarmed_and_put_back(journal, applied, how):
    assert journal.tick() == []
    ReconcilerCursor.objects.update(**MOVED[how])
    journal.say(band())
    assert journal.tick() == [Difference.MOVED, Difference.NO_CHANGE]
    assert rounds.differences() == 2 and ReconcilerCursor.objects.get().block == journal.block
    assert any("cursor was changed" in one for one in verified().faults)


@pytest.mark.parametrize("how", MOVED)
def test_a_cursor_moved_between_two_runs_begins_anew(journal, exchange, applied, how):
    journal.tick()
    ReconcilerCursor.objects.update(**MOVED[how])
    again = Journal()
    assert again.reconciler.since == 0
    again.say(exchange.sent[-1], at=applied.steps.get().position)
    again.say(band())
    assert again.tick() == [Difference.MOVED, Difference.NO_CHANGE]


def test_a_cursor_that_is_gone_begins_anew(journal, applied):
    journal.tick()
    ReconcilerCursor.objects.all().delete()
    assert Journal().reconciler.since == 0


def test_each_move_is_a_difference_of_its_own(journal, applied, team):
    journal.tick()
    for _ in range(2):
        ReconcilerCursor.objects.update(block=10**15)
        assert journal.tick() == [Difference.MOVED]
        settle(team)
        assert journal.tick() == []


def test_a_start_on_an_untouched_cursor_says_nothing(journal, applied):
    journal.tick()
    assert Journal().reconciler.since == journal.block and reconciler.count() == 0


def test_a_new_secret_compares_from_the_beginning(journal, applied, monkeypatch):
    journal.tick()
    founding_row.begin(settings.PILOTHOUSE_HOME)
    assert cursor.read().block == 0
    again = Journal()
    assert again.reconciler.since == 0 and again.tick() == []


def test_a_round_that_failed_passes_nothing_over(journal, applied, monkeypatch):
    journal.tick()
    journal.say(band())
    with monkeypatch.context() as broken, pytest.raises(audit.NotRecorded):
        broken.setattr(audit, "write", records_nothing)
        journal.tick()
    assert journal.tick() == [Difference.NO_CHANGE]
