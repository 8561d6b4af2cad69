"""The same stories against the engine itself: what was previewed is what happens, one for one."""

import pytest

from pilothouse.control import apply, approve, edit, ports, preview, propose, verify
from pilothouse.control.kinds import margin_schedule
from pilothouse.control.moves import State
from pilothouse.venue.rehearsal import Rehearsal
from pilothouse.venue.views import margin
from tests.control.conftest import NOON, wish
from tests.control.running import CONTRACT, Running

NEAR, MIDDLE, FAR = 1_300, 1_700, 6_000
"""Dollars for a position of 60,000: 2.2, 2.8 and 10 per cent."""


@pytest.fixture
def exchange():
    made = Running([NEAR, NEAR, MIDDLE, MIDDLE, MIDDLE, FAR])
    made.index(59_700)
    ports.connect(made, Rehearsal(made), made)
    yield made
    ports.disconnect()


@pytest.fixture
def propose_it(team, exchange):
    def go(kind="margin_schedule", fields=None, **rest):
        fields = fields or wish(4, 2)
        change = propose.propose(kind, fields, by=team.operator, why="x", now=NOON, **rest)
        return preview.first(change, by=team.operator, now=NOON)

    return go


def signed(team, change):
    return approve.approve(change, change.fingerprint, by=team.risk, now=NOON)


def margins(exchange):
    first = margin.schedules(exchange.real, CONTRACT)[0].tiers[0]
    return first.initial_ppm, first.maintenance_ppm


def below_maintenance(exchange):
    return {
        account
        for account in exchange.holders
        if (view := margin.margin(exchange.real, account)).equity < view.maintenance
    }


def test_the_accounts_hit_are_those_of_the_rehearsal_one_for_one(team, exchange, propose_it):
    change = signed(team, propose_it())
    assert below_maintenance(exchange) == set()
    change = apply.apply(change, by=team.operator, now=NOON)
    change = verify.verify(change, now=NOON)
    assert change.state == State.VERIFIED
    (step,) = change.steps.all()
    engine_counted = {name: step.predicted[name] for name in margin_schedule.ENGINE_COUNTS}
    assert step.actual == engine_counted
    assert step.actual["accounts_below_maintenance"] == 2
    assert step.actual["accounts_below_initial"] == 3
    assert margins(exchange) == (40_000, 20_000)
    affected = change.previews.order_by("-id").first().body["most_affected"]
    hit = {one["account"] for one in affected if one["equity"] < one["maintenance_after"]}
    assert hit == set(list(exchange.holders)[:2])


def test_a_market_that_moves_after_the_last_rehearsal_is_held_by_the_engine(
    team, exchange, propose_it
):
    change = signed(team, propose_it(ceiling={"accounts_below_maintenance": 2}))
    exchange.before_step = lambda: exchange.index(59_450)
    change = apply.apply(change, by=team.operator, now=NOON)
    assert change.state == State.HELD
    assert change.steps.get().outcome == 1609
    assert margins(exchange) == (20_000, 10_000)
    exchange.before_step = lambda: None
    change = preview.first(change, by=team.operator, now=NOON)
    assert change.predicted["2"]["accounts_below_maintenance"] == 5


def test_the_ramp_hurts_nobody_now(team, exchange, propose_it):
    change = propose_it()
    preview.instead(change, now=NOON)
    preview.play_out(change, now=NOON)
    preview.shocks(change, now=NOON)
    assert change.previews.get(question="play_out").body["position"] == exchange.position + 1
    assert [one["move_ppm"] for one in change.previews.get(question="shocks").body]
    change = edit.choose(change, "ramp", by=team.operator, now=NOON)
    change = signed(team, preview.first(change, by=team.operator, now=NOON))
    change = verify.verify(apply.apply(change, by=team.operator, now=NOON), now=NOON)
    assert change.state == State.SCHEDULED and margins(exchange) == (40_000, 10_000)
    assert change.steps.first().actual["accounts_below_maintenance"] == 0
    assert below_maintenance(exchange) == set()


def test_new_positions_only_hurts_nobody_ever(team, exchange, propose_it):
    change = propose_it()
    preview.instead(change, now=NOON)
    kept = change.previews.get(plan="new_positions_only", question="first").body
    assert (kept["outcome"], kept["newly_below_maintenance"]) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("price_band", {"market": CONTRACT, "band_ppm": 30_000}),
        ("market_status", {"market": CONTRACT, "status": 5}),
    ],
)
def test_the_thin_kinds_go_the_same_path(team, exchange, propose_it, kind, fields):
    change = propose_it(kind, fields)
    if change.state == State.PREVIEWED:
        change = signed(team, change)
    change = verify.verify(apply.apply(change, by=team.operator, now=NOON), now=NOON)
    assert change.state == State.VERIFIED


def test_sent_again_by_name_the_exchange_gives_its_first_receipt(team, exchange, propose_it):
    change = signed(team, propose_it())
    real, lost = exchange.submit, []

    def answer_is_lost(messages):
        lost.append(real(messages))
        raise ConnectionError

    exchange.submit = answer_is_lost
    change = apply.apply(change, by=team.operator, now=NOON)
    assert change.state == State.APPLYING and margins(exchange) == (40_000, 20_000)
    exchange.submit = real
    change = apply.resume(change, now=NOON)
    assert change.state == State.APPLIED
    assert change.steps.get().position == lost[0][0].position
    assert verify.verify(change, now=NOON).state == State.VERIFIED
