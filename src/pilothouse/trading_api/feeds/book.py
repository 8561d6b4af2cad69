"""A book that is followed: its levels in order, and what a change of it is at each depth.

A client at depth d holds the d best levels. It is sent the changed levels of its new window, the
levels that vanished from its old one, and those that moved up into it; what moves out is cut off
by the client itself, as Kraken asks of it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pilothouse.language.kinds import Side
from pilothouse.trading_api.feeds.levels import Levels

Change = tuple[int, int]
"""Price and new quantity, 0 for a level that is gone."""
WHOLE: Final = 1 << 60
"""The depth that has room for every level."""


class BookSide:
    """One side of a book, best price first."""

    def __init__(self, side: Side, levels: Mapping[int, int]) -> None:
        self._sign = -1 if side == Side.BUY else 1
        self._quantities = {self._sign * price: quantity for price, quantity in levels.items()}
        self._keys = sorted(self._quantities)

    def best(self) -> Change | None:
        """Return price and quantity of the best level, None if there is none."""
        return self.top(1)[0] if self._keys else None

    def top(self, depth: int) -> list[Change]:
        """Return at most `depth` levels, best first."""
        return [(self._sign * key, self._quantities[key]) for key in self._keys[:depth]]

    def change(self, touched: Levels, depths: Iterable[int]) -> dict[int, list[Change]]:
        """Take in new quantities; return for each depth what a client at it has to be sent."""
        edges = {depth: self._edge(depth) for depth in depths}
        changed = self._take_in(touched)
        if not changed:
            return {}
        made = {depth: self._update(changed, edges[depth], depth) for depth in edges}
        return {depth: changes for depth, changes in made.items() if changes}

    def _edge(self, depth: int) -> int | None:
        # The key of the last level inside the depth; None while every level is inside.
        return self._keys[depth - 1] if len(self._keys) >= depth else None

    def _take_in(self, touched: Levels) -> dict[int, int]:
        changed = {}
        for price, quantity in touched.items():
            key = self._sign * price
            before = self._quantities.get(key, 0)
            if before == quantity:
                continue
            changed[key] = quantity
            if not quantity:
                del self._quantities[key]
                del self._keys[bisect_left(self._keys, key)]
                continue
            self._quantities[key] = quantity
            if not before:
                insort(self._keys, key)
        return changed

    def _update(self, changed: dict[int, int], edge: int | None, depth: int) -> list[Change]:
        now = self._edge(depth)
        sent = {
            key: quantity
            for key, quantity in changed.items()
            if (limit := now if quantity else edge) is None or key <= limit
        }
        if edge is not None and (now is None or now > edge):
            for key in self._keys[bisect_right(self._keys, edge) : depth]:
                sent.setdefault(key, self._quantities[key])
        return [(self._sign * key, sent[key]) for key in sorted(sent)]


@dataclass(frozen=True)
class BookUpdate:
    """What a change of a book is at one depth, each side best first."""

    bids: list[Change]
    asks: list[Change]


class Book:
    """Both sides of one market's book."""

    def __init__(self, bids: Mapping[int, int], asks: Mapping[int, int]) -> None:
        self.bids = BookSide(Side.BUY, bids)
        self.asks = BookSide(Side.SELL, asks)

    def change(
        self, bids: Levels, asks: Levels, depths: Iterable[int] = ()
    ) -> dict[int, BookUpdate]:
        """Take in new quantities; return for each depth what changed there, if anything did."""
        depths = list(depths)
        of_bids, of_asks = self.bids.change(bids, depths), self.asks.change(asks, depths)
        return {
            depth: BookUpdate(of_bids.get(depth, []), of_asks.get(depth, []))
            for depth in depths
            if depth in of_bids or depth in of_asks
        }
