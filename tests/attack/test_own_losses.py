"""Nobody trades himself below his margin: what a fill would cost beyond that, the pool would pay.

A client with two accounts gives the money of one to the other at a price far from the mark. He may
give what it has; of what it has not, nothing, whichever orders he uses.
"""

import random

import pytest

from pilothouse.language import refusals as no
from pilothouse.language.commands import CancelAllOrders
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.events import (
    InsurancePaid,
    OrderCancelled,
    OrderFilled,
    ProtectionStepTaken,
)
from pilothouse.language.kinds import CancelReason, OrderType, ProtectionStep, TimeInForce
from pilothouse.venue.views.accounts import positions
from pilothouse.venue.views.margin import margin
from pilothouse.venue.views.orders import orders
from tests.engine.protected import BITCOIN, BUY, DOLLAR, E6, POOL, SELL, Exchange

COIN = 10_000
PRICE = 600_000
PLAIN, REDUCES = {}, {"flags": REDUCE_ONLY}
IOC, FOK = {"time_in_force": TimeInForce.IOC}, {"time_in_force": TimeInForce.FOK}
AT_MARKET = {"order_type": OrderType.MARKET, **IOC}


@pytest.fixture
def exchange():
    made = Exchange(clients=6, pool_usd=200_000)
    for number, usd in zip(range(made.first, made.first + 6), (2_000, 900_000) * 3, strict=True):
        made.fund(number, DOLLAR, usd * E6)
    return made


def accounts(exchange, count):
    return [exchange.first + k for k in range(count)]


def outcomes(exchange, *commands):
    return [int(one) for one in exchange.say(*commands)[:, 1]]


def holds(exchange, number, market=1):
    held = {one.market: one.quantity for one in positions(exchange.machine, number)}
    return held.get(market, 0)


def make_long(exchange, number, other, quantity=COIN):
    sold = exchange.order(other, 1, SELL, quantity, PRICE)
    bought = exchange.order(number, 1, BUY, quantity, PRICE)
    assert outcomes(exchange, sold, bought) == [0, 0]


def ended(exchange):
    return [one.reason for one in exchange.events(OrderCancelled)]


def assert_nobody_paid(exchange):
    exchange.settle()
    assert margin(exchange.machine, POOL).equity == 200_000 * E6
    assert not exchange.events(InsurancePaid)
    for number in accounts(exchange, 6):
        view = margin(exchange.machine, number)
        assert view.equity >= view.maintenance
    assert exchange.machine.broken_invariants() == []


@pytest.mark.parametrize("words", [PLAIN, REDUCES, IOC, REDUCES | IOC, AT_MARKET | REDUCES])
def test_a_long_sold_into_a_bid_of_his_own_stops_where_his_money_ends(exchange, words):
    long, short, friend = accounts(exchange, 3)
    exchange.fund(friend, DOLLAR, 100_000 * E6)
    make_long(exchange, long, short)
    price = 0 if "order_type" in words else 400_000
    assert outcomes(
        exchange,
        exchange.order(friend, 1, BUY, COIN, 400_000),
        exchange.order(long, 1, SELL, COIN, price, **words),
    ) == [0, 0]
    assert holds(exchange, long) == COIN and ended(exchange) == [CancelReason.FUNDS]
    assert_nobody_paid(exchange)


def test_a_short_bought_back_from_an_ask_of_his_own_stops_as_well(exchange):
    short, long, friend = accounts(exchange, 3)
    make_long(exchange, long, short)
    exchange.fund(friend, DOLLAR, 100_000 * E6)
    exchange.say(
        exchange.order(friend, 1, SELL, COIN, 900_000),
        exchange.order(short, 1, BUY, COIN, 900_000, **REDUCES),
    )
    assert holds(exchange, short) == -COIN and ended(exchange) == [CancelReason.FUNDS]
    assert_nobody_paid(exchange)


