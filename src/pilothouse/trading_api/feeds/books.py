"""The books that somebody follows, each kept once, at the depths that somebody subscribed to."""

from __future__ import annotations

from collections import Counter
from typing import Final

from pilothouse.language.kinds import Side
from pilothouse.trading_api.feeds.book import Book, BookUpdate
from pilothouse.trading_api.feeds.levels import LevelFold, Levels
from pilothouse.trading_api.feeds.moments import Moment
from pilothouse.trading_api.ports import Replica

IDLE_MOST: Final = 64
"""Books that are kept though nobody follows them any more: copying a whole one costs much."""


class Books:
    """Every followed book as the loop last heard of it."""

    def __init__(self, follower: Replica, levels: LevelFold) -> None:
        self._follower, self._levels = follower, levels
        self._books: dict[int, Book] = {}
        self._depths: dict[int, Counter[int]] = {}
        self._idle: dict[int, None] = {}
        self.copied = 0
        """How often a whole book was copied."""

    def follow(self, market: int, depth: int) -> None:
        """Follow a book at a depth; whoever is first has it copied between two blocks."""
        if market not in self._books:
            with self._follower.machine():
                sides = [self._levels.side(market, side) for side in (Side.BUY, Side.SELL)]
            self._books[market] = Book(*sides)
            self.copied += 1
        self._idle.pop(market, None)
        self._depths.setdefault(market, Counter())[depth] += 1

    def unfollow(self, market: int, depth: int) -> None:
        """End what one `follow` began; a book nobody follows is kept for a while."""
        depths = self._depths[market]
        depths[depth] -= 1
        if not depths[depth]:
            del depths[depth]
        if not depths:
            del self._depths[market]
            self._idle[market] = None
        if len(self._idle) > IDLE_MOST:
            self._drop(next(iter(self._idle)))

    def forget(self) -> None:
        """Drop every book that nobody follows: from now on nobody tells what changes."""
        for market in tuple(self._idle):
            self._drop(market)

    def _drop(self, market: int) -> None:
        del self._idle[market], self._books[market]

    def book(self, market: int) -> Book:
        """Return a book that is followed."""
        return self._books[market]

    def hear(self, moment: Moment) -> dict[tuple[int, int], BookUpdate]:
        """Take in a moment; return what changed, by market and depth."""
        touched: dict[int, tuple[Levels, Levels]] = {}
        for (market, side, price), quantity in moment.levels.items():
            if market in self._books:
                sides = touched.setdefault(market, ({}, {}))
                sides[0 if side == Side.BUY else 1][price] = quantity
        return {
            (market, depth): update
            for market, sides in touched.items()
            for depth, update in self._change(market, sides).items()
        }

    def _change(self, market: int, sides: tuple[Levels, Levels]) -> dict[int, BookUpdate]:
        return self._books[market].change(*sides, self._depths.get(market, ()))
