"""One bad price hurts nobody: sources that slip, drift, freeze, flip, agree on a lie, or stop."""

import pytest

from pilothouse.language.commands import SetIndexPrice, Transfer
from pilothouse.language.events import IndexHeld
from pilothouse.language.kinds import Side, TimeInForce
from pilothouse.language.numbers import INDEX_PRICE_MAX_E12
from pilothouse.language.refusals import REFUSALS
from tests.attack.index_world import (
    ALL,
    COIN,
    E12,
    ETHER,
    OTHER,
    PRICE,
    REDUCE_ONLY,
    SECOND_US,
    IndexWorld,
)  # fmt: skip

INDEX_IS_STALE = 1804
HONEST = dict.fromkeys(ALL, PRICE)


@pytest.fixture
def world():
    """Three honest sources, and a client that a move of 15 % would ruin."""
    made = IndexWorld()
    made.all_tell(PRICE)
    made.long(made.client, quantity=100 * COIN)
    made.poor = made.account(3_000)
    made.long(made.poor)
    made.order(made.seller, Side.BUY, PRICE * 0.96, 500 * COIN)
    made.live(20, HONEST)
    return made


def nobody_was_hurt(world):
    return world.liquidated() == set() and world.held(world.poor) == COIN


@pytest.mark.parametrize("slip", [0.1, 10, 0.01, 0.5])
def test_s23_bug20_a_lone_source_that_slips_moves_nothing(world, slip):
    world.live(62, {1: PRICE})
    world.tell({1: PRICE * slip})
    world.live(30, {1: PRICE * slip})
    assert world.index() == PRICE and nobody_was_hurt(world)


def test_a_lone_source_that_drifts_moves_nothing(world):
    world.live(62, {1: PRICE})
    for step in range(60):
        world.live(1, {1: PRICE * (100 - step) / 100})
    assert world.index() == PRICE and nobody_was_hurt(world)


@pytest.mark.parametrize("wrong", [0.1, 10, 1.2, 0.8])
def test_one_of_two_that_differ_moves_nothing(world, wrong):
    # The middle of a right and a wrong price is a wrong price.
    world.live(62, {1: PRICE, 2: PRICE})
    world.live(30, {1: PRICE, 2: PRICE * wrong})
    assert world.index() == PRICE and nobody_was_hurt(world)


def test_two_of_three_that_slip_together_are_held_and_then_nothing_is_risked(world):
    world.live(61, {1: PRICE, 2: PRICE / 10, 3: PRICE / 10})
    assert world.index() == PRICE and nobody_was_hurt(world)
    assert world.order(world.seller, Side.BUY, PRICE * 0.99) == INDEX_IS_STALE


def test_two_of_three_that_fall_a_fifth_wait_for_the_third(world):
    world.tell({2: PRICE * 0.8, 3: PRICE * 0.8})
    world.live(5, {1: PRICE, 2: PRICE * 0.8, 3: PRICE * 0.8})
    assert world.index() == PRICE and nobody_was_hurt(world)


def test_two_of_three_that_slide_together_move_it_a_tenth_a_minute_at_most(world):
    for second in range(30):
        wrong = PRICE * 0.95 * (1 - second / 40)
        world.live(1, {1: PRICE, 2: wrong, 3: wrong})
    assert world.index() >= PRICE * 0.9


def test_all_sources_that_slip_a_digit_at_once_are_held_for_a_minute(world):
    # One feed behind all of them: everybody agrees, and everybody is wrong.
    world.live(50, dict.fromkeys(ALL, PRICE / 10))
    assert world.index() == PRICE and nobody_was_hurt(world)
    world.live(1, HONEST)
    assert world.index() == PRICE and nobody_was_hurt(world)


def test_three_that_all_differ_move_nothing(world):
    world.live(90, {1: PRICE, 2: PRICE * 3, 3: PRICE / 10})
    assert world.index() == PRICE and nobody_was_hurt(world)
    assert world.order(world.seller, Side.BUY, PRICE * 0.99) == INDEX_IS_STALE


