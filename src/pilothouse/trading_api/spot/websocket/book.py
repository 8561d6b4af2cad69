"""The `book` channel: snapshot, updates at each depth, and the checksum of the ten best."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pilothouse.trading_api.feeds.book import Change
from pilothouse.trading_api.feeds.checksum import LEVELS, checksum, digits
from pilothouse.trading_api.feeds.moments import Moment
from pilothouse.trading_api.feeds.snapshots import Snapshots
from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.feeds.topics import Topics
from pilothouse.trading_api.figures import iso_micros
from pilothouse.trading_api.listing import Market
from pilothouse.trading_api.spot.websocket.errors import UNSUPPORTED_DEPTH, Refused
from pilothouse.trading_api.spot.websocket.figures import price_text, quantity_text
from pilothouse.trading_api.spot.websocket.options import Options
from pilothouse.trading_api.spot.websocket.params import Params
from pilothouse.venue.catalogue import to_json

DEPTHS: Final = (10, 25, 100, 500, 1000)
WORDS_KEPT: Final = 20_000

Topic = tuple[int, int]
"""Market and depth."""


class BookWords:
    """How the levels of one market are said, each worked out once."""

    def __init__(self, market: Market) -> None:
        self.symbol = to_json(market.pair_name).decode()
        self._market = market
        self._known: dict[Change, tuple[str, str]] = {}

    def levels(self, levels: Iterable[Change]) -> str:
        """Return levels as a JSON list."""
        return ",".join([self._said(one)[0] for one in levels])

    def digits(self, levels: Iterable[Change]) -> list[str]:
        """Return what a checksum is made of."""
        return [self._said(one)[1] for one in levels]

    def _said(self, level: Change) -> tuple[str, str]:
        known = self._known.get(level)
        if known is None:
            price = price_text(self._market, level[0])
            quantity = quantity_text(self._market, level[1])
            known = f'{{"price":{price},"qty":{quantity}}}', digits(price, quantity)
            if len(self._known) >= WORDS_KEPT:
                self._known.clear()
            self._known[level] = known
        return known


class BookChannel:
    """Books of pairs."""

    name = "book"
    fields = frozenset({"depth", "snapshot"})

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._topics: Topics[Topic] = Topics(stream.flush)
        self._words: dict[int, BookWords] = {}
        self.snapshots: Snapshots[Topic] = Snapshots(stream.door, self._snapshot)

    def options(self, params: Params) -> Options:
        """Read depth and snapshot."""
        depth = params.integer("depth", DEPTHS[0])
        if depth not in DEPTHS:
            raise Refused(UNSUPPORTED_DEPTH)
        return {"depth": depth, "snapshot": params.flag("snapshot", True)}

    def topic(self, market: Market, options: Options) -> Topic:
        """Return market and depth."""
        self._words.setdefault(market.number, BookWords(market))
        return market.number, options["depth"]

    def enter(self, topic: Topic, outlet: Outlet) -> None:
        """Follow the book at the depth."""
        self._stream.books.follow(*topic)
        self._topics.add(topic, outlet)

    def leave(self, topic: Topic, outlet: Outlet) -> None:
        """Follow it no longer."""
        if self._topics.remove(topic, outlet):
            self._stream.books.unfollow(*topic)

    def snapshot(self, topic: Topic) -> bytes:
        """Return the book to the subscribed depth, made once for all who ask within a block."""
        return self.snapshots.get(topic)

    def _snapshot(self, topic: Topic) -> bytes:
        market, depth = topic
        book = self._stream.books.book(market)
        sides = book.bids.top(depth), book.asks.top(depth)
        return self._message("snapshot", market, *sides, self._stream.door.time)

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Publish every book that changed, once for each depth."""
        for topic, update in updates.items():
            if topic in self._topics:
                said = "update", topic[0], update.bids, update.asks, moment.time
                self._topics.publish(topic, self._message(*said))

    def tick(self) -> None:
        """Nothing is due by time."""

    def _message(
        self, kind: str, market: int, bids: list[Change], asks: list[Change], time: int
    ) -> bytes:
        words, book = self._words[market], self._stream.books.book(market)
        top = [words.digits(side.top(LEVELS)) for side in (book.asks, book.bids)]
        return (
            f'{{"channel":"book","type":"{kind}","data":[{{"symbol":{words.symbol},'
            f'"bids":[{words.levels(bids)}],"asks":[{words.levels(asks)}],'
            f'"checksum":{checksum(*top)},"timestamp":"{iso_micros(time)}"}}]}}'
        ).encode()
