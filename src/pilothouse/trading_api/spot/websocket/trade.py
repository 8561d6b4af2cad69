"""The `trade` channel: every trade of a pair, and the last fifty as its snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pilothouse.language.kinds import OrderType, Side
from pilothouse.records.orders import FillRecord
from pilothouse.trading_api.feeds.moments import Moment
from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.feeds.topics import Topics
from pilothouse.trading_api.figures import iso_micros
from pilothouse.trading_api.listing import Market
from pilothouse.trading_api.spot.order_rows import SIDES, TYPES
from pilothouse.trading_api.spot.websocket.figures import price, quantity
from pilothouse.trading_api.spot.websocket.options import Options
from pilothouse.trading_api.spot.websocket.params import Params
from pilothouse.venue.catalogue import to_json

SNAPSHOT: Final = 50


class TradeChannel:
    """Trades of pairs."""

    name = "trade"
    fields = frozenset({"snapshot"})

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._topics: Topics[int] = Topics(stream.flush)

    def options(self, params: Params) -> Options:
        """Read whether a snapshot is wanted."""
        return {"snapshot": params.flag("snapshot", False)}

    def topic(self, market: Market, options: Options) -> int:
        """Return the market."""
        return market.number

    def enter(self, topic: int, outlet: Outlet) -> None:
        """Send an outlet the trades of a market."""
        self._topics.add(topic, outlet)

    def leave(self, topic: int, outlet: Outlet) -> None:
        """Send it none any more."""
        self._topics.remove(topic, outlet)

    def snapshot(self, topic: int) -> bytes:
        """Return the last trades, oldest first."""
        return self._message(
            "snapshot", topic, self._stream.door.history.trades(topic)[-SNAPSHOT:]
        )

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Publish trades, those of a market together."""
        traded: dict[int, list[FillRecord]] = {}
        for trade in moment.trades:
            if trade.market in self._topics:
                traded.setdefault(trade.market, []).append(trade)
        for market, trades in traded.items():
            self._topics.publish(market, self._message("update", market, trades))

    def tick(self) -> None:
        """Nothing is due by time."""

    def _message(self, kind: str, market: int, trades: Iterable[FillRecord]) -> bytes:
        known = self._stream.door.listing().markets[market]
        rows = [_row(known, one) for one in trades]
        return to_json({"channel": "trade", "type": kind, "data": rows})


def _row(market: Market, trade: FillRecord) -> dict[str, Any]:
    return {
        "symbol": market.pair_name,
        "side": SIDES[Side(trade.side)],
        "price": price(market, trade.price),
        "qty": quantity(market, trade.quantity),
        "ord_type": TYPES[OrderType(trade.taker_type)],
        "trade_id": trade.trade,
        "timestamp": iso_micros(trade.time),
    }