def test_a_source_that_flips_each_second_moves_nothing(world):
    for _ in range(60):
        world.live(1, {1: PRICE, 2: PRICE, 3: PRICE / 10})
        world.live(1, HONEST)
    assert world.index() == PRICE and nobody_was_hurt(world)
    world.live(62, {1: PRICE})
    for _ in range(60):
        world.live(1, {1: PRICE / 10})
        world.live(1, {1: PRICE})
    assert world.index() == PRICE and nobody_was_hurt(world)


def test_two_sources_that_repeat_one_price_do_not_hold_the_index_against_one_that_moves(world):
    # S02: a constant is no price. Nobody knows which is right, so nothing is risked.
    world.live(310, HONEST)
    for step in range(70):
        world.live(1, {1: PRICE * (100 - 8 - step / 100) / 100, 2: PRICE, 3: PRICE})
    assert world.order(world.seller, Side.BUY, PRICE * 0.99) == INDEX_IS_STALE
    assert nobody_was_hurt(world)


def test_a_source_that_repeats_one_price_is_left_out_where_two_have_moved(world):
    world.live(310, HONEST)
    for step in range(40):
        world.live(1, {1: PRICE - step, 2: PRICE - step, 3: PRICE})
    world.live(30, {1: PRICE - 100, 2: PRICE - 140, 3: PRICE})
    assert world.index() == PRICE - 100


@pytest.mark.parametrize(
    "price_e12", [0, -1, INDEX_PRICE_MAX_E12 + 1, (1 << 63) - 1, -(1 << 63), 1]
)
def test_absurd_digits_move_nothing(world, price_e12):
    for source in ALL[:2]:
        world.tell({source: price_e12 / E12} if price_e12 == 1 else {source: PRICE})
        _tell_exactly(world, source, price_e12)
    assert world.index() == PRICE and nobody_was_hurt(world)


def _tell_exactly(world, source, price_e12):
    world.say(SetIndexPrice(asset=2, source=source, price_e12=price_e12))


@pytest.mark.parametrize("ahead_s", [6, 60, 10**9])
def test_m65_a_source_whose_clock_is_ahead_is_refused(world, ahead_s):
    assert _taken(world, world.time + ahead_s * SECOND_US) == 1806


@pytest.mark.parametrize("behind_s", [61, 3_600, 10**9])
def test_a_source_whose_clock_is_behind_is_refused(world, behind_s):
    assert _taken(world, world.time - behind_s * SECOND_US) == 1807


def test_prices_that_come_in_another_order_are_refused(world):
    assert _taken(world, world.time + SECOND_US) == 0
    world.time += 3 * SECOND_US
    assert _taken(world, world.time - 2 * SECOND_US) == 0
    assert _taken(world, world.time - 3 * SECOND_US) == 1807
    assert nobody_was_hurt(world)


def test_a_price_ages_from_when_it_was_taken(world):
    world.live(61)
    for source in ALL:
        assert _taken(world, world.time - 58 * SECOND_US, source) == 0
    assert world.order(world.seller, Side.BUY, PRICE * 0.99) == 0
    world.live(3)
    assert world.order(world.seller, Side.BUY, PRICE * 0.99) == INDEX_IS_STALE


def _taken(world, at, source=1):
    told = SetIndexPrice(asset=2, source=source, price_e12=PRICE * E12, taken_at=at)
    return world.say(told)[0]


# What is real goes through.
@pytest.mark.parametrize("fall", [0.95, 0.85, 0.75])
def test_a_crash_that_all_sources_tell_is_believed_at_once(world, fall):
    world.all_tell(PRICE * fall)
    assert world.index() == int(PRICE * fall)


def test_a_crash_minute_with_a_slow_source_is_followed(world):
    for second in range(60):
        price = PRICE * (1 - 0.25 * (second + 1) / 60)
        world.live(1, {1: price, 2: price * 1.001} | ({3: price} if second % 20 == 19 else {}))
    assert abs(world.index() - PRICE * 0.75) < PRICE * 0.001
    assert world.held(world.poor) < COIN


def test_a_level_that_all_sources_keep_for_a_minute_is_believed(world):
    world.live(62, dict.fromkeys(ALL, PRICE * 0.6))
    assert world.index() == PRICE * 0.6


