"""The `ohlc` channel: the candle under way at each trade, and the last candles as its snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pilothouse.records.orders import FillRecord
from pilothouse.records.trades import MINUTE_US, Candle, without_gaps
from pilothouse.trading_api.feeds.moments import Moment
from pilothouse.trading_api.feeds.snapshots import Snapshots
from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.feeds.topics import Topics
from pilothouse.trading_api.figures import iso_micros
from pilothouse.trading_api.listing import Market
from pilothouse.trading_api.spot.prices import INTERVALS
from pilothouse.trading_api.spot.websocket.errors import UNSUPPORTED_INTERVAL, Refused
from pilothouse.trading_api.spot.websocket.figures import average, price, quantity
from pilothouse.trading_api.spot.websocket.options import Options
from pilothouse.trading_api.spot.websocket.params import Params
from pilothouse.venue.catalogue import to_json

SNAPSHOT: Final = 100

Topic = tuple[int, int]
"""Market and minutes of a candle."""


class OhlcChannel:
    """Candles of pairs."""

    name = "ohlc"
    fields = frozenset({"interval", "snapshot"})

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._topics: Topics[Topic] = Topics(stream.flush)
        self._under_way: dict[Topic, Candle | None] = {}
        self.snapshots: Snapshots[Topic] = Snapshots(stream.door, self._snapshot)

    def options(self, params: Params) -> Options:
        """Read the interval, and whether a snapshot is wanted."""
        interval = params.integer("interval", 1)
        if interval not in INTERVALS.values():
            raise Refused(UNSUPPORTED_INTERVAL)
        return {"interval": interval, "snapshot": params.flag("snapshot", True)}

    def topic(self, market: Market, options: Options) -> Topic:
        """Return market and interval."""
        return market.number, options["interval"]

    def enter(self, topic: Topic, outlet: Outlet) -> None:
        """Send an outlet the candle under way at each trade."""
        if topic not in self._topics:
            self._under_way[topic] = next(iter(self._last(topic, 1)), None)
        self._topics.add(topic, outlet)

    def leave(self, topic: Topic, outlet: Outlet) -> None:
        """Send it none any more."""
        self._topics.remove(topic, outlet)
        if topic not in self._topics:
            self._under_way.pop(topic, None)

    def snapshot(self, topic: Topic) -> bytes:
        """Return the last hundred candles, oldest first; made once for all who ask in a block."""
        return self.snapshots.get(topic)

    def _snapshot(self, topic: Topic) -> bytes:
        return self._message("snapshot", topic, self._last(topic, SNAPSHOT))

    def _last(self, topic: Topic, most: int) -> list[Candle]:
        market, minutes = topic
        known = self._stream.door.history.candles(market)
        return without_gaps(known, minutes * MINUTE_US, 0, self._stream.door.time, most)

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Publish the candles of the pairs that traded, once for each interval."""
        traded: dict[int, list[FillRecord]] = {}
        for trade in moment.trades:
            traded.setdefault(trade.market, []).append(trade)
        for topic in self._topics:
            for_topic = traded.get(topic[0])
            if for_topic:
                ended = self._take_in(topic, for_topic)
                self._topics.publish(topic, self._message("update", topic, ended))

    def _take_in(self, topic: Topic, trades: list[FillRecord]) -> list[Candle]:
        # Each candle that a trade of this moment belongs to, as it is behind the last of them.
        span, changed = topic[1] * MINUTE_US, {}
        candle = self._under_way.get(topic)
        for trade in trades:
            later = _of(trade, trade.time - trade.time % span)
            if candle is None or candle.time < later.time:
                candle = later
            elif candle.count:
                candle.add(later)
            else:
                # It was flat so far: its first trade opens it.
                candle = later
            changed[candle.time] = candle
        self._under_way[topic] = candle
        return list(changed.values())

    def tick(self) -> None:
        """Nothing is due by time."""

    def _message(self, kind: str, topic: Topic, candles: Iterable[Candle]) -> bytes:
        market = self._stream.door.listing().markets[topic[0]]
        rows = [_row(market, topic[1], one) for one in candles]
        stamp = iso_micros(self._stream.door.time)
        return to_json({"channel": "ohlc", "type": kind, "timestamp": stamp, "data": rows})


def _of(trade: FillRecord, time: int) -> Candle:
    one, size = trade.price, trade.quantity
    return Candle(time, one, one, one, one, size, one * size, 1)


def _row(market: Market, minutes: int, candle: Candle) -> dict[str, Any]:
    return {
        "symbol": market.pair_name,
        "open": price(market, candle.open),
        "high": price(market, candle.high),
        "low": price(market, candle.low),
        "close": price(market, candle.close),
        "trades": candle.count,
        "volume": quantity(market, candle.volume),
        "vwap": average(market, candle.price_quantity, candle.volume),
        "interval_begin": iso_micros(candle.time),
        "interval": minutes,
        "timestamp": iso_micros(candle.time + minutes * MINUTE_US),
    }
