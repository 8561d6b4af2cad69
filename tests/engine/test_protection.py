"""Equity protection overlooks nobody: after every price move, once nothing is under way, no
account is below maintenance margin, and none has orders that it could not carry."""

import random

import pytest

from pilothouse.engine.work import EXAMINATION_WORK
from pilothouse.language.commands import CancelAllOrders, SetMarketStatus
from pilothouse.language.events import InsurancePaid, OrderFilled, ProtectionStepTaken
from pilothouse.language.kinds import FillKind, MarketStatus, ProtectionStep, Side
from pilothouse.venue.views.accounts import account, account_count, positions
from pilothouse.venue.views.margin import margin
from tests.engine.protected import BITCOIN, CONTRACTS, DOLLAR, E6, Exchange

MORE_THAN_A_BLOCK_EXAMINES = EXAMINATION_WORK // 15


def overlooked(exchange):
    """Accounts that hold a position below maintenance, or orders beyond initial margin."""
    found = []
    for number in range(exchange.first, account_count(exchange.machine) + 1):
        view = margin(exchange.machine, number)
        if view.equity < view.maintenance and positions(exchange.machine, number):
            found.append((number, "below maintenance", view))
        if view.equity < view.initial_with_orders and view.initial_with_orders > view.initial:
            found.append((number, "orders beyond margin", view))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_no_account_below_its_margin_is_overlooked_while_prices_wander(seed):
    chance = random.Random(seed)
    exchange = Exchange(clients=41, pool_usd=1_000_000)
    for number in range(exchange.first, exchange.first + 40):
        exchange.fund(number, DOLLAR, chance.randrange(2_000, 60_000) * E6)
        if chance.random() < 0.5:
            exchange.fund(number, BITCOIN, chance.randrange(10**6, 10**8))
    maker = exchange.first + 40
    exchange.fund(maker, DOLLAR, 10**9 * E6)
    prices = {market: price for market, (_, price) in CONTRACTS.items()}
    for _ in range(150):
        exchange.say(*trades(chance, exchange, prices))
        for market in prices:
            prices[market] *= 1 + chance.gauss(0, 0.006)
        exchange.prices(prices)
        exchange.say(*quotes(exchange, maker, prices))
        exchange.settle()
        assert overlooked(exchange) == []
        assert exchange.machine.broken_invariants() == []
    assert exchange.events(ProtectionStepTaken), "nobody was ever near a liquidation"


def quotes(exchange, maker, prices):
    """Somebody who buys and sells near the price: without a bid there, liquidation waits."""
    return [
        CancelAllOrders(account=maker),
        *(
            exchange.order(maker, market, side, 1_000_000, int(prices[market] * 10 * share))
            for market in prices
            for side, share in ((Side.BUY, 0.999), (Side.SELL, 1.001))
        ),
    ]


def trades(chance, exchange, prices):
    made = []
    for _ in range(12):
        number = exchange.first + chance.randrange(40)
        market = chance.choice(list(CONTRACTS))
        side = chance.choice([Side.BUY, Side.SELL])
        price = int(prices[market] * 10 * (1 + chance.gauss(0, 0.002)))
        made.append(exchange.order(number, market, side, chance.randrange(1, 40_000), price))
    return made


