"""One wrong source among any number of live ones moves nothing, whatever its step and its way."""

import pytest

from pilothouse.language.kinds import Side
from pilothouse.language.refusals import INDEX_IS_STALE
from tests.attack.index_world import COIN, PRICE, IndexWorld

WRONG = 2
STEPS = (0.1, 0.5, 0.8, 0.905, 0.91, 0.95, 0.98, 0.995, 1.005, 1.02, 1.05, 1.095, 1.2, 1.9, 10)
SEVERAL = (2, 3, 5)


def made(count):
    """Return a world of so many honest sources, with a long and a short that 4 % would ruin."""
    world = IndexWorld()
    world.honest = dict.fromkeys(range(1, count + 1), PRICE)
    world.tell(world.honest)
    world.poor, world.bear = world.account(900), world.account(900)
    world.long(world.poor)
    assert world.order(world.maker, Side.BUY, PRICE) == 0
    assert world.order(world.bear, Side.SELL, PRICE) == 0
    world.order(world.seller, Side.BUY, PRICE * 0.955, 50 * COIN)
    world.order(world.seller, Side.SELL, PRICE * 1.045, 50 * COIN)
    world.live(20, world.honest)
    return world


def nothing_moved(world):
    hurt = world.liquidated()
    return world.index() == PRICE and world.mark() == PRICE and not hurt


@pytest.mark.parametrize("count", SEVERAL)
@pytest.mark.parametrize("step", STEPS)
def test_one_wrong_price_moves_nothing(count, step):
    world = made(count)
    world.tell({WRONG: PRICE * step})
    assert nothing_moved(world)
    world.live(40, world.honest | {WRONG: PRICE * step})
    assert nothing_moved(world)
    world.live(5, world.honest)
    assert nothing_moved(world)
    assert world.order(world.client, Side.BUY, PRICE * 0.99) == 0


@pytest.mark.parametrize("step", STEPS)
def test_one_wrong_price_while_the_third_source_is_silent_moves_nothing(step):
    world = made(3)
    world.live(62, {1: PRICE, 2: PRICE})
    world.tell({WRONG: PRICE * step})
    assert nothing_moved(world)
    world.live(5, {1: PRICE, 2: PRICE})
    assert nothing_moved(world)
    world.live(5, world.honest)
    assert nothing_moved(world)


@pytest.mark.parametrize("count", SEVERAL)
@pytest.mark.parametrize("step", [0.1, 0.92, 0.97, 1.03, 1.08, 10])
def test_one_that_alternates_moves_nothing(count, step):
    world = made(count)
    for second in range(40):
        world.live(1, world.honest | {WRONG: PRICE * (step if second % 2 else 2 - min(step, 1))})
        assert nothing_moved(world)


@pytest.mark.parametrize("count", SEVERAL)
@pytest.mark.parametrize("way", [-1, 1])
def test_one_that_drifts_moves_nothing(count, way):
    world = made(count)
    for second in range(60):
        world.live(1, world.honest | {WRONG: PRICE * (1 + way * second / 600)})
        assert nothing_moved(world)


def test_two_that_fall_together_are_followed_to_the_nearer():
    world = made(2)
    world.tell({1: PRICE * 0.9})
    assert world.index() == PRICE
    world.tell({2: PRICE * 0.91})
    assert world.index() == PRICE * 0.91


@pytest.mark.parametrize("fall", [0.95, 0.85, 0.75])
def test_a_crash_that_two_sources_tell_is_believed_at_once(fall):
    world = made(2)
    world.tell({1: PRICE * fall, 2: PRICE * fall})
    assert world.index() == int(PRICE * fall)


def test_two_further_apart_than_the_outlier_share_do_not_agree():
    world = made(2)
    world.live(62, {1: PRICE, 2: PRICE * 0.94})
    assert nothing_moved(world)
    assert world.order(world.client, Side.BUY, PRICE * 0.99) == INDEX_IS_STALE


def test_one_of_two_that_freezes_does_not_hold_the_index_at_its_price():
    world = made(2)
    for second in range(420):
        world.live(1, {1: PRICE * (1 - second / 20_000), 2: PRICE})
    assert world.order(world.client, Side.BUY, PRICE * 0.97) == INDEX_IS_STALE
    assert world.order(world.client, Side.SELL, PRICE * 1.01) == INDEX_IS_STALE
    assert not world.liquidated()
    world.live(1, dict.fromkeys((1, 2), PRICE * 0.979))
    assert world.index() == int(PRICE * 0.979)


def test_two_quiet_sources_that_agree_are_live():
    world = made(2)
    world.live(400, {1: PRICE, 2: PRICE * 1.001})
    assert world.index() == PRICE
    assert world.order(world.client, Side.BUY, PRICE * 0.99) == 0


@pytest.mark.parametrize("step", [0.1, 0.5, 0.95, 0.99, 1.01, 1.05, 10])
def test_an_honest_source_that_rests_is_not_frozen_because_another_slips(step):
    # The middle of the two that moved is nobody's price.
    world = made(3)
    world.live(310, {1: PRICE, 2: PRICE, 3: PRICE})
    world.live(2, {1: PRICE * 1.0001, 2: PRICE * 1.0001, 3: PRICE})
    world.live(30, {1: PRICE, 2: PRICE * step, 3: PRICE})
    assert abs(world.index() - PRICE) <= PRICE * 0.0001 and not world.liquidated()
    assert world.order(world.client, Side.BUY, PRICE * 0.99) == 0
