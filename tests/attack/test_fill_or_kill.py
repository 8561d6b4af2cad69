"""Fill or kill is all or nothing: decided by the walk that would execute, or the book stays.

And what was accepted because it was funded never runs out of its hold, in however many pieces.
"""

import hypothesis.strategies as some
import pytest
from hypothesis import HealthCheck, given, settings

from pilothouse.language import refusals as no
from pilothouse.language.commands import (
    CancelAllOrders,
    Deposit,
    ListAsset,
    ListMarket,
    SetFeeSchedule,
    SetPriceBand,
)
from pilothouse.language.commands.fees import FeeTier
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.events import OrderCancelled, OrderFilled
from pilothouse.language.kinds import CancelReason, MarketKind, OrderType, Side, TimeInForce
from pilothouse.venue.views.accounts import positions
from pilothouse.venue.views.orders import orders
from tests.engine.protected import BITCOIN, BUY, DOLLAR, E6, SELL, Exchange

FOK = {"time_in_force": TimeInForce.FOK}
IOC = {"time_in_force": TimeInForce.IOC}
REDUCES = {"flags": REDUCE_ONLY}
SPOT = 3


@pytest.fixture
def exchange():
    made = Exchange(clients=5, pool_usd=1_000)
    for number in range(made.first, made.first + 5):
        made.fund(number, DOLLAR, 5_000_000 * E6)
    return made


def outcome(exchange, *commands):
    return [int(one) for one in exchange.say(*commands)[:, 1]]


def book(exchange):
    """Everything that rests and is held: what a refused order must leave as it is."""
    numbers = range(exchange.first, exchange.first + 5)
    return [(orders(exchange.machine, n), positions(exchange.machine, n)) for n in numbers]


def make_long(exchange, number, other, quantity):
    assert outcome(
        exchange,
        exchange.order(other, 1, SELL, quantity, 600_000),
        exchange.order(number, 1, BUY, quantity, 600_000),
    ) == [0, 0]


def test_two_reduce_only_orders_of_one_maker_share_its_position(exchange):
    maker, taker, other = (exchange.first + k for k in range(3))
    make_long(exchange, maker, other, 10)
    for price in (600_100, 600_200):
        assert outcome(exchange, exchange.order(maker, 1, SELL, 10, price, **REDUCES)) == [0]
    before = book(exchange)
    told = len(exchange.told)
    asked = exchange.order(taker, 1, BUY, 20, 600_200, **FOK)
    assert outcome(exchange, asked) == [no.FILL_OR_KILL_CANNOT_FILL]
    assert book(exchange) == before and len(exchange.told) == told
    whole = exchange.order(taker, 1, BUY, 10, 600_200, **FOK)
    assert outcome(exchange, whole) == [0]
    assert [one.quantity for one in positions(exchange.machine, taker)] == [10]


def test_a_plain_order_of_the_maker_uses_up_what_its_reduce_only_order_has(exchange):
    maker, taker, other = (exchange.first + k for k in range(3))
    make_long(exchange, maker, other, 10)
    assert outcome(
        exchange,
        exchange.order(maker, 1, SELL, 10, 600_100),
        exchange.order(maker, 1, SELL, 10, 600_200, **REDUCES),
    ) == [0, 0]
    before = book(exchange)
    asked = exchange.order(taker, 1, BUY, 11, 600_200, **FOK)
    assert outcome(exchange, asked) == [no.FILL_OR_KILL_CANNOT_FILL]
    assert book(exchange) == before


def test_a_reduce_only_fill_or_kill_larger_than_its_position_is_refused_whole(exchange):
    holder, maker, other = (exchange.first + k for k in range(3))
    make_long(exchange, holder, other, 10)
    assert outcome(exchange, exchange.order(maker, 1, BUY, 50, 599_900)) == [0]
    before = book(exchange)
    asked = exchange.order(holder, 1, SELL, 20, 599_900, **FOK, **REDUCES)
    assert outcome(exchange, asked) == [no.FILL_OR_KILL_CANNOT_FILL]
    assert book(exchange) == before
    asked = exchange.order(holder, 1, SELL, 10, 599_900, **FOK, **REDUCES)
    assert outcome(exchange, asked) == [0]


