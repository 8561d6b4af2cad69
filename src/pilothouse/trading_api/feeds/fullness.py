"""How full the feeds are: WebSockets of all and of one key, and what was refused on them."""

from __future__ import annotations

from typing import Final

from pilothouse.trading_api.feeds.accounts import CONNECTIONS_OF_KEY
from pilothouse.trading_api.feeds.listening import CONNECTIONS_MAX
from pilothouse.trading_api.feeds.stream import Stream

PPM: Final = 1_000_000


class Fullness:
    """The limits of a stream, as the door reports them."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    @property
    def busiest_ppm(self) -> int:
        """Return the larger use of all WebSockets and of those of the busiest key, in ppm."""
        of_key = max(list(self._stream.connections_of.values()), default=0)
        in_all = PPM * self._stream.connections // CONNECTIONS_MAX
        return max(in_all, PPM * of_key // CONNECTIONS_OF_KEY)

    @property
    def refused(self) -> int:
        """Return how many WebSockets, messages and subscriptions were above a limit."""
        return self._stream.refused
