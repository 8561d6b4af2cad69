"""An index that its sources deny is no price: no risk is taken and no money leaves on it."""

import pytest

from pilothouse.language.commands import Transfer
from pilothouse.language.kinds import Side, TimeInForce, Wallet
from pilothouse.language.refusals import INDEX_IS_STALE
from tests.attack.index_world import (
    COIN,
    CONTRACT,
    DOLLAR,
    E6,
    ETHER,
    OTHER,
    PRICE,
    REDUCE_ONLY,
    IndexWorld,
)

JUMPS = (0.01, 0.5, 0.69, 1.31, 2, 10)
"""Beyond every step limit."""


def made(count):
    """Return a world of so many sources with a long and a short, each with money to spare."""
    world = IndexWorld(**({"sources_least": 1} if count == 1 else {}))
    world.sources = range(1, count + 1)
    all_of(world, 1)
    world.bull, world.bear = world.account(12_000), world.account(12_000)
    world.long(world.bull)
    assert world.order(world.maker, Side.BUY, PRICE) == 0
    assert world.order(world.bear, Side.SELL, PRICE) == 0
    world.honest = dict.fromkeys(world.sources, PRICE)
    world.live(5, world.honest)
    return world


def all_of(world, factor):
    world.tell(dict.fromkeys(world.sources, PRICE * factor))


def leaves(world, account, dollars=100):
    return world.say(
        Transfer(
            account=account, asset=DOLLAR, amount=dollars * E6,
            source=Wallet.FUTURES, target=Wallet.SPOT,
        )
    )[0]  # fmt: skip


def is_closed(world):
    """Tell whether money cannot leave a position, and no risk be taken, on either side."""
    outcomes = [leaves(world, world.bull), leaves(world, world.bear)]
    outcomes += [
        world.order(world.client, side, PRICE * factor)
        for side, factor in ((Side.BUY, 0.99), (Side.SELL, 1.01))
    ]
    assert set(outcomes) in ({0}, {INDEX_IS_STALE})
    world.cancel_all(world.client)
    return outcomes[0] != 0


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("jump", JUMPS)
def test_nothing_leaves_while_a_step_is_held_back(count, jump):
    world = made(count)
    for _ in range(30):
        all_of(world, jump)
        assert is_closed(world) and world.index() == PRICE
        world.live(1)
    assert not world.liquidated()
    all_of(world, 1)
    assert not is_closed(world), "the sources are back: money leaves again at once"


@pytest.mark.parametrize("jump", [0.94, 1.06, 0.9])
def test_a_lone_source_beyond_its_small_step_closes_too(jump):
    world = made(1)
    world.live(30, {1: PRICE * jump})
    assert is_closed(world)
    world.live(1, world.honest)
    assert not is_closed(world)


@pytest.mark.parametrize(("count", "seconds"), [(1, 601), (2, 61), (3, 61), (5, 61)])
@pytest.mark.parametrize("jump", [0.69, 1.31])
def test_a_step_that_lasts_opens_again(count, seconds, jump):
    world = made(count)
    world.live(seconds - 10, dict.fromkeys(world.sources, PRICE * jump))
    assert is_closed(world)
    world.live(12, dict.fromkeys(world.sources, PRICE * jump))
    assert abs(world.index() - PRICE * jump) < 1
    assert not leaves(world, world.bull) and not leaves(world, world.bear)


@pytest.mark.parametrize("count", [3, 5])
@pytest.mark.parametrize("wrong", [0.01, 0.69, 0.95, 1.05, 1.31, 10])
def test_one_wrong_source_of_several_closes_nothing(count, wrong):
    world = made(count)
    for second in range(70):
        world.live(1, world.honest | {2: PRICE * (wrong if second % 3 else 1)})
        world.tell({1: PRICE})
        assert not is_closed(world)


@pytest.mark.parametrize("jump", [0.5, 0.9, 1.1, 2])
def test_two_that_contradict_each_other_close_at_once_and_open_when_they_agree(jump):
    world = made(2)
    world.tell({2: PRICE * jump})
    assert is_closed(world)
    world.live(30, {1: PRICE, 2: PRICE * jump})
    assert is_closed(world) and world.index() == PRICE and not world.liquidated()
    world.tell({2: PRICE})
    assert not is_closed(world)


