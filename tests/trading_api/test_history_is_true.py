"""After random trading the history and the machine tell the same about every open order."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import ccxt

from pilothouse.journal.durable import DurableMark
from pilothouse.records.history import History
from pilothouse.venue.follower import Follower
from pilothouse.venue.views.orders import orders
from tests.trading_api.conftest import futures_client, spot_client
from tests.trading_api.running import Exchange, Key

STEPS = 120


def test_open_orders_and_money_agree(exchange: Exchange, rich: Callable[[], Key]) -> None:
    keys = [rich(), rich()]
    chance = random.Random(7)
    spot = [spot_client(exchange.url, key) for key in keys]
    futures = [futures_client(exchange.url, key) for key in keys]
    for _ in range(STEPS):
        clients, pair = chance.choice([(spot, "BTC/USD"), (futures, "BTC/USD:USD")])
        _trade(chance, chance.choice(clients), pair)
    follower, history = _replayed(exchange)
    try:
        for key in keys:
            _agree(follower, history, key.account)
    finally:
        follower.stop()
        for client in (*spot, *futures):
            client.cancel_all_orders()


def _trade(chance: random.Random, client: Any, pair: str) -> None:
    kind = chance.choice(["limit", "limit", "limit", "market"])
    price = None if kind == "market" else 19_990 + chance.randrange(20)
    side = chance.choice(["buy", "sell"])
    try:
        client.create_order(pair, kind, side, chance.randrange(1, 9) / 100, price)
    except ccxt.BaseError as error:
        # A market order may meet an empty book, an order its own account's; nothing else is wrong.
        assert kind == "market" or "selfFill" in str(error), error


def _replayed(exchange: Exchange) -> tuple[Follower, History]:
    follower, history = Follower(exchange.home), History()
    follower.listen(history.fold)
    follower.start()
    target = DurableMark(follower.storage).block
    assert follower.replica
    while follower.block < target:
        # The blocks that are left may be empty, and then no position comes.
        follower.wait_for(follower.position + 1, 0.1)
        assert not follower.fault
    return follower, history


def _agree(follower: Follower, history: History, account: int) -> None:
    with follower.machine() as machine:
        told = {one.number: one for one in orders(machine, account)}
        remembered = {one.number: one for one in history.open_orders(account)}
        assert set(told) == set(remembered)
        for number, one in told.items():
            mine = remembered[number]
            assert (mine.market, mine.side, mine.price) == (one.market, one.side, one.price)
            assert (mine.quantity, mine.remaining) == (one.quantity, one.remaining)
            assert mine.placed_at == one.placed_at
    closed = history.closed_orders(account)
    assert any(one.executed for one in closed)
    assert all(one.executed == one.quantity for one in closed if one.reason is None)
    fills = history.executions(account)
    total = sum(one.executed for one in [*closed, *remembered.values()])
    assert sum(one.fill.quantity for one in fills) == total
