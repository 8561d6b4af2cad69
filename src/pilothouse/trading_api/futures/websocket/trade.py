"""The `trade` feed: every trade of a contract; the last hundred, newest first, as its snapshot."""

from __future__ import annotations

from typing import Any, Final

from pilothouse.language.kinds import Side
from pilothouse.records.client_ids import uuid_of
from pilothouse.records.orders import FillRecord
from pilothouse.trading_api.feeds.moments import Moment
from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.feeds.topics import Topics
from pilothouse.trading_api.figures import number
from pilothouse.trading_api.futures.order_rows import SIDES
from pilothouse.trading_api.futures.prices import KINDS
from pilothouse.trading_api.listing import Market
from pilothouse.venue.catalogue import to_json

SNAPSHOT: Final = 100


class TradeFeed:
    """Trades of contracts, numbered for each of them."""

    name = "trade"

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._topics: Topics[int] = Topics(stream.flush)

    def enter(self, market: Market, outlet: Outlet) -> None:
        """Send an outlet the trades of a contract."""
        self._topics.add(market.number, outlet)

    def leave(self, market: Market, outlet: Outlet) -> None:
        """Send it none any more."""
        self._topics.remove(market.number, outlet)

    def snapshot(self, market: Market) -> bytes:
        """Return the last trades, newest first."""
        trades = self._stream.door.history.trades(market.number)[-SNAPSHOT:]
        rows = [_row(market, one) for one in reversed(trades)]
        made = {"feed": "trade_snapshot", "product_id": market.symbol, "trades": rows}
        return to_json(made)

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Publish trades, one message each."""
        for trade in moment.trades:
            if trade.market in self._topics:
                market = self._stream.door.listing().markets[trade.market]
                self._topics.publish(trade.market, to_json(_row(market, trade)))

    def tick(self) -> None:
        """Nothing is due by time."""


def _row(market: Market, trade: FillRecord) -> dict[str, Any]:
    return {
        "feed": "trade",
        "product_id": market.symbol,
        "uid": uuid_of("trade", trade.trade),
        "side": SIDES[Side(trade.side)],
        "type": KINDS[trade.kind],
        "seq": trade.sequence,
        "time": trade.time // 1_000,
        "qty": number(trade.quantity, market.quantity_decimals),
        "price": number(trade.price, market.price_decimals),
    }
