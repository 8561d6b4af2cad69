"""Tables at their end: one client never gets there, and with all of them there everybody else is
still liquidated, cancelled, funded and let out."""

import hypothesis.strategies as some
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from pilothouse.engine.reading import read_order_limit
from pilothouse.engine.room import ORDERS_DEFAULT, ORDERS_LEAST, ORDERS_SHARE
from pilothouse.engine.work import WORK_MOST
from pilothouse.language import refusals as no
from pilothouse.language.commands import (
    CancelAllOrders,
    CancelOrder,
    Deposit,
    ListAsset,
    ListMarket,
    OpenAccount,
    Transfer,
)
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import ClientClass, MarketKind, TimeInForce, Wallet
from pilothouse.venue.views.accounts import account, positions
from tests.engine.protected import BITCOIN, BUY, DOLLAR, E6, SELL, Exchange

ORDERS = 8_192
CROWD = 70
IOC = {"time_in_force": TimeInForce.IOC}


def outcomes(exchange, commands):
    return [int(one) for one in exchange.say(*commands)[:, 1]]


def opened(**capacities):
    """An exchange with a long near its end, its other side, and a crowd that wants to fill it."""
    exchange = Exchange(
        clients=3 + CROWD, pool_usd=1_000_000,
        **({"orders": ORDERS, "levels": 4 * ORDERS, "nodes": 4 * ORDERS} | capacities),
    )  # fmt: skip
    long, short = exchange.first, exchange.first + 1
    exchange.fund(long, DOLLAR, 1_500 * E6)
    for number in range(short, exchange.first + 3 + CROWD):
        exchange.fund(number, DOLLAR, 1_000_000 * E6)
    assert outcomes(
        exchange,
        [
            exchange.order(short, 1, SELL, 10_000, 600_000),
            exchange.order(long, 1, BUY, 10_000, 600_000),
        ],
    ) == [0, 0]
    return exchange, long, range(exchange.first + 3, exchange.first + 3 + CROWD)


def fill(exchange, number, count, price_of=lambda k: 1_000, market=2):
    """Have a client rest one-lot bids far away; return what became of them."""
    return outcomes(
        exchange,
        [exchange.order(number, market, BUY, 1, price_of(k)) for k in range(count)],
    )


def is_liquidated(exchange, long):
    """Let the price fall until the long must sell; tell whether it could."""
    exchange.prices({1: 58_450})
    exchange.settle()
    assert int(exchange.machine.state.scratch[0]["work"]) <= WORK_MOST
    assert exchange.machine.broken_invariants() == []
    return positions(exchange.machine, long) == []


