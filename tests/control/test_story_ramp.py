"""The operator takes the ramp instead: initial margin now, maintenance over three days."""

from datetime import UTC, datetime, timedelta

import pytest

from pilothouse.control import (
    apply,
    approve,
    arm,
    edit,
    preview,
    schedule,
    verify,
    withdraw,
    worker,
)
from pilothouse.control.models import ChangeStep
from pilothouse.control.moves import State
from pilothouse.control.refusals import Refused
from tests.control.conftest import NOON, wish

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ramp(team, exchange, previewed):
    change = previewed()
    preview.instead(change, now=NOON)
    change = edit.choose(change, "ramp", by=team.operator, now=NOON)
    change = preview.first(change, by=team.operator, now=NOON)
    return approve.approve(change, change.fingerprint, by=team.risk, now=NOON)


def margins(exchange):
    tier = exchange.market(1).schedules[-1].tiers[0]
    return tier.initial_ppm, tier.maintenance_ppm


def test_the_gentler_ways_are_offered_and_each_is_previewed(team, exchange, previewed):
    change = previewed()
    preview.instead(change, now=NOON)
    preview.play_out(change, now=NOON)
    preview.shocks(change, now=NOON)
    preview.play_out(change, way="initial_only", now=NOON)
    ways = {one["key"]: one for one in change.alternatives}
    assert list(ways) == ["initial_only", "new_positions_only", "ramp"]
    hurt = {
        key: change.previews.filter(plan=key, question="first")
        .order_by("step")
        .last()
        .body["newly_below_maintenance"]
        for key in ways
    }
    assert hurt == {"initial_only": 0, "new_positions_only": 0, "ramp": 1}
    assert change.previews.filter(plan="ramp").count() == 4
    assert change.previews.get(plan="", question="play_out").body["accounts_liquidated"] == 1
    assert (
        change.previews.get(plan="initial_only", question="play_out").body["accounts_liquidated"]
        == 0
    )
    assert change.protected_micro_usd == 3_000_000


def test_the_ramp_goes_step_by_step_at_its_times(team, exchange, ramp):
    change = apply.apply(ramp, by=team.operator, now=NOON)
    assert margins(exchange) == (40_000, 10_000)
    change = verify.verify(change, now=NOON)
    assert change.state == State.SCHEDULED
    worker.tick(NOON + DAY)
    assert margins(exchange) == (40_000, 10_000)
    seen = []
    for day in (1, 2, 3):
        due = NOON + day * DAY + MINUTE
        worker.tick(due)
        worker.tick(due)
        seen.append(margins(exchange))
    assert seen == [(40_000, 13_334), (40_000, 16_667), (40_000, 20_000)]
    change.refresh_from_db()
    assert change.state == State.VERIFIED
    assert [one.state for one in change.steps.all()] == [ChangeStep.At.VERIFIED] * 4
    assert [message.name.lo for message in exchange.sent] == sorted(
        message.name.lo for message in exchange.sent
    )


def test_a_missed_window_is_never_run_late(team, exchange, ramp):
    change = verify.verify(apply.apply(ramp, by=team.operator, now=NOON), now=NOON)
    worker.tick(NOON + DAY + timedelta(hours=2))
    change.refresh_from_db()
    assert change.state == State.EXPIRED and "window" in change.state_reason
    assert margins(exchange) == (40_000, 10_000)


def test_a_ramp_can_be_stopped_halfway_and_undone(team, exchange, ramp):
    change = verify.verify(apply.apply(ramp, by=team.operator, now=NOON), now=NOON)
    change = withdraw.withdraw(change, "enough", by=team.operator, now=NOON + MINUTE)
    worker.tick(NOON + DAY + MINUTE)
    assert margins(exchange) == (40_000, 10_000)
    from pilothouse.control import revert

    undo = revert.revert(change, "calm", by=team.operator, now=NOON + 2 * MINUTE)
    assert not undo.preapproved
    undo = preview.first(undo, by=team.operator, now=NOON + 2 * MINUTE)
    undo = approve.approve(undo, undo.fingerprint, by=team.risk, now=NOON + 2 * MINUTE)
    apply.apply(undo, by=team.operator, now=NOON + 2 * MINUTE)
    assert margins(exchange) == (20_000, 10_000)


def test_an_armed_change_is_immutable(team, exchange, ramp):
    change = arm.arm(ramp, by=team.operator, now=NOON)
    for deed in (
        lambda: edit.edit(change, wish(5, 2), by=team.operator, now=NOON),
        lambda: schedule.schedule(change, [None] * 4, by=team.operator, now=NOON),
    ):
        with pytest.raises(Refused):
            deed()


def test_a_schedule_is_signed_so_another_time_voids(team, exchange, approved):
    change = approved()
    old = change.fingerprint
    change = schedule.schedule(change, [NOON + DAY], by=team.operator, now=NOON)
    assert change.state == State.PROPOSED and change.fingerprint != old
    assert change.signatures.filter(void_at=None).count() == 0
    change = preview.first(change, by=team.operator, now=NOON)
    change = approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    with pytest.raises(Refused) as refused:
        apply.apply(change, by=team.operator, now=NOON)
    assert refused.value.reason.name == "no_step_is_due_now"
    arm.arm(change, by=team.operator, now=NOON)
    worker.tick(NOON + DAY - MINUTE)
    assert exchange.sent == []
    worker.tick(NOON + DAY + MINUTE)
    assert margins(exchange) == (40_000, 20_000)


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ([NOON - MINUTE], "the_time_is_past"),
        ([NOON + 367 * DAY], "the_time_is_too_far_away"),
        ([datetime.max.replace(tzinfo=UTC)], "the_time_is_too_far_away"),
        ([NOON + DAY, NOON + 2 * DAY], "times_must_rise_from_step_to_step"),
    ],
)
def test_times_that_cannot_be_kept_are_refused(team, exchange, previewed, times, reason):
    with pytest.raises(Refused) as refused:
        schedule.schedule(previewed(), times, by=team.operator, now=NOON)
    assert refused.value.reason.name == reason
