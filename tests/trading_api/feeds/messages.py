"""Messages as a hostile or clumsy client would send them to the WebSockets, from a seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from tests.trading_api.requests import EVIL, JSON_EVIL

SPOT: dict[str, list[Any]] = {
    "method": ["subscribe", "subscribe", "subscribe", "unsubscribe", "ping", "add_order", "x"],
    "channel": [
        "book", "trade", "ticker", "instrument", "executions", "balances", "status", "heartbeat",
        "level3", "ohlc",
    ],
    "symbol": [
        ["BTC/USD"], ["DOGE/EUR"], ["BTC/USD", "DOGE/EUR"], ["XBT/USD"], ["BTC/USD"] * 50, [],
        "BTC/USD", ["NOPE"] * 1_001, [["BTC/USD"]],
    ],
    "depth": [10, 25, 100, 500, 1000, 0, -1, 10.0, "10", 2**80],
    "snapshot": [True, False, "true", 1],
    "event_trigger": ["bbo", "trades", "never"],
    "snap_trades": [True, False, 3],
    "snap_orders": [True, False, None],
    "order_status": [True, False],
    "req_id": [1, 0, -5, 2**70, 1.5, "1", None, True],
}  # fmt: skip
FUTURES: dict[str, list[Any]] = {
    "event": ["subscribe", "subscribe", "subscribe", "unsubscribe", "challenge", "ping", "x"],
    "feed": [
        "book", "trade", "ticker", "ticker_lite", "heartbeat", "open_orders", "fills",
        "open_orders_verbose", "open_positions", "balances", "account_log", "book_snapshot",
    ],
    "product_ids": [
        ["PF_XBTUSD"], ["pf_xbtusd", "PF_XBTUSD"], ["PI_XBTUSD"], ["IN_XBTUSD"], [], ["NOPE"] * 30,
        "PF_XBTUSD", [7, None], ["PF_XBTUSD"] * 1_001,
    ],
}  # fmt: skip
TOP = ("method", "req_id")


class Messages:
    """An endless stream of messages; `right` gives what a signed request needs."""

    def __init__(self, seed: int, spot: bool, right: Callable[[], dict[str, Any]]) -> None:
        self._random, self._spot, self._right = random.Random(seed), spot, right

    def next(self) -> str | bytes:
        """Return the next message."""
        chance = self._random.random()
        if chance < 0.05:
            return self._random.randbytes(self._random.randrange(60))
        if chance < 0.1:
            return self._random.choice([*EVIL, json.dumps(self._random.choice(JSON_EVIL))])
        made = json.dumps(self._spot_message() if self._spot else self._futures_message())
        if chance < 0.15:
            at = self._random.randrange(len(made))
            return made[:at] + self._random.choice(EVIL) + made[at:]
        return made

    def _fields(self, known: dict[str, list[Any]], likely: float) -> dict[str, Any]:
        made = {
            name: self._value(values)
            for name, values in known.items()
            if self._random.random() < likely
        }
        if self._random.random() < 0.1:
            made[self._random.choice(EVIL)] = self._random.choice(JSON_EVIL)
        return made

    def _value(self, values: list[Any]) -> Any:
        if self._random.random() < 0.05:
            return self._random.choice([*EVIL, *JSON_EVIL])
        return self._random.choice(values)

    def _spot_message(self) -> dict[str, Any]:
        # Most requests are right or nearly so: those get furthest.
        if self._random.random() < 0.5:
            fields = self._right_fields()
            if self._random.random() < 0.3:
                name = self._random.choice(list(SPOT))
                fields[name] = self._value(SPOT[name])
        else:
            fields = self._fields(SPOT, 0.6)
        params = {name: value for name, value in fields.items() if name not in TOP}
        made = {name: fields[name] for name in TOP if name in fields}
        return made | ({"params": params} if params or self._random.random() < 0.9 else {})

    def _right_fields(self) -> dict[str, Any]:
        channel = self._random.choice(SPOT["channel"][:6])
        fields = {
            "method": self._random.choice(["subscribe", "unsubscribe"]),
            "channel": channel,
            "req_id": self._random.randrange(10**6),
        }
        if channel in SPOT["channel"][:3]:
            return fields | {"symbol": self._random.choice(SPOT["symbol"][:3])}
        return fields if channel == "instrument" else fields | self._right()

    def _futures_message(self) -> dict[str, Any]:
        made = self._fields(FUTURES, 0.9)
        return made | self._right() if self._random.random() < 0.5 else made