def test_too_few_that_agree_close_at_once():
    world = IndexWorld(sources_least=3)
    world.sources, world.honest = (1, 2, 3), dict.fromkeys((1, 2, 3), PRICE)
    all_of(world, 1)
    world.bull = world.account(12_000)
    world.long(world.bull)
    world.tell({3: PRICE * 1.2})
    assert leaves(world, world.bull) == INDEX_IS_STALE
    world.tell({3: PRICE})
    assert leaves(world, world.bull) == 0


def test_a_source_that_falls_silent_closes_nothing_for_a_minute():
    world = made(3)
    world.live(60, {1: PRICE})
    assert not is_closed(world)
    world.live(1, {1: PRICE})
    assert is_closed(world)


def test_nobody_is_locked_in_while_a_step_is_held_back():
    # An order that only closes is not held to a band around a price that its sources deny.
    world = made(3)
    assert world.order(world.seller, Side.BUY, PRICE * 0.951, 10 * COIN) == 0
    world.cancel_all(world.maker)
    world.live(5, dict.fromkeys(world.sources, PRICE * 0.6))
    far = {"flags": REDUCE_ONLY, "time_in_force": TimeInForce.IOC}
    assert world.order(world.bull, Side.SELL, PRICE * 0.6, COIN, **far) == 0
    assert world.held(world.bull) == 0
    assert leaves(world, world.bull) == 0, "without a position the dollars are nobody's margin"
    assert world.cancel_all(world.seller) == 0


def test_dollars_do_not_leave_while_the_index_of_the_collateral_is_held_back():
    world = made(3)
    world.tell(dict.fromkeys((1, 2, 3), 1_000), ETHER)
    rich = world.account(1_000)
    world.fund(rich, ETHER, 10 * 10**8)
    world.long(rich, quantity=4 * COIN)
    world.tell(dict.fromkeys((1, 2, 3), 500), ETHER)
    assert leaves(world, rich) == INDEX_IS_STALE
    assert world.order(rich, Side.BUY, PRICE * 0.99, 4 * COIN) == INDEX_IS_STALE
    world.tell(dict.fromkeys((1, 2, 3), 1_000), ETHER)
    assert leaves(world, rich) == 0


def test_a_profit_at_a_held_mark_buys_no_risk_elsewhere():
    world = made(3)
    world.tell(dict.fromkeys((1, 2, 3), 1_000), ETHER)
    gains = world.account(450)
    world.long(gains)
    world.live(2, dict.fromkeys(world.sources, PRICE * 1.1))
    assert world.order(world.maker, Side.SELL, 1_000, 50 * COIN, OTHER) == 0
    world.live(1, dict.fromkeys(world.sources, PRICE * 0.7))
    assert world.order(gains, Side.BUY, 1_000, 50 * COIN, OTHER) == INDEX_IS_STALE
    world.live(1, dict.fromkeys(world.sources, PRICE * 1.1))
    assert world.order(gains, Side.BUY, 1_000, 50 * COIN, OTHER) == 0


def test_a_source_that_flickers_keeps_no_liquidation_away():
    # Its way back to the index is no new level: nobody waits ten seconds for that.
    world = made(1)
    poor = world.account(1_000)
    world.long(poor)
    world.cancel_all(world.maker)
    assert world.order(world.seller, Side.BUY, PRICE * 0.955, 50 * COIN) == 0
    for second in range(20):
        world.live(1, {1: PRICE * (0.1 if second % 2 else 0.958)})
    assert poor in world.liquidated()


def test_a_stretch_in_which_a_price_is_held_back_counts_for_no_funding():
    world = made(3)
    before = int(world.machine.state.markets[CONTRACT]["premium_ms"])
    world.live(40, dict.fromkeys(world.sources, PRICE * 0.5))
    world.live(1, world.honest)
    assert int(world.machine.state.markets[CONTRACT]["premium_ms"]) - before <= 2_000


def test_an_hour_that_ends_while_a_price_is_held_back_keeps_its_rate():
    world = made(3)
    assert world.order(world.maker, Side.BUY, PRICE * 1.004) == 0
    assert world.order(world.seller, Side.SELL, PRICE * 1.006) == 0
    world.live(60, world.honest)
    hour = int(world.machine.state.exchange[0]["next_hour"])
    while world.time < hour - 2 * E6:
        world.time = min(world.time + 50 * E6, hour - 2 * E6)
        all_of(world, 1)
    world.live(4, dict.fromkeys(world.sources, PRICE * 0.5))
    assert int(world.machine.state.markets[CONTRACT]["funding_rate_e12"]) > 0
