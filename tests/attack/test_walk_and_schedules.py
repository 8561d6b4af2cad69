"""A fill-or-kill order is tried against positions of older cohorts: no margin changes by it."""

import pytest

from pilothouse.language.commands import MarginTier, SetMarginSchedule
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.events import OrderFilled
from pilothouse.language.kinds import ClientClass, TimeInForce
from pilothouse.language.refusals import FILL_OR_KILL_CANNOT_FILL
from pilothouse.venue.views.margin import margin
from tests.engine.protected import BUY, DOLLAR, E6, SELL, Exchange

ONE = 10_000
BELOW = ("accounts_below_initial", "accounts_below_maintenance")
WORTH = ("notional_below_initial", "notional_below_maintenance")


@pytest.fixture
def world():
    """A long and a short of one contract, opened before a cohort with five times the margin."""
    made = Exchange(clients=3, pool_usd=200_000)
    long, short, _ = made.first, made.first + 1, made.first + 2
    made.fund(long, DOLLAR, 2_000 * E6)
    made.fund(short, DOLLAR, 200_000 * E6)
    made.say(made.order(short, 1, SELL, ONE, 600_000), made.order(long, 1, BUY, ONE, 600_000))
    made.settle()
    cohort = SetMarginSchedule(
        market=1, client_class=ClientClass.ANY, jurisdiction=0, opened_from=made.time + 10_000,
        base_version=int(made.machine.state.markets[1]["schedule_version"]), count=1,
        tiers=(MarginTier(floor_usd=0, initial_ppm=100_000, maintenance_ppm=50_000),),
        **{f"{name}_max": -1 for name in (*BELOW, *WORTH)},
    )  # fmt: skip
    assert made.say(cohort)[0, 1] == 0
    made.step()
    made.settle()
    return made


def kill(world, account, side, quantity, price):
    asked = world.order(account, 1, side, quantity, price, time_in_force=TimeInForce.FOK)
    return int(world.say(asked)[0, 1])


@pytest.mark.parametrize("flags", [REDUCE_ONLY, 0])
def test_a_refused_fill_or_kill_leaves_the_margin_of_whom_it_met(world, flags):
    long, stranger = world.first, world.first + 2
    world.say(world.order(long, 1, SELL, ONE, 601_000, flags=flags))
    world.settle()
    before = margin(world.machine, long)
    for _ in range(2):
        assert kill(world, stranger, BUY, 2 * ONE, 601_000) == FILL_OR_KILL_CANNOT_FILL
        assert margin(world.machine, long) == before
    world.fund(stranger, DOLLAR, 900_000 * E6)
    assert kill(world, stranger, BUY, ONE, 601_000) == 0
    assert not world.machine.broken_invariants()


def test_what_a_try_filled_is_filled_when_a_maker_turns(world):
    long, taker = world.first, world.first + 2
    world.fund(taker, DOLLAR, 5_000_000 * E6)
    for price in (597_000, 596_000, 595_000):
        world.say(world.order(long, 1, SELL, ONE // 2, price + 6_000))
    world.settle()
    for quantity in (3 * ONE, 2 * ONE, ONE, ONE // 2):
        before = sum(one.quantity for one in world.events(OrderFilled))
        outcome = kill(world, taker, BUY, quantity, 610_000)
        filled = sum(one.quantity for one in world.events(OrderFilled)) - before
        assert filled == (quantity if outcome == 0 else 0)
        world.settle()
    assert not world.machine.broken_invariants()
