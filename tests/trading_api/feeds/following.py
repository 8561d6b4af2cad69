"""What a client does with a book's messages, written as Kraken's guide says it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pilothouse.language.kinds import Side


def applied(
    side: Side, held: dict[Any, Any], sent: Iterable[tuple[Any, Any]], depth: int
) -> dict[Any, Any]:
    """Return the levels held after a message: all taken in, then cut to the depth."""
    levels = dict(held)
    for price, quantity in sent:
        if quantity:
            levels[price] = quantity
        else:
            levels.pop(price, None)
    return dict(sorted(levels.items(), reverse=side == Side.BUY)[:depth])


class Follower:
    """A client of the spot book channel: numbers exactly as sent, every sum checked."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.bids: dict[Decimal, Decimal] = {}
        self.asks: dict[Decimal, Decimal] = {}
        self.checked = 0

    def hear(self, message: dict[str, Any]) -> None:
        """Take in a snapshot or an update, and compare the sum."""
        (row,) = message["data"]
        if message["type"] == "snapshot":
            self.bids, self.asks = {}, {}
        self.bids = applied(Side.BUY, self.bids, _pairs(row["bids"]), self.depth)
        self.asks = applied(Side.SELL, self.asks, _pairs(row["asks"]), self.depth)
        assert self.sum() == row["checksum"], (self.checked, row)
        self.checked += 1

    def sum(self) -> int:
        """Return the CRC32 of the ten best asks and bids."""
        parts = [
            f"{number:f}".replace(".", "").lstrip("0")
            for levels in (self.asks, self.bids)
            for level in list(levels.items())[:10]
            for number in level
        ]
        return zlib.crc32("".join(parts).encode())


def _pairs(levels: list[dict[str, Decimal]]) -> list[tuple[Decimal, Decimal]]:
    return [(one["price"], one["qty"]) for one in levels]
