"""Spread lists the last best prices of a pair, and its `last` leads to the next."""

from __future__ import annotations

from typing import Any

import httpx

from pilothouse.trading_api.spreads import SPREADS_KEPT, Spreads
from tests.trading_api.conftest import spot_client
from tests.trading_api.running import Exchange


def test_only_a_change_of_both_sides_is_a_spread_and_the_oldest_are_forgotten() -> None:
    spreads = Spreads()
    for time in range(10):
        spreads.note(time, [0, 5, 7], [0, 6, 0])
    assert (spreads.of(1), spreads.of(2), spreads.of(99)) == ([(0, 5, 6)], [], [])
    for time in range(SPREADS_KEPT + 50):
        spreads.note(100 + time, [0, 5 + time], [0, 6 + time])
    assert len(spreads.of(1)) == SPREADS_KEPT
    assert spreads.of(1)[-1] == (100 + SPREADS_KEPT + 49, 5 + SPREADS_KEPT + 49, 255)


def test_spreads_of_a_pair_are_seen_and_go_on_at_the_last(exchange: Exchange) -> None:
    client = spot_client(exchange.url, exchange.client("euros", {"ZEUR": 10**9}))
    client.create_order("DOGE/EUR", "limit", "buy", 100, 0.1)
    other = spot_client(exchange.url, exchange.client("doge", {"XXDG": 10**12}))
    other.create_order("DOGE/EUR", "limit", "sell", 100, 0.2)
    while not (spreads := _seen(exchange, 0))["XDGEUR"]:
        pass
    time, bid, ask = spreads["XDGEUR"][-1]
    assert (float(bid), float(ask), spreads["last"]) == (0.1, 0.2, time)
    assert _seen(exchange, spreads["last"])["XDGEUR"][-1] == [time, bid, ask]
    client.cancel_all_orders()
    other.cancel_all_orders()


def _seen(exchange: Exchange, since: int) -> Any:
    asked = {"pair": "XDGEUR", "since": since}
    return httpx.get(f"{exchange.url}/0/public/Spread", params=asked).json()["result"]
