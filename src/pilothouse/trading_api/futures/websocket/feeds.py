"""Every feed of the futures WebSocket, made once and shared by all connections."""

from __future__ import annotations

from typing import Final

from pilothouse.language.kinds import MarketKind
from pilothouse.trading_api.feeds.stream import Stream
from pilothouse.trading_api.futures.websocket.balances import BalancesFeed
from pilothouse.trading_api.futures.websocket.book import BookFeed
from pilothouse.trading_api.futures.websocket.feed import PrivateFeed, ProductFeed
from pilothouse.trading_api.futures.websocket.fills import FillsFeed
from pilothouse.trading_api.futures.websocket.heartbeat import HeartbeatFeed
from pilothouse.trading_api.futures.websocket.open_orders import OpenOrdersFeed
from pilothouse.trading_api.futures.websocket.open_positions import OpenPositionsFeed
from pilothouse.trading_api.futures.websocket.ticker import TickerFeed
from pilothouse.trading_api.futures.websocket.trade import TradeFeed
from pilothouse.trading_api.listing import Market

PATH: Final = "/ws/v1"
TRADED: Final = (MarketKind.PERPETUAL_LINEAR,)
"""Only what trades is streamed."""


class Feeds:
    """The feeds by their names."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.heartbeat = HeartbeatFeed(stream)
        products = (
            BookFeed(stream),
            TradeFeed(stream),
            TickerFeed(stream),
            TickerFeed(stream, "ticker_lite"),
        )
        private = (
            OpenOrdersFeed(stream),
            OpenOrdersFeed(stream, "open_orders_verbose"),
            FillsFeed(stream),
            OpenPositionsFeed(stream),
            BalancesFeed(stream),
        )
        self.products: dict[str, ProductFeed] = {one.name: one for one in products}
        self.private: dict[str, PrivateFeed] = {one.name: one for one in private}
        stream.channels += [self.heartbeat, *products, *private]

    def product(self, name: str) -> Market | None:
        """Return the contract of a name, None if it is none that trades."""
        found = self.stream.door.listing().contract(name)
        return found if found is not None and found.kind in TRADED else None
