"""Every channel of WebSocket v2, made once and shared by all connections."""

from __future__ import annotations

from typing import Final

from pilothouse.trading_api.feeds.stream import Stream
from pilothouse.trading_api.listing import Listing
from pilothouse.trading_api.spot.websocket.book import BookChannel
from pilothouse.trading_api.spot.websocket.channel import PairChannel
from pilothouse.trading_api.spot.websocket.status import StatusChannel

PATH: Final = "/v2"


class Channels:
    """The channels by their names."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.status = StatusChannel(stream)
        made = [BookChannel(stream)]
        self.pairs: dict[str, PairChannel] = {one.name: one for one in made}
        stream.channels += [self.status, *made]

    def listing(self) -> Listing:
        """Return what is listed now."""
        return self.stream.door.listing()
