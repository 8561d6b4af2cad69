"""The depth of a book as bars: each level's share of the largest level shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pilothouse.venue.views.books import BookView


@dataclass(frozen=True)
class Level:
    """One price level; `width` is its share of the largest level, in percent, at least 1."""

    price: int
    quantity: int
    orders: int
    width: int


@dataclass(frozen=True)
class Depth:
    """Both sides, the worst ask first and the best bid first, as they stand on the page."""

    asks: tuple[Level, ...]
    bids: tuple[Level, ...]
    levels: int


def depth(book: BookView) -> Depth:
    """Return the bars of a book."""
    both = [*book.asks, *book.bids]
    largest = max((level[1] for level in both), default=1)
    asks = tuple(_level(level, largest) for level in reversed(book.asks))
    bids = tuple(_level(level, largest) for level in book.bids)
    return Depth(asks, bids, max(len(asks), len(bids)))


def _level(level: tuple[int, int, int], largest: int) -> Level:
    price, quantity, orders = level
    return Level(price, quantity, orders, max(1, quantity * 100 // largest))
