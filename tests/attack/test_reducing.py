"""Orders that only reduce: once their position is closed they give nobody anything, and are gone.

Kept in the book they moved the mark, liquidated the solvent, and stood before honest orders.
"""

import pytest

from pilothouse.engine.reducing import REDUCING_MOST
from pilothouse.language.commands import OpenAccount
from pilothouse.language.events import OrderCancelled
from pilothouse.language.kinds import CancelReason, ClientClass, Side, TimeInForce
from pilothouse.language.refusals import TOO_MANY_OPEN_ORDERS
from tests.attack.index_world import (
    ALL,
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

NEAR = PRICE * 1.009
AT_ONCE = {"time_in_force": TimeInForce.IOC}


@pytest.fixture
def world():
    made = IndexWorld()
    made.live(3, honest())
    return made


def honest(price=PRICE):
    return dict.fromkeys(ALL, price)


def short(world, account, quantity=COIN):
    assert world.order(world.maker, Side.BUY, PRICE, quantity) == 0
    assert world.order(account, Side.SELL, PRICE, quantity) == 0


def close(world, account, quantity=COIN):
    assert world.order(world.seller, Side.SELL, PRICE, quantity) == 0
    assert world.order(account, Side.BUY, PRICE, quantity, **AT_ONCE) == 0
    assert world.held(account) == 0


def wide_book(world):
    buyer = world.account(1_000_000)
    assert world.order(buyer, Side.BUY, PRICE * 0.99, 10 * COIN) == 0
    assert world.order(world.seller, Side.SELL, PRICE * 1.01, 10 * COIN) == 0


def resting(world, account):
    orders = world.machine.state.orders
    return [int(one["number"]) for one in orders if one["account"] == account and one["number"]]


def voided(world):
    told = [one.event for one in world.happened if isinstance(one.event, OrderCancelled)]
    return [one.order for one in told if one.reason == CancelReason.REDUCE_ONLY]


def test_they_are_cancelled_with_their_position(world):
    client = world.account(100_000)
    short(world, client, 2 * COIN)
    for price in (0.98, 0.97, 0.96):
        assert world.order(client, Side.BUY, PRICE * price, COIN, flags=REDUCE_ONLY) == 0
    assert world.order(client, Side.BUY, PRICE * 0.95, COIN) == 0
    before = resting(world, client)
    assert world.order(world.seller, Side.SELL, PRICE, COIN) == 0
    assert world.order(client, Side.BUY, PRICE, COIN, **AT_ONCE) == 0
    assert resting(world, client) == before, "while there is something to reduce they rest"
    close(world, client)
    (left,) = resting(world, client)
    assert sorted(voided(world)) == sorted(set(before) - {left}), "the plain order rests"


def test_they_are_cancelled_when_the_position_turns(world):
    client = world.account(100_000)
    short(world, client)
    assert world.order(client, Side.BUY, PRICE * 0.98, COIN, flags=REDUCE_ONLY) == 0
    (number,) = resting(world, client)
    assert world.order(world.seller, Side.SELL, PRICE, 3 * COIN) == 0
    assert world.order(client, Side.BUY, PRICE, 3 * COIN, **AT_ONCE) == 0
    assert world.held(client) == 2 * COIN and voided(world) == [number]
    assert world.order(client, Side.SELL, PRICE * 1.02, COIN, flags=REDUCE_ONLY) == 0
    assert len(resting(world, client)) == 1, "those of the new side rest"


def test_what_only_reduces_moves_no_mark_and_liquidates_nobody(world):
    """Also while the position is there: several such orders share it."""
    ghost, victim = world.account(100_000), world.account(205)
    short(world, ghost)
    short(world, victim, COIN // 2)
    wide_book(world)
    world.live(60, honest())
    before = world.mark()
    for _ in range(5):
        assert world.order(ghost, Side.BUY, NEAR, COIN, flags=REDUCE_ONLY) == 0
    world.live(60, honest())
    assert world.mark() == before
    close_by = world.account(100_000)
    assert world.order(close_by, Side.SELL, PRICE * 1.0095, COIN) == 0
    assert world.order(ghost, Side.BUY, PRICE * 1.0095, COIN, **AT_ONCE) == 0
    world.live(60, honest())
    assert world.mark() == before and not world.liquidated() and world.held(victim) == -COIN // 2


def test_a_wall_of_them_takes_no_honest_fill_away(world):
    honest_buyer, taker = world.account(1_000_000), world.account(1_000_000)
    assert world.order(honest_buyer, Side.BUY, PRICE * 0.999, 100 * COIN) == 0
    for _ in range(9):
        ghost = world.account(1_000)
        short(world, ghost, 1)
        for _ in range(60):
            assert world.order(ghost, Side.BUY, PRICE * 0.9995, 1, flags=REDUCE_ONLY) == 0
        close(world, ghost, 1)
    assert world.order(taker, Side.SELL, PRICE * 0.999, 5 * COIN, **AT_ONCE) == 0
    assert world.held(taker) == -5 * COIN


def test_one_position_has_a_bounded_number_of_them(world):
    (client,) = world.made(OpenAccount(client_class=ClientClass.PROFESSIONAL, orders_max=500))
    world.fund(client, DOLLAR, 100_000 * E6)
    short(world, client)
    for _ in range(REDUCING_MOST):
        assert world.order(client, Side.BUY, PRICE * 0.98, 1, flags=REDUCE_ONLY) == 0
    one_more = world.order(client, Side.BUY, PRICE * 0.98, 1, flags=REDUCE_ONLY)
    assert one_more == TOO_MANY_OPEN_ORDERS
    assert world.order(client, Side.BUY, PRICE * 0.98, 1) == 0, "plain orders are not counted"
    at_once = world.order(client, Side.BUY, PRICE * 0.98, 1, flags=REDUCE_ONLY, **AT_ONCE)
    assert at_once == 0, "one that does not rest neither"
    world.cancel_all(client)
    assert resting(world, client) == []


def work_of_a_look_beside(kept):
    """Close one position while so many orders only reduce another; return the block's work."""
    world = IndexWorld()
    world.live(3, honest())
    world.tell(honest(), ETHER)
    client = world.account(1_000_000)
    for market in (CONTRACT, OTHER):
        assert world.order(world.maker, Side.BUY, PRICE, COIN, market) == 0
        assert world.order(client, Side.SELL, PRICE, COIN, market) == 0
    for k in range(kept):
        price = PRICE * 0.97 + k
        assert world.order(client, Side.BUY, price, COIN, OTHER, flags=REDUCE_ONLY) == 0
    assert world.order(client, Side.BUY, PRICE * 0.98, flags=REDUCE_ONLY) == 0
    close(world, client)
    assert len(resting(world, client)) == kept
    return int(world.machine.state.scratch[0]["work"])


def test_looking_for_orders_whose_position_is_gone_is_work_that_counts():
    """Else thousands of them are walked in blocks that count none of it."""
    most = REDUCING_MOST - 2
    assert work_of_a_look_beside(most) - work_of_a_look_beside(1) >= most - 1