def test_one_client_has_its_share_and_no_more():
    exchange, _, crowd = opened()
    share = max(ORDERS_LEAST, ORDERS // ORDERS_SHARE)
    told = fill(exchange, crowd[0], share + 5)
    assert told == [0] * share + [no.TOO_MANY_OPEN_ORDERS] * 5
    assert fill(exchange, crowd[1], 1) == [0], "nobody else is met by it"


def test_no_number_lets_an_account_fill_the_table():
    exchange, _, _ = opened()
    exchange.say(OpenAccount(client_class=ClientClass.INSTITUTION, orders_max=1 << 40))
    greedy = exchange.first + 3 + CROWD
    exchange.fund(greedy, DOLLAR, 1_000_000 * E6)
    told = fill(exchange, greedy, ORDERS)
    assert told.count(0) == ORDERS // 2 and told[-1] == no.TOO_MANY_OPEN_ORDERS


def test_a_larger_table_gives_an_account_no_more():
    exchange, _, crowd = opened(orders=64 * 4_096)
    assert fill(exchange, crowd[0], ORDERS_DEFAULT + 1)[-1] == no.TOO_MANY_OPEN_ORDERS


def scattered(exchange, number, count, place):
    """Have a client rest one-lot asks at prices that share as little as prices can."""
    prices = [1_000_000 + (place * count + k) * 2_654_435_761 % (1 << 41) for k in range(count)]
    return outcomes(exchange, [exchange.order(number, 2, SELL, 1, price) for price in prices])


def test_prices_far_apart_take_no_more_of_any_table_than_the_orders_themselves():
    exchange, _, crowd = opened(levels=ORDERS, nodes=ORDERS)
    share = ORDERS // ORDERS_SHARE
    for place, number in enumerate(crowd[:50]):
        assert scattered(exchange, number, share, place) == [0] * share
    use = exchange.machine.table_use()
    assert use["orders"] == (50 * share, ORDERS)
    assert use["nodes"][0] < use["levels"][0] < 50 * share + 10
    assert exchange.machine.broken_invariants() == []


@pytest.mark.parametrize("small", ["orders", "levels", "nodes"])
def test_the_smallest_table_that_orders_fill_bounds_an_accounts_share(small):
    exchange, _, crowd = opened(**{"orders": 64 * 400, "levels": 64 * 400, small: 64 * 100})
    assert scattered(exchange, crowd[0], 101, 0) == [0] * 100 + [no.TOO_MANY_OPEN_ORDERS]


far = some.one_of(
    some.integers(1, (1 << 42) - 1),
    some.integers(1, 5_000),
    some.integers(0, 6).flatmap(lambda k: some.integers((1 << 6 * k) - 1, (1 << 6 * k) + 1)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some.lists(some.tuples(some.booleans(), far), min_size=2, max_size=120))
def test_a_book_keeps_any_prices_in_order_with_fewer_nodes_than_levels(asked):
    exchange = Exchange(clients=1, pool_usd=1_000, orders=64 * 128, nodes=64 * 128)
    exchange.fund(exchange.first, DOLLAR, 1_000_000 * E6)
    state, open_now = exchange.machine.state, []
    for comes, price in asked:
        if comes or not open_now:
            order = exchange.order(exchange.first, 2, SELL, 1, max(1, price))
            refused, number = (int(one) for one in exchange.say(order)[0, 1:3])
            assert refused == 0
            open_now.append((max(1, price), number))
        else:
            _, number = open_now.pop(price % len(open_now))
            gone = CancelOrder(account=exchange.first, order=number)
            assert outcomes(exchange, [gone]) == [0]
        asks = state.books[state.markets["asks"][2]]
        level, prices = int(asks["lowest"]), []
        while level:
            prices.append(int(state.levels["price"][level]))
            level = int(state.levels["above"][level])
        assert prices == sorted({one for one, _ in open_now})
        assert exchange.machine.broken_invariants() == []
    outcomes(exchange, [CancelAllOrders(account=exchange.first)])
    exchange.settle()
    levels, nodes = (exchange.machine.table_use()[one][0] for one in ("levels", "nodes"))
    assert (levels, nodes) == (0, 0)


def test_with_every_order_row_taken_everybody_else_is_served():
    exchange, long, crowd = opened()
    bidder = exchange.first + 2
    assert outcomes(exchange, [exchange.order(bidder, 1, BUY, 10_000, 584_200)]) == [0]
    refused = [fill(exchange, number, 200)[-1] for number in crowd]
    assert no.ORDER_TABLE_IS_FULL in refused
    # What does not stay needs no row that lasts: positions can be closed in a full table.
    asked = [exchange.order(bidder, 2, SELL, 1, 1_000, **words) for words in ({}, IOC)]
    assert outcomes(exchange, asked) == [no.ORDER_TABLE_IS_FULL, 0]
    assert is_liquidated(exchange, long)
    assert outcomes(exchange, [Deposit(account=long, asset=DOLLAR, amount=1)]) == [0]
    assert outcomes(exchange, [CancelAllOrders(account=crowd[0])]) == [0]
    assert account(exchange.machine, crowd[0]).orders_open == 0
    assert outcomes(exchange, [exchange.order(bidder, 2, BUY, 1, 1_000)]) == [0]


@pytest.mark.parametrize(
    ("table", "rows", "refusal", "apart"),
    [
        ("levels", 4_000, no.LEVEL_TABLE_IS_FULL, 1),
        ("nodes", 2_000, no.NODE_TABLE_IS_FULL, 32),
    ],
)
def test_with_every_level_or_node_taken_all_are_still_watched(table, rows, refusal, apart):
    exchange, long, crowd = opened(**{table: rows})
    exchange.say(exchange.order(exchange.first + 2, 1, BUY, 10_000, 584_200))
    refused = []
    for place, number in enumerate(crowd):
        # Pairs of prices, each pair in ticks of its own: they need a node.
        told = fill(
            exchange, number, 128,
            lambda k, p=place: 64 + (k + 64 * p) // 2 * 2 * apart + k % 2, market=1,
        )  # fmt: skip
        refused.append(told[-1])
    assert refusal in refused
    assert exchange.machine.quiet(), "every account found room for its triggers"
    assert is_liquidated(exchange, long)


def test_with_every_balance_taken_money_still_comes_and_goes():
    exchange, long, crowd = opened(balances=400)
    assets = [f"C{k}" for k in range(40)]
    exchange.say(*[ListAsset(symbol=one, decimals=6) for one in assets])
    exchange.say(
        *[
            ListMarket(
                symbol=f"{one}USD", kind=MarketKind.SPOT, base=4 + k, quote=DOLLAR,
                price_decimals=2, quantity_decimals=6, tick=1, lot=1,
            )
            for k, one in enumerate(assets)
        ]
    )  # fmt: skip
    exchange.say(exchange.order(exchange.first + 2, 1, BUY, 10_000, 584_200))
    refused = []
    for number in crowd:
        exchange.say(Deposit(account=number, asset=DOLLAR, amount=1_000 * E6))
        told = [exchange.order(number, 3 + k, BUY, E6, 100) for k in range(len(assets))]
        refused.append(outcomes(exchange, told)[-1])
        if refused[-1] == no.BALANCE_TABLE_IS_FULL:
            break
    assert refused[-1] == no.BALANCE_TABLE_IS_FULL
    late = crowd[-1]
    paid = [Deposit(account=late, asset=BITCOIN, amount=5)]
    out = Transfer(
        account=late, asset=DOLLAR, amount=E6, source=Wallet.FUTURES, target=Wallet.SPOT
    )
    assert outcomes(exchange, [*paid, out]) == [0, 0]
    close = exchange.order(long, 1, SELL, 1_000, 584_200, flags=REDUCE_ONLY, **IOC)
    held = positions(exchange.machine, long)[0].quantity
    assert outcomes(exchange, [close]) == [0], "a position can always be closed"
    assert positions(exchange.machine, long)[0].quantity == held - 1_000
    # Deposits of a thousand new kinds end before the last rows, which liquidations need.
    more = [Deposit(account=number, asset=BITCOIN, amount=1) for number in crowd]
    assert no.BALANCE_TABLE_IS_FULL in outcomes(exchange, more)
    assert is_liquidated(exchange, long)


def test_the_explanation_of_a_refusal_names_the_share():
    exchange, _, crowd = opened()
    share = ORDERS // ORDERS_SHARE
    fill(exchange, crowd[0], share)
    assert read_order_limit(exchange.machine.arena.state, crowd[0]) == share
    assert np.max(exchange.machine.state.accounts["orders_open"]) == share
