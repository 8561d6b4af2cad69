"""Tables at their end: one client never gets there, and with all of them there everybody else is
still liquidated, cancelled, funded and let out."""

import numpy as np
import pytest

from pilothouse.engine.reading import read_order_limit
from pilothouse.engine.room import ORDERS_DEFAULT, ORDERS_LEAST, ORDERS_SHARE
from pilothouse.engine.work import WORK_MOST
from pilothouse.language import refusals as no
from pilothouse.language.commands import (
    CancelAllOrders,
    Deposit,
    ListAsset,
    ListMarket,
    OpenAccount,
    Transfer,
)
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
    ("table", "rows", "refusal", "step"),
    [
        ("levels", 4_000, no.LEVEL_TABLE_IS_FULL, 1),
        ("nodes", 3_000, no.NODE_TABLE_IS_FULL, 67),
    ],
)
def test_with_every_level_or_node_taken_all_are_still_watched(table, rows, refusal, step):
    exchange, long, crowd = opened(**{table: rows})
    exchange.say(exchange.order(exchange.first + 2, 1, BUY, 10_000, 584_200))
    refused = []
    for place, number in enumerate(crowd):
        told = fill(
            exchange, number, 128, lambda k, p=place: 1 + (k + 128 * p) * step % 570_000, market=1
        )
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
