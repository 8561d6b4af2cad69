"""The `book` feed: the whole book, then every level that changes, numbered one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pilothouse.trading_api.feeds.book import WHOLE, BookUpdate, Change
from pilothouse.trading_api.feeds.moments import Moment
from pilothouse.trading_api.feeds.snapshots import Snapshots
from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.feeds.topics import Topics
from pilothouse.trading_api.figures import number
from pilothouse.trading_api.listing import Market
from pilothouse.venue.catalogue import to_json


class BookFeed:
    """Books of contracts. Numbers of a contract's messages rise by one while the gateway runs."""

    name = "book"

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._topics: Topics[int] = Topics(stream.flush)
        self._sequence: Counter[int] = Counter()
        self.snapshots: Snapshots[Market] = Snapshots(stream.door, self._snapshot)

    def enter(self, market: Market, outlet: Outlet) -> None:
        """Follow the whole book."""
        self._stream.books.follow(market.number, WHOLE)
        self._topics.add(market.number, outlet)

    def leave(self, market: Market, outlet: Outlet) -> None:
        """Follow it no longer."""
        if self._topics.remove(market.number, outlet):
            self._stream.books.unfollow(market.number, WHOLE)

    def snapshot(self, market: Market) -> bytes:
        """Return the whole book, with the number of the last message; made once in a block."""
        return self.snapshots.get(market)

    def _snapshot(self, market: Market) -> bytes:
        book = self._stream.books.book(market.number)
        made: dict[str, Any] = {
            "feed": "book_snapshot",
            "product_id": market.symbol,
            "timestamp": self._stream.door.time // 1_000,
            "seq": self._sequence[market.number],
            "tickSize": None,
            "bids": _levels(market, book.bids.top(WHOLE)),
            "asks": _levels(market, book.asks.top(WHOLE)),
        }
        return to_json(made)

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Publish every level that changed; those that are gone first, so that nothing crosses."""
        for (number_of, depth), update in updates.items():
            if depth == WHOLE and number_of in self._topics:
                market = self._stream.door.listing().markets[number_of]
                for side, change in _in_order(update):
                    text = self._delta(market, side, change, moment.time)
                    self._topics.publish(number_of, text)

    def tick(self) -> None:
        """Nothing is due by time."""

    def _delta(self, market: Market, side: str, change: Change, time: int) -> bytes:
        self._sequence[market.number] += 1
        made = {
            "feed": "book",
            "product_id": market.symbol,
            "side": side,
            "seq": self._sequence[market.number],
            **_level(market, change),
            "timestamp": time // 1_000,
        }
        return to_json(made)


def _in_order(update: BookUpdate) -> list[tuple[str, Change]]:
    every = [("buy", one) for one in update.bids] + [("sell", one) for one in update.asks]
    return sorted(every, key=lambda one: one[1][1] != 0)


def _level(market: Market, level: Change) -> dict[str, Any]:
    return {
        "price": number(level[0], market.price_decimals),
        "qty": number(level[1], market.quantity_decimals),
    }


def _levels(market: Market, levels: Iterable[Change]) -> list[dict[str, Any]]:
    return [_level(market, one) for one in levels]
