"""Who edits a draft again and again lays rows for ever, and is refused soon."""

from datetime import timedelta

import pytest

from pilothouse.control import edit, many, propose, schedule
from pilothouse.control.refusals import TOO_MANY_EDITS
from pilothouse.records.models import AuditRow
from tests.attack.reconciling import refused, team
from tests.control.conftest import NOON, approved, exchange, previewed, raise_margin, wish

__all__ = ["approved", "exchange", "previewed", "raise_margin", "team"]
MINUTE = timedelta(minutes=1)
DAY = many.DAY


def another_wish(change, by, now):
    return edit.edit(change, wish(4, 2), by=by, now=now)


def another_ceiling(change, by, now):
    return edit.set_ceiling(change, {"accounts_below_maintenance": 1}, by=by, now=now)


def other_times(change, by, now):
    return schedule.schedule(change, [now + DAY], by=by, now=now)


EDITS = (another_wish, another_ceiling, other_times)


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(many, "EDITS_OF_ONE", 4)
    monkeypatch.setattr(many, "EDITS_A_DAY", 6)


@pytest.mark.parametrize("last", EDITS)
def test_edits_of_one_change_have_an_end_whatever_they_edit(team, raise_margin, few, last):
    change = raise_margin()
    for count in range(many.EDITS_OF_ONE):
        EDITS[count % len(EDITS)](change, team.operator, NOON + count * MINUTE)
    refused(TOO_MANY_EDITS, last, change, team.operator, NOON + DAY - MINUTE)
    change.refresh_from_db()
    assert change.steps.filter(state="waiting").count() == 1
    assert AuditRow.objects.filter(outcome="refused", subject=change.subject).count() == 1
    last(change, team.operator, NOON + DAY + MINUTE)


def test_a_day_has_an_end_and_a_stop_has_room_behind_it(team, raise_margin, few):
    changes = [raise_margin() for _ in range(3)]
    for count in range(many.EDITS_A_DAY):
        another_wish(changes[count % 2], team.operator, NOON + count * MINUTE)
    now = NOON + timedelta(hours=5)
    refused(TOO_MANY_EDITS, another_wish, changes[2], team.operator, now)
    fields = {"market": 2, "status": 5}
    stop = propose.propose("market_status", fields, by=team.operator, why="attack", now=now)
    for _ in range(many.EDITS_OF_ONE):
        edit.edit(stop, fields, by=team.operator, now=now)
    refused(TOO_MANY_EDITS, edit.edit, stop, fields, by=team.operator, now=now)
