"""The `heartbeat` feed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from pilothouse.trading_api.feeds.moments import Moment
from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.feeds.topics import Topics
from pilothouse.venue.catalogue import to_json
from pilothouse.venue.clock import wall_clock_us

EVERY_S: Final = 10


class HeartbeatFeed:
    """A message every ten seconds, for clients that ask for it."""

    name = "heartbeat"

    def __init__(self, stream: Stream, clock: Callable[[], float] = time.monotonic) -> None:
        self._topics: Topics[str] = Topics(stream.flush)
        self._clock, self._last = clock, clock()

    def enter(self, outlet: Outlet) -> None:
        """Send an outlet heartbeats."""
        self._topics.add(self.name, outlet)

    def leave(self, outlet: Outlet) -> None:
        """Send it none any more."""
        self._topics.remove(self.name, outlet)

    def hear(self, moment: Moment, updates: Updates) -> None:
        """A heart beats by time."""

    def tick(self) -> None:
        """Beat, if it is due."""
        if self._clock() - self._last >= EVERY_S:
            self._last = self._clock()
            said = {"feed": self.name, "time": wall_clock_us() // 1_000}
            self._topics.publish(self.name, to_json(said))