def test_more_cancels_on_the_way_than_an_order_may_meet_are_counted(exchange):
    maker, taker, other, rest = (exchange.first + k for k in range(4))
    make_long(exchange, maker, other, 1)
    stale = [exchange.order(maker, 1, SELL, 1, 600_100, **REDUCES) for _ in range(60)]
    assert set(outcome(exchange, *stale)) == {0}
    small = [exchange.order(rest, 1, SELL, 1, 600_200) for _ in range(60)]
    for _ in range(5):
        exchange.say(*small)
    before = book(exchange)
    asked = exchange.order(taker, 1, BUY, 61, 600_200, **FOK)
    assert outcome(exchange, asked) == [0], "one fill, 59 cancels, 60 fills"
    assert before != book(exchange)


@pytest.mark.parametrize(
    ("dollars", "refused"), [(1_020, no.FILL_OR_KILL_CANNOT_FILL), (1_060, 0)]
)
def test_a_market_order_whose_money_ends_early_buys_nothing(exchange, dollars, refused):
    exchange.say(
        SetFeeSchedule(
            fee_schedule=1, count=1,
            tiers=(FeeTier(volume_from_usd=0, maker_ppm=0, taker_ppm=2_000),),
        ),
        ListMarket(
            symbol="XBTUSD", kind=MarketKind.SPOT, base=BITCOIN, quote=DOLLAR, price_decimals=1,
            quantity_decimals=8, tick=1, lot=1_000, fee_schedule=1,
        ),
    )  # fmt: skip
    maker, taker = exchange.first, exchange.first + 1
    unit = 10**8
    exchange.say(
        Deposit(account=maker, asset=BITCOIN, amount=10 * unit),
        Deposit(account=taker, asset=DOLLAR, amount=dollars * E6),
    )
    assert outcome(
        exchange,
        exchange.order(maker, SPOT, SELL, unit, 1_000),
        exchange.order(maker, SPOT, SELL, 9 * unit, 1_040),
    ) == [0, 0]
    before = book(exchange)
    asked = exchange.order(taker, SPOT, BUY, 10 * unit, 0, order_type=OrderType.MARKET, **FOK)
    assert outcome(exchange, asked) == [refused]
    assert (book(exchange) == before) == bool(refused)


some_order = some.tuples(
    some.integers(0, 4),
    some.sampled_from(list(Side)),
    some.integers(1, 30),
    some.integers(-4, 4),
    some.booleans(),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=some.data(), resting=some.lists(some_order, min_size=4, max_size=40))
def test_a_fill_or_kill_fills_whole_or_leaves_the_book_untouched(data, resting):
    exchange = Exchange(clients=5, pool_usd=1_000)
    for number in range(exchange.first, exchange.first + 5):
        exchange.fund(number, DOLLAR, 1_000_000 * E6)
    if data.draw(some.booleans()):
        exchange.say(SetPriceBand(market=1, band_ppm=1_000, base_version=1))
    make_long(exchange, exchange.first, exchange.first + 1, 20)
    make_long(exchange, exchange.first + 2, exchange.first + 3, 15)
    for who, side, quantity, steps, reduces in resting:
        flags = REDUCES if reduces else {}
        price = 600_000 + 100 * steps
        exchange.say(exchange.order(exchange.first + who, 1, side, quantity, price, **flags))
    for _ in range(3):
        who, side, quantity, steps, reduces = data.draw(some_order)
        quantity *= 2
        flags = REDUCES if reduces else {}
        before, told = book(exchange), len(exchange.told)
        order = exchange.order(
            exchange.first + who, 1, side, quantity, 600_000 + 100 * steps, **FOK, **flags
        )
        refused, number = (int(one) for one in exchange.say(order)[0, 1:3])
        events = [one.event for one in exchange.told[told:]]
        filled = [one for one in events if isinstance(one, OrderFilled)]
        own = [one for one in filled if one.taker_order == number]
        if refused:
            assert book(exchange) == before and not filled
        else:
            assert sum(one.quantity for one in own) == quantity
            cancelled = [one for one in events if isinstance(one, OrderCancelled)]
            assert number not in [one.order for one in cancelled]
        assert exchange.machine.broken_invariants() == []


COIN = 4
"""A quote asset of any number of decimals: few of them make every rounding large."""