def with_a_long(pool_usd, others=1, long_usd=1_500):
    """An exchange in which the first client bought 1.0000 at 60,000 from so many others."""
    exchange = Exchange(clients=1 + others, pool_usd=pool_usd)
    exchange.fund(exchange.first, DOLLAR, long_usd * E6)
    for k in range(others):
        exchange.fund(exchange.first + 1 + k, DOLLAR, 100_000 * E6)
        exchange.say(
            exchange.order(exchange.first + 1 + k, 1, Side.SELL, 10_000 // others, 600_000)
        )
    exchange.say(exchange.order(exchange.first, 1, Side.BUY, 10_000, 600_000))
    return exchange


def steps(exchange):
    return [one.step for one in exchange.events(ProtectionStepTaken)]


def test_where_nobody_bids_a_position_waits_for_the_book_and_nothing_is_told_meanwhile():
    exchange = with_a_long(pool_usd=1_000_000)
    exchange.prices({1: 58_800})
    exchange.settle()
    told = len(exchange.told)
    for _ in range(20):
        exchange.step()
    assert len(exchange.told) == told
    assert steps(exchange) == [ProtectionStep.LIQUIDATION]
    assert positions(exchange.machine, exchange.first)[0].quantity == 10_000
    assert account(exchange.machine, exchange.first).in_protection

    exchange.say(exchange.order(exchange.first + 1, 1, Side.BUY, 10_000, 580_000))
    exchange.settle()
    assert steps(exchange) == [ProtectionStep.LIQUIDATION], "a bid too far from the mark"
    exchange.prices({1: 58_100})
    exchange.settle()
    assert positions(exchange.machine, exchange.first) == []
    assert steps(exchange) == [ProtectionStep.LIQUIDATION, ProtectionStep.INSURANCE]
    assert sum(one.amount for one in exchange.events(InsurancePaid)) > 400 * E6
    assert exchange.machine.broken_invariants() == []


def test_a_position_that_waited_is_kept_when_the_price_comes_back():
    exchange = with_a_long(pool_usd=1_000_000)
    exchange.prices({1: 58_800})
    exchange.settle()
    exchange.prices({1: 60_000})
    exchange.settle()
    assert positions(exchange.machine, exchange.first)[0].quantity == 10_000
    assert not account(exchange.machine, exchange.first).in_protection
    fills = exchange.events(OrderFilled)
    assert {one.fill_kind for one in fills} == {FillKind.TRADE}
    assert overlooked(exchange) == []


@pytest.mark.parametrize("others", [1, 4])
def test_beyond_what_the_pool_may_lose_the_other_side_is_unwound(others):
    exchange = with_a_long(pool_usd=5_000, others=others)
    exchange.prices({1: 58_400})
    exchange.settle()
    assert steps(exchange) == [ProtectionStep.LIQUIDATION], "the pool stands behind it"
    exchange.prices({1: 57_000})
    exchange.settle()
    everyone = range(exchange.first, exchange.first + 1 + others)
    assert all(positions(exchange.machine, one) == [] for one in everyone)
    assert steps(exchange)[1:] == [ProtectionStep.UNWIND] * others
    unwound = [one for one in exchange.events(OrderFilled) if one.fill_kind == FillKind.UNWIND]
    prices = [one.price for one in unwound]
    assert 580_000 == prices[0] <= max(prices) <= prices[0] + others, "one price, up to its tick"
    paid = sum(one.amount for one in exchange.events(InsurancePaid))
    assert 0 < paid <= 500 * E6, "a tenth of the pool, whoever took the position"
    assert margin(exchange.machine, exchange.first).equity == 0
    assert exchange.machine.broken_invariants() == []


def with_two_longs(pool_usd, ether):
    """An exchange in which the first client, with 3,000 dollars, bought bitcoin from the second
    and more ether from the third.
    """
    exchange = Exchange(clients=4, pool_usd=pool_usd)
    for k, dollars in enumerate((3_000, 20_000, 5_000, 100_000)):
        exchange.fund(exchange.first + k, DOLLAR, dollars * E6)
    for market, quantity, price in ((1, 10_000, 600_000), (2, ether, 30_000)):
        exchange.say(
            exchange.order(exchange.first + market, market, Side.SELL, quantity, price),
            exchange.order(exchange.first, market, Side.BUY, quantity, price),
        )
    return exchange


def test_the_other_side_of_the_loss_is_unwound_and_nobody_else_pays_for_it():
    exchange = with_two_longs(pool_usd=100, ether=200_000)
    ether_short = exchange.first + 2
    exchange.prices({1: 42_000})
    exchange.settle()
    unwound = [one for one in exchange.events(OrderFilled) if one.fill_kind == FillKind.UNWIND]
    assert [one.market for one in unwound] == [1, 2], "bitcoin fell, ether did not"
    assert unwound[1].price == 30_000
    assert margin(exchange.machine, ether_short).equity == 5_000 * E6
    assert exchange.machine.broken_invariants() == []


def test_what_a_halted_market_lost_is_not_taken_from_the_other_side_of_another():
    exchange = with_two_longs(pool_usd=100, ether=200_000)
    bitcoin_short, ether_short = exchange.first + 1, exchange.first + 2
    exchange.say(SetMarketStatus(market=1, status=MarketStatus.HALTED, base_version=1))
    exchange.prices({1: 42_000})
    exchange.settle()
    assert margin(exchange.machine, ether_short).equity == 5_000 * E6
    assert [one.market for one in positions(exchange.machine, exchange.first)] == [1, 2]
    exchange.say(SetMarketStatus(market=1, status=MarketStatus.REDUCE_ONLY, base_version=2))
    exchange.settle()
    assert positions(exchange.machine, exchange.first) == []
    paid = sum(one.amount for one in exchange.events(InsurancePaid))
    assert 0 < paid <= 10 * E6, "the pool loses its tenth, bitcoin's other side gives up the rest"
    assert margin(exchange.machine, bitcoin_short).equity == 38_000 * E6 - 15_000 * E6 + paid
    assert exchange.machine.broken_invariants() == []


def test_while_one_position_finds_nobody_another_that_somebody_takes_is_closed():
    exchange = with_two_longs(pool_usd=1_000_000, ether=180_000)
    exchange.say(exchange.order(exchange.first + 3, 2, Side.BUY, 400_000, 29_990))
    exchange.prices({1: 58_000})
    exchange.settle()
    held = {one.market: one.quantity for one in positions(exchange.machine, exchange.first)}
    assert held == {1: 10_000, 2: 90_000}, "half of the ether is enough, at a price of its own"
    assert not account(exchange.machine, exchange.first).in_protection
    assert overlooked(exchange) == []


def test_after_an_unwind_the_next_position_is_offered_to_the_book_first():
    exchange = with_a_long(pool_usd=1)
    bidder = exchange.first + 1
    exchange.fund(exchange.first, DOLLAR, 300 * E6)
    exchange.say(
        exchange.order(bidder, 2, Side.SELL, 20_000, 30_000),
        exchange.order(exchange.first, 2, Side.BUY, 20_000, 30_000),
        exchange.order(bidder, 2, Side.BUY, 20_000, 30_200),
    )
    exchange.prices({1: 58_000})
    exchange.settle()
    kinds = [one.fill_kind for one in exchange.events(OrderFilled)]
    assert kinds[-2:] == [FillKind.UNWIND, FillKind.LIQUIDATION]
    assert overlooked(exchange) == []


def test_the_pool_lends_its_money_down_to_a_low_bid():
    exchange = Exchange(clients=3, pool_usd=1_000_000)
    long, short, bidder = (exchange.first + k for k in range(3))
    for number, dollars in ((long, 1_500), (short, 100_000), (bidder, 100_000)):
        exchange.fund(number, DOLLAR, dollars * E6)
    exchange.say(
        exchange.order(short, 1, Side.SELL, 10_000, 600_000),
        exchange.order(long, 1, Side.BUY, 10_000, 600_000),
        exchange.order(bidder, 1, Side.BUY, 10_000, 571_000),
    )
    exchange.prices({1: 57_200})
    exchange.settle()
    assert positions(exchange.machine, long) == []
    assert sum(one.amount for one in exchange.events(InsurancePaid)) > 0
    assert margin(exchange.machine, long).equity == 0
    assert not account(exchange.machine, long).in_protection
    assert exchange.machine.broken_invariants() == []


def with_many_longs(clients, pool_usd=10_000_000):
    """An exchange in which the first client sold 1.0000 at 60,000 to each of the others."""
    exchange = Exchange(clients=1 + clients, pool_usd=pool_usd)
    short, longs = exchange.first, range(exchange.first + 1, exchange.first + 1 + clients)
    exchange.fund(short, DOLLAR, 100_000 * clients * E6)
    for number in longs:
        exchange.fund(number, DOLLAR, 1_500 * E6)
        exchange.say(
            exchange.order(short, 1, Side.SELL, 10_000, 600_000),
            exchange.order(number, 1, Side.BUY, 10_000, 600_000),
        )
    return exchange, longs


def test_more_accounts_than_a_block_looks_at_come_to_rest_while_nobody_bids():
    exchange, longs = with_many_longs(MORE_THAN_A_BLOCK_EXAMINES)
    exchange.prices({1: 58_100})
    exchange.settle()
    told = len(exchange.told)
    exchange.step()
    assert exchange.machine.quiet() and len(exchange.told) == told
    assert exchange.machine.copy().quiet()

    exchange.say(exchange.order(exchange.first, 1, Side.BUY, 10_000 * len(longs), 580_000))
    assert not exchange.machine.quiet(), "a bid may help those who were not looked at since"
    exchange.settle()
    assert not any(positions(exchange.machine, one) for one in longs)
    assert exchange.machine.broken_invariants() == []
