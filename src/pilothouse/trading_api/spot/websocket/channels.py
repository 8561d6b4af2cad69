"""Every channel of WebSocket v2, made once and shared by all connections."""

from __future__ import annotations

from typing import Final

from pilothouse.trading_api.feeds.stream import Stream
from pilothouse.trading_api.listing import Listing
from pilothouse.trading_api.spot.websocket.balances import BalancesChannel
from pilothouse.trading_api.spot.websocket.book import BookChannel
from pilothouse.trading_api.spot.websocket.channel import (
    PairChannel,
    PrivateChannel,
    WholeChannel,
)
from pilothouse.trading_api.spot.websocket.executions import ExecutionsChannel
from pilothouse.trading_api.spot.websocket.instrument import InstrumentChannel
from pilothouse.trading_api.spot.websocket.ohlc import OhlcChannel
from pilothouse.trading_api.spot.websocket.status import StatusChannel
from pilothouse.trading_api.spot.websocket.ticker import TickerChannel
from pilothouse.trading_api.spot.websocket.trade import TradeChannel

PATH: Final = "/v2"


class Channels:
    """The channels by their names."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.status = StatusChannel(stream)
        self.tokens = stream.door.tokens
        pairs = (
            BookChannel(stream),
            TradeChannel(stream),
            TickerChannel(stream),
            OhlcChannel(stream),
        )
        private = ExecutionsChannel(stream), BalancesChannel(stream)
        self.instrument = InstrumentChannel(stream)
        self.pairs: dict[str, PairChannel] = {one.name: one for one in pairs}
        self.whole: dict[str, WholeChannel] = {self.instrument.name: self.instrument}
        self.private: dict[str, PrivateChannel] = {one.name: one for one in private}
        stream.channels += [self.status, self.instrument, *pairs, *private]

    def listing(self) -> Listing:
        """Return what is listed now."""
        return self.stream.door.listing()
