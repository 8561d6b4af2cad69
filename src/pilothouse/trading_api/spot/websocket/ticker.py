"""The `ticker` channel: best prices and the day's figures, at each trade or new best price."""

from __future__ import annotations

from typing import Any, Final

from pilothouse.records.trades import Candle
from pilothouse.trading_api.feeds.moments import Moment
from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.feeds.topics import Topics
from pilothouse.trading_api.figures import iso_micros, number, ratio
from pilothouse.trading_api.listing import Market
from pilothouse.trading_api.spot.websocket.figures import average, price, quantity
from pilothouse.trading_api.spot.websocket.options import Options
from pilothouse.trading_api.spot.websocket.params import Params
from pilothouse.venue.catalogue import to_json

TRADES: Final = "trades"
BEST: Final = "bbo"
PERCENT_DECIMALS: Final = 2

Topic = tuple[int, str]
"""Market and what triggers an update."""


class TickerChannel:
    """Tickers of pairs."""

    name = "ticker"
    fields = frozenset({"event_trigger", "snapshot"})

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._topics: Topics[Topic] = Topics(stream.flush)

    def options(self, params: Params) -> Options:
        """Read what triggers an update, and whether a snapshot is wanted."""
        return {
            "event_trigger": params.choice("event_trigger", (BEST, TRADES), TRADES),
            "snapshot": params.flag("snapshot", True),
        }

    def topic(self, market: Market, options: Options) -> Topic:
        """Return market and trigger."""
        return market.number, options["event_trigger"]

    def enter(self, topic: Topic, outlet: Outlet) -> None:
        """Follow the best prices of the market."""
        self._stream.books.follow(topic[0], 1)
        self._topics.add(topic, outlet)

    def leave(self, topic: Topic, outlet: Outlet) -> None:
        """Follow them no longer."""
        if self._topics.remove(topic, outlet):
            self._stream.books.unfollow(topic[0], 1)

    def snapshot(self, topic: Topic) -> bytes:
        """Return the figures that hold now."""
        return self._message("snapshot", topic[0], self._stream.door.time)

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Publish the tickers of markets that traded, or whose best prices changed."""
        topics = dict.fromkeys((one.market, TRADES) for one in moment.trades)
        topics |= dict.fromkeys((market, BEST) for market, depth in updates if depth == 1)
        for topic in topics:
            if topic in self._topics:
                text = self._message("update", topic[0], moment.time)
                self._topics.publish(topic, text)

    def tick(self) -> None:
        """Nothing is due by time."""

    def _message(self, kind: str, market: int, time: int) -> bytes:
        row = self._row(self._stream.door.listing().markets[market], time)
        return to_json({"channel": "ticker", "type": kind, "data": [row]})

    def _row(self, market: Market, time: int) -> dict[str, Any]:
        book = self._stream.books.book(market.number)
        bid, ask = book.bids.best() or (0, 0), book.asks.best() or (0, 0)
        figures = self._stream.door.history.statistics(market.number, time)
        last = figures.last.price if figures.last else 0
        return {
            "symbol": market.pair_name,
            "bid": price(market, bid[0]),
            "bid_qty": quantity(market, bid[1]),
            "ask": price(market, ask[0]),
            "ask_qty": quantity(market, ask[1]),
            "last": price(market, last),
            **_day(market, figures.day, last),
            "timestamp": iso_micros(time),
        }


def _day(market: Market, day: Candle | None, last: int) -> dict[str, Any]:
    opened = day.open if day else last
    return {
        "volume": quantity(market, day.volume if day else 0),
        "vwap": average(market, day.price_quantity, day.volume) if day else price(market, 0),
        "low": price(market, day.low if day else 0),
        "high": price(market, day.high if day else 0),
        "change": price(market, last - opened),
        "change_pct": number(ratio(100 * (last - opened), opened, PERCENT_DECIMALS), 2),
        "trades": day.count if day else 0,
    }