def test_small_pieces_take_no_more_than_one(exchange):
    long, short, friend = accounts(exchange, 3)
    exchange.fund(friend, DOLLAR, 100_000 * E6)
    make_long(exchange, long, short)
    for _ in range(100):
        exchange.say(
            exchange.order(friend, 1, BUY, COIN // 100, 400_000),
            exchange.order(long, 1, SELL, COIN // 100, 400_000, **REDUCES | IOC),
        )
    assert 0 < holds(exchange, long) < COIN, "he gave away what he had above maintenance"
    assert_nobody_paid(exchange)


def test_a_reducing_order_rests_only_where_its_account_could_honour_it(exchange):
    long, short = accounts(exchange, 2)
    make_long(exchange, long, short)
    for words in (PLAIN, REDUCES):
        exchange.say(exchange.order(long, 1, SELL, COIN, 400_000, **words))
        assert orders(exchange.machine, long) == []
    assert ended(exchange) == [CancelReason.FUNDS] * 2
    exchange.say(exchange.order(long, 1, SELL, COIN, 595_000, **REDUCES))
    assert len(orders(exchange.machine, long)) == 1


def test_a_resting_order_is_judged_when_it_is_filled(exchange):
    """The mark rises, the profit is given away elsewhere, and a friend hits the old order."""
    long, friend, _, short = accounts(exchange, 4)
    make_long(exchange, long, short)
    old = exchange.order(long, 1, SELL, COIN, 605_000, **REDUCES)
    assert outcomes(exchange, old) == [0]
    exchange.prices({1: 70_000})
    assert outcomes(
        exchange,
        exchange.order(friend, 2, BUY, 40 * COIN, 28_000),
        exchange.order(long, 2, SELL, 40 * COIN, 28_000),
        exchange.order(friend, 1, BUY, COIN, 605_000),
    ) == [0, 0, 0]
    assert holds(exchange, long) == COIN and ended(exchange) == [CancelReason.FUNDS]
    assert_nobody_paid(exchange)


def test_many_bids_above_the_mark_share_one_account(exchange):
    """Each is covered when it is placed; together they are not."""
    buyer, seller = accounts(exchange, 2)
    bids = [exchange.order(buyer, 1, BUY, COIN // 100, 1_000_000 + k) for k in range(20)]
    assert outcomes(exchange, *bids) == [0] * 20
    exchange.say(exchange.order(seller, 1, SELL, COIN, 1_000_000, **IOC))
    assert holds(exchange, buyer) == 4 * COIN // 100, "a loss of 400 dollars each"
    assert ended(exchange).count(CancelReason.FUNDS) == 16
    assert_nobody_paid(exchange)


def test_bids_that_a_fall_left_above_the_mark_cost_no_more_than_their_account_has(exchange):
    """They are hit in the very block in which the index fell."""
    buyer, seller = accounts(exchange, 2)
    assert outcomes(exchange, exchange.order(buyer, 1, BUY, COIN, PRICE)) == [0]
    exchange.prices({1: 57_000}, exchange.order(seller, 1, SELL, COIN, 500_000))
    assert holds(exchange, buyer) == 0 and CancelReason.FUNDS in ended(exchange)
    assert_nobody_paid(exchange)


def test_an_honest_client_near_his_maintenance_margin_closes_at_the_market(exchange):
    long, short, maker = accounts(exchange, 2)[0], exchange.first + 1, exchange.first + 3
    make_long(exchange, long, short)
    exchange.prices({1: 58_700})
    exchange.settle()
    view = margin(exchange.machine, long)
    assert view.maintenance < view.equity < view.maintenance * 6 // 5
    bids = [exchange.order(maker, 1, BUY, COIN // 10, 586_500 - 50 * k) for k in range(10)]
    exchange.say(*bids, exchange.order(long, 1, SELL, COIN, 0, **AT_MARKET | REDUCES))
    assert holds(exchange, long) == 0, "a loss of a thousandth on the way"
    assert margin(exchange.machine, long).equity > 0
    assert_nobody_paid(exchange)


def test_what_he_can_bear_is_filled_and_the_rest_ends(exchange):
    long, short, maker = accounts(exchange, 2)[0], exchange.first + 1, exchange.first + 3
    make_long(exchange, long, short)
    for price in (599_000, 598_000, 400_000):
        exchange.say(exchange.order(maker, 1, BUY, COIN // 4, price))
    exchange.say(exchange.order(long, 1, SELL, COIN, 400_000, **REDUCES))
    assert holds(exchange, long) == COIN // 2 and ended(exchange) == [CancelReason.FUNDS]
    assert_nobody_paid(exchange)


def test_a_fill_or_kill_counts_on_nobody_who_cannot_bear_it(exchange):
    long, short, maker = accounts(exchange, 2)[0], exchange.first + 1, exchange.first + 3
    make_long(exchange, long, short)
    exchange.say(exchange.order(maker, 1, BUY, COIN, 400_000))
    told = len(exchange.told)
    kill = exchange.order(long, 1, SELL, COIN, 400_000, **FOK | REDUCES)
    assert outcomes(exchange, kill) == [no.FILL_OR_KILL_CANNOT_FILL]
    assert len(exchange.told) == told and holds(exchange, long) == COIN
    assert_nobody_paid(exchange)


def a_meeting(chance, exchange, numbers):
    """Return the orders of two accounts that meet, near the mark or, to give money away, far."""
    one, other = chance.sample(numbers, 2)
    market, side = chance.choice([1, 2]), chance.choice([BUY, SELL])
    far, size = chance.gauss(0, 0.001), chance.choice([1, 3_000, 20_000, 80_000])
    held = holds(exchange, one, market)
    if held and chance.random() < 0.6:
        side, size = SELL if held > 0 else BUY, abs(held)
        far = chance.choice([0.005, 0.02, 0.2]) * (-1 if held > 0 else 1)
    price = int({1: 600_000, 2: 30_000}[market] * (1 + far))
    words = chance.choice([PLAIN, REDUCES, IOC, FOK, REDUCES | IOC, REDUCES | FOK])
    return [
        *(CancelAllOrders(account=number) for number in numbers if chance.random() < 0.5),
        exchange.order(other, market, SELL if side == BUY else BUY, size, price),
        exchange.order(one, market, side, size, price, **words),
    ]


def poor_clients(chance):
    exchange = Exchange(clients=5, pool_usd=200_000)
    for number in accounts(exchange, 5):
        exchange.fund(number, DOLLAR, chance.choice([500, 3_000, 20_000]) * E6)
        if chance.random() < 0.5:
            exchange.fund(number, BITCOIN, chance.randrange(10**5, 10**7))
    return exchange


@pytest.mark.parametrize("seed", range(4))
def test_while_no_price_moves_the_pool_pays_nobody_whatever_is_traded(seed):
    chance = random.Random(seed)
    exchange = poor_clients(chance)
    for _ in range(300):
        told = len(exchange.told)
        asked = a_meeting(chance, exchange, accounts(exchange, 5))
        refused, number = (int(one) for one in exchange.say(*asked)[-1, 1:3])
        if asked[-1].time_in_force == TimeInForce.FOK and not refused:
            events = [one.event for one in exchange.told[told:]]
            assert number not in [one.order for one in events if isinstance(one, OrderCancelled)]
        for one in accounts(exchange, 5):
            view = margin(exchange.machine, one)
            assert view.equity >= view.maintenance
    assert len(exchange.events(OrderFilled)) > 50 and CancelReason.FUNDS in ended(exchange)
    taken = {one.step for one in exchange.events(ProtectionStepTaken)}
    assert taken <= {ProtectionStep.CANCEL_ORDERS}
    assert not exchange.events(InsurancePaid) and exchange.machine.broken_invariants() == []


def test_a_liquidation_pays_no_friend_far_from_the_mark(exchange):
    """The account falls below zero in one move, and the only bid is its owner's."""
    long, short, friend = accounts(exchange, 3)
    exchange.fund(friend, DOLLAR, 100_000 * E6)
    make_long(exchange, long, short)
    exchange.say(exchange.order(friend, 1, BUY, COIN, 400_000))
    exchange.prices({1: 57_900})
    exchange.settle()
    assert holds(exchange, long) == COIN and not exchange.events(InsurancePaid), "it waits"
    near = 579_000 - 579_000 // 400
    exchange.say(exchange.order(friend, 1, BUY, COIN // 2, near - 1))
    exchange.settle()
    assert holds(exchange, long) == COIN
    exchange.say(exchange.order(friend, 1, BUY, COIN, near + 1))
    exchange.settle()
    assert holds(exchange, long) == 0
    paid = sum(one.amount for one in exchange.events(InsurancePaid))
    gap, fee_and_way = 100 * E6, 2 * 57_900 * E6 // 400
    assert gap < paid <= gap + fee_and_way
    lost = 200_000 * E6 - margin(exchange.machine, POOL).equity
    assert lost <= gap + 57_900 * E6 // 400, "what the mark took, and the fee that it got"
    assert exchange.machine.broken_invariants() == []


def test_what_waits_below_zero_is_unwound_once_the_pool_has_lost_its_tenth(exchange):
    long, short, friend = accounts(exchange, 3)
    exchange.fund(friend, DOLLAR, 100_000 * E6)
    make_long(exchange, long, short)
    exchange.say(exchange.order(friend, 1, BUY, COIN, 300_000))
    exchange.prices({1: 57_000})
    exchange.settle()
    assert holds(exchange, long) == COIN, "20,000 dollars stand behind it"
    for price in (50_000, 43_000, 37_000):
        exchange.prices({1: price})
        exchange.settle()
    assert holds(exchange, long) == 0 == holds(exchange, friend)
    lost = 200_000 * E6 - margin(exchange.machine, POOL).equity
    assert lost <= 20_000 * E6 and margin(exchange.machine, long).equity == 0
    assert exchange.machine.broken_invariants() == []
