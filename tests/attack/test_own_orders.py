"""An account's own orders never stand between it and its liquidation, however many they are."""

import numpy as np
import pytest

from pilothouse.engine import work
from pilothouse.language.commands import (
    Deposit,
    ListMarket,
    OpenAccount,
)
from pilothouse.language.events import ProtectionStepTaken
from pilothouse.language.kinds import ClientClass, MarketKind
from pilothouse.venue.views.accounts import account, positions
from pilothouse.venue.views.margin import margin
from tests.engine.protected import BITCOIN, BUY, DOLLAR, E6, SELL, Exchange

BLOCKS = 300
FEW = 2_100
MANY = 10_000


def crowded(orders, **capacities):
    """An exchange in which the first client is long 4 bitcoin and has `orders` open orders."""
    rows = orders + 1_000
    exchange = Exchange(
        clients=2, pool_usd=1_000_000, orders=2 * rows, levels=2 * rows, nodes=4 * rows,
        **capacities,
    )  # fmt: skip
    exchange.say(OpenAccount(client_class=ClientClass.PROFESSIONAL, orders_max=rows))
    long, other, short = exchange.first + 2, exchange.first, exchange.first + 1
    exchange.fund(long, DOLLAR, 10_000 * E6)
    for one in (other, short):
        exchange.fund(one, DOLLAR, 10_000_000 * E6)
    exchange.say(
        exchange.order(short, 1, SELL, 40_000, 600_000),
        exchange.order(long, 1, BUY, 40_000, 600_000),
    )
    return exchange, long, other


def say_all(exchange, commands):
    receipts = exchange.say(*commands)
    assert not receipts[:, 1].any(), np.unique(receipts[:, 1])


def until_quiet(exchange):
    """Step empty blocks until nothing is under way; each does bounded work."""
    for _ in range(BLOCKS):
        if exchange.machine.quiet():
            return
        exchange.step()
        assert int(exchange.machine.state.scratch[0]["work"]) <= work.WORK_MOST
    raise AssertionError("the exchange never comes to rest")


@pytest.mark.parametrize("orders", [60, FEW, MANY])
def test_an_account_with_many_own_bids_is_liquidated(orders):
    exchange, long, other = crowded(orders)
    say_all(exchange, [exchange.order(long, 1, BUY, 1, 590_000) for _ in range(orders)])
    say_all(exchange, [exchange.order(other, 1, BUY, 40_000, 584_000)])
    exchange.prices({1: 57_700})
    until_quiet(exchange)
    assert positions(exchange.machine, long) == []
    assert account(exchange.machine, long).orders_open == 0
    assert not account(exchange.machine, long).in_protection
    assert len(exchange.events(ProtectionStepTaken)) <= orders // 200 + 10
    assert exchange.machine.broken_invariants() == []


def test_orders_of_spot_do_not_hide_those_on_contracts():
    exchange, long, other = crowded(FEW)
    exchange.say(
        ListMarket(
            symbol="XBTUSD", kind=MarketKind.SPOT, base=BITCOIN, quote=DOLLAR, price_decimals=1,
            quantity_decimals=8, tick=1, lot=1_000,
        ),
        Deposit(account=long, asset=DOLLAR, amount=1_000_000 * E6),
    )  # fmt: skip
    say_all(exchange, [exchange.order(long, 1, BUY, 1, 590_000 - k) for k in range(40)])
    say_all(exchange, [exchange.order(long, 3, BUY, 10_000, 100 + k) for k in range(FEW)])
    say_all(exchange, [exchange.order(other, 1, BUY, 40_000, 584_000)])
    exchange.prices({1: 57_700})
    until_quiet(exchange)
    assert positions(exchange.machine, long) == []
    assert account(exchange.machine, long).orders_open == FEW, "spot is not touched"


def test_own_orders_on_another_contract_are_cancelled_too():
    exchange, long, other = crowded(FEW)
    say_all(exchange, [exchange.order(long, 2, BUY, 1, 20_000) for _ in range(FEW)])
    say_all(exchange, [exchange.order(other, 1, BUY, 40_000, 584_000)])
    exchange.prices({1: 57_700})
    until_quiet(exchange)
    assert account(exchange.machine, long).orders_open == 0
    assert positions(exchange.machine, long) == []


def test_others_are_served_and_liquidated_while_one_has_ten_thousand_orders():
    exchange, long, other = crowded(MANY, accounts=100)
    victim = exchange.first + 1
    exchange.say(OpenAccount(client_class=ClientClass.PROFESSIONAL))
    small = long + 1
    exchange.fund(small, DOLLAR, 2_000 * E6)
    say_all(
        exchange,
        [
            exchange.order(victim, 1, SELL, 8_000, 600_000),
            exchange.order(small, 1, BUY, 8_000, 600_000),
        ],
    )
    say_all(exchange, [exchange.order(long, 1, BUY, 1, 590_000) for _ in range(MANY)])
    say_all(exchange, [exchange.order(other, 1, BUY, 48_000, 584_000)])
    exchange.prices({1: 57_700})
    for _ in range(20):
        exchange.step()
    one = margin(exchange.machine, small)
    assert one.equity >= one.maintenance, "nobody waits for another's ten thousand"
    until_quiet(exchange)


def test_the_same_fingerprint_from_a_snapshot_of_any_block():
    exchange, long, other = crowded(MANY)
    say_all(exchange, [exchange.order(long, 1, BUY, 1, 590_000) for _ in range(MANY)])
    say_all(exchange, [exchange.order(other, 1, BUY, 40_000, 584_000)])
    exchange.prices({1: 57_700})
    copies = []
    while not exchange.machine.quiet():
        copies.append(type(exchange.machine).from_bytes(exchange.machine.to_bytes()))
        exchange.step()
        time = exchange.time
        for one in copies:
            one.step(np.zeros((0, 16), np.int64), time)
            assert one.fingerprint() == exchange.machine.fingerprint()
    assert margin(exchange.machine, long).maintenance == 0
    assert copies, "it was done within one block"