# A stale index.
def test_bug18_nothing_that_risks_more_is_taken_on_a_stale_index(world):
    world.order(world.seller, Side.SELL, PRICE * 1.03)
    world.live(61)
    for side, price in ((Side.SELL, PRICE * 1.035), (Side.BUY, PRICE * 0.99), (Side.BUY, PRICE)):
        assert world.order(world.client, side, price) == INDEX_IS_STALE
    assert INDEX_IS_STALE in REFUSALS
    world.all_tell(PRICE)
    assert world.order(world.client, Side.BUY, PRICE * 0.99) == 0


def test_nobody_is_locked_in_by_a_stale_index(world):
    # The true price is far away, and so is who would buy: a band around a dead mark locks in.
    world.cancel_all(world.seller)
    world.live(20, HONEST)
    world.order(world.seller, Side.BUY, PRICE * 0.951, 10 * COIN)
    world.live(61)
    reduces = {"flags": REDUCE_ONLY, "time_in_force": TimeInForce.IOC}
    assert world.order(world.client, Side.SELL, PRICE * 0.8, COIN, **reduces) == 0
    assert world.held(world.client) == 99 * COIN
    assert world.cancel_all(world.seller) == 0


def test_money_does_not_leave_a_position_on_a_stale_index(world):
    out = Transfer(account=world.client, asset=1, source=2, target=1, amount=1_000)
    world.live(61)
    assert world.say(out) == [INDEX_IS_STALE]


def test_nobody_is_liquidated_at_the_first_price_after_a_silence(world):
    world.live(120)
    world.all_tell(PRICE * 0.85)
    assert world.index() == PRICE * 0.85 and nobody_was_hurt(world)
    world.live(9, dict.fromkeys(ALL, PRICE * 0.85))
    assert nobody_was_hurt(world)
    world.live(3, HONEST)
    assert nobody_was_hurt(world)


def test_after_a_silence_and_ten_seconds_liquidation_goes_on(world):
    world.live(120)
    world.order(world.maker, Side.BUY, PRICE * 0.8, 10 * COIN, flags=REDUCE_ONLY)
    world.live(12, dict.fromkeys(ALL, PRICE * 0.85))
    assert world.poor in world.liquidated()


def test_a_position_in_a_dead_market_keeps_no_liquidation_away(world):
    world.tell(dict.fromkeys(ALL, 1_000), ETHER)
    world.long(world.poor, 1_000, 10, OTHER)
    world.live(61, HONEST)
    assert world.order(world.poor, Side.BUY, 1_000, 10, OTHER) == INDEX_IS_STALE
    world.live(2, dict.fromkeys(ALL, PRICE * 0.855))
    assert world.poor in world.liquidated() and world.held(world.poor, OTHER) == 10


def test_collateral_whose_index_is_back_liquidates_nobody_at_once(world):
    rich = world.account(10)
    world.fund(rich, ETHER, 10 * 10**8)
    world.tell(dict.fromkeys(ALL, 1_000), ETHER)
    world.long(rich, quantity=4 * COIN)
    world.live(120, HONEST)
    for dollars in (760, 532, 400, 290, 210, 150, 110, 80):
        world.tell(dict.fromkeys(ALL, dollars), ETHER)
    assert rich not in world.liquidated() and world.held(rich) == 4 * COIN


# A market that has one source, and was listed so.
@pytest.fixture
def lone():
    made = IndexWorld(sources_least=1)
    made.tell({1: PRICE})
    made.poor = made.account(3_000)
    made.long(made.poor)
    made.live(5, {1: PRICE})
    return made


def test_a_market_of_one_source_waits_ten_minutes_for_a_level_far_away(lone):
    lone.live(590, {1: PRICE / 10})
    assert lone.index() == PRICE and nobody_was_hurt(lone)
    assert lone.order(lone.client, Side.BUY, PRICE * 0.99) == INDEX_IS_STALE
    assert len(lone.events(IndexHeld)) == 1
    lone.live(15, {1: PRICE / 10})
    assert lone.index() == PRICE // 10


def test_a_market_of_one_source_moves_five_percent_a_minute_at_most(lone):
    for step in range(59):
        lone.live(1, {1: PRICE * (1 - step / 300)})
    assert PRICE * 0.94 < lone.index() < PRICE


def test_a_market_without_any_source_takes_no_order(world):
    assert world.order(world.client, Side.BUY, 1_000, 10, OTHER) == 1324