def spot_exchange(decimals, maker_ppm, taker_ppm, price_decimals, **capacities):
    """An exchange whose spot market is quoted in a coin of so many decimals."""
    exchange = Exchange(clients=5, pool_usd=1_000, **capacities)
    tier = FeeTier(volume_from_usd=0, maker_ppm=maker_ppm, taker_ppm=taker_ppm)
    cheaper = FeeTier(volume_from_usd=1, maker_ppm=maker_ppm // 2, taker_ppm=taker_ppm // 2)
    exchange.say(
        ListAsset(symbol="COIN", decimals=decimals),
        SetFeeSchedule(fee_schedule=1, count=2, tiers=(tier, cheaper)),
        ListMarket(
            symbol="XBTCOIN", kind=MarketKind.SPOT, base=BITCOIN, quote=COIN,
            price_decimals=price_decimals, quantity_decimals=8, tick=1, lot=1, fee_schedule=1,
        ),
    )  # fmt: skip
    return exchange


def give(exchange, number, asset, amount):
    assert outcome(exchange, Deposit(account=number, asset=asset, amount=amount)) == [0]


def filled(exchange, told, number):
    """The fills of an order since so many events, as (quantity, value, own fee, other's fee)."""
    made = []
    for one in exchange.told[told:]:
        event = one.event
        if isinstance(event, OrderFilled) and event.taker_order == number:
            made.append((event.quantity, event.value, event.taker_fee, event.maker_fee))
        elif isinstance(event, OrderFilled) and event.maker_order == number:
            made.append((event.quantity, event.value, event.maker_fee, event.taker_fee))
    return made


def cost(price, quantity, divisor, ppm):
    """What a buy holds: its value and the fee on it, both rounded up."""
    worth = -(-price * quantity // divisor)
    return worth - (-worth * ppm // E6)


@pytest.mark.parametrize("kind", [TimeInForce.FOK, TimeInForce.GTC, TimeInForce.IOC])
@pytest.mark.parametrize("decimals", [0, 2, 6])
def test_a_buy_that_holds_its_cost_exactly_takes_many_makers_whole(decimals, kind):
    exchange = spot_exchange(decimals, 1_600, 2_600, 1)
    maker, taker = exchange.first, exchange.first + 1
    price, count, divisor = 600_001, 60, 10 ** (9 - decimals)
    piece = max(1, 7 * divisor // (2 * price))
    quantity = count * piece
    need = cost(price, quantity, divisor, 2_600)
    give(exchange, maker, BITCOIN, count * piece)
    give(exchange, taker, COIN, need)
    sells = [exchange.order(maker, SPOT, SELL, piece, price) for _ in range(count)]
    assert not any(outcome(exchange, *sells))
    told = len(exchange.told)
    order = exchange.order(taker, SPOT, BUY, quantity, price, time_in_force=kind)
    refused, number = (int(one) for one in exchange.say(order)[0, 1:3])
    fills = filled(exchange, told, number)
    assert refused == 0 and sum(one[0] for one in fills) == quantity
    paid = sum(value + fee for _, value, fee, _ in fills)
    assert need - count <= paid <= need and min(fee for *_, fee, _ in fills) >= 0
    assert exchange.machine.broken_invariants() == []


@pytest.mark.parametrize("maker_ppm", [1_600, 2_600, 9_000])
@pytest.mark.parametrize("decimals", [0, 2, 6])
def test_a_resting_buy_that_is_filled_in_many_pieces_pays_for_all_of_them(decimals, maker_ppm):
    exchange = spot_exchange(decimals, maker_ppm, 2_600, 1)
    buyer, seller = exchange.first, exchange.first + 1
    price, count, divisor = 600_001, 60, 10 ** (9 - decimals)
    piece = max(1, 7 * divisor // (2 * price))
    give(exchange, buyer, COIN, cost(price, count * piece, divisor, 2_600))
    give(exchange, seller, BITCOIN, count * piece)
    bid = exchange.order(buyer, SPOT, BUY, count * piece, price)
    number = int(exchange.say(bid)[0, 2])
    for _ in range(count):
        assert outcome(exchange, exchange.order(seller, SPOT, SELL, piece, price)) == [0]
        assert exchange.machine.broken_invariants() == []
    fills = filled(exchange, 0, number)
    assert sum(one[0] for one in fills) == count * piece
    assert min(fee for *_, fee, _ in fills) >= 0, "the house pays nobody for trading"


def test_a_market_order_that_holds_all_there_is_pays_every_fee_in_full():
    """One lot at a very good price does not free the rest of it from fees."""
    exchange = spot_exchange(6, 0, 400_000, 1)
    maker, taker = exchange.first, exchange.first + 1
    unit, divisor = 10**6, 1_000
    give(exchange, maker, BITCOIN, 100 * unit)
    give(exchange, taker, COIN, cost(1_000, 10 * unit, divisor, 400_000) + 1)
    sells = [exchange.order(maker, SPOT, SELL, 1, 1_000)]
    sells += [exchange.order(maker, SPOT, SELL, unit, 1_040) for _ in range(10)]
    assert not any(outcome(exchange, *sells))
    told = len(exchange.told)
    order = exchange.order(taker, SPOT, BUY, 10 * unit, 0, order_type=OrderType.MARKET, **IOC)
    refused, number = (int(one) for one in exchange.say(order)[0, 1:3])
    fills = filled(exchange, told, number)
    assert refused == 0 and cancelled(exchange, told) == {number: CancelReason.FUNDS}
    assert all(fee == -(-value * 400_000 // E6) for _, value, fee, _ in fills)
    assert len(fills) == 10
    assert exchange.machine.broken_invariants() == []


spot_order = some.tuples(
    some.integers(0, 4), some.sampled_from(list(Side)), some.integers(1, 40), some.integers(-2, 2)
)
rate = some.sampled_from([0, 1, 1_600, 2_600, 9_000, 400_000, 1_000_000])


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=some.data(), decimals=some.integers(0, 10), maker_ppm=rate, taker_ppm=rate)
def test_what_was_funded_is_never_short_and_fill_or_kill_fills_whole_on_spot(
    data, decimals, maker_ppm, taker_ppm
):
    """Little more than what each order needs is there; lots make values of few base units."""
    price_decimals = data.draw(some.integers(0, 2))
    exchange = spot_exchange(decimals, maker_ppm, taker_ppm, price_decimals)
    whole = 10 ** (price_decimals + 8)
    piece = max(1, whole // 10**decimals * data.draw(some.integers(1, 40)) // 30_000)
    asked = data.draw(some.lists(spot_order, min_size=4, max_size=30))
    for who in range(5):
        give(exchange, exchange.first + who, BITCOIN, 100 * piece)
        coins = 3_000 * piece * 10**decimals // whole
        give(exchange, exchange.first + who, COIN, max(1, coins * data.draw(some.integers(1, 90))))
    for who, side, pieces, steps in asked:
        words, price = {"time_in_force": data.draw(some.sampled_from(list(TimeInForce)))}, 1_000
        quantity = pieces * piece + data.draw(some.integers(0, 3))
        if data.draw(some.integers(0, 4)) == 0:
            words = {"time_in_force": TimeInForce.FOK, "order_type": OrderType.MARKET}
            price = -steps
        order = exchange.order(exchange.first + who, SPOT, side, quantity, price + steps, **words)
        before, told = book(exchange), len(exchange.told)
        refused, number = (int(one) for one in exchange.say(order)[0, 1:3])
        fills = filled(exchange, told, number)
        done, gone = sum(one[0] for one in fills), cancelled(exchange, told)
        if refused:
            assert book(exchange) == before and not fills
        elif words["time_in_force"] == TimeInForce.FOK:
            assert done == quantity and number not in gone
        assert CancelReason.FUNDS not in gone.values(), "all but FOK are limit orders"
        assert all(min(fee, other) >= 0 for *_, fee, other in fills)
        assert exchange.machine.broken_invariants() == []
    exchange.say(*[CancelAllOrders(account=exchange.first + who) for who in range(5)])
    assert not exchange.machine.state.balances["held"].any(), "every hold is given back"


def cancelled(exchange, told):
    """The orders cancelled since so many events, with their reasons."""
    made = [one.event for one in exchange.told[told:] if isinstance(one.event, OrderCancelled)]
    return {one.order: one.reason for one in made}
