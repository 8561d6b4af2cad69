"""The gateway's feeds: what the replica's thread folded becomes messages of channels."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol

from pilothouse.gate.allowances import UNLIMITED, Allowances
from pilothouse.trading_api.door import Door
from pilothouse.trading_api.feeds.book import BookUpdate
from pilothouse.trading_api.feeds.books import Books
from pilothouse.trading_api.feeds.moments import Moment, Moments
from pilothouse.trading_api.feeds.topics import Flush

TICK_S: Final = 1.0
"""How often a channel may do what needs no event: heartbeats, marks, keys that were revoked."""

Updates = Mapping[tuple[int, int], BookUpdate]

_log: Final = logging.getLogger(__name__)


class Channel(Protocol):
    """What wants to hear of every moment, in the loop."""

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Publish what of a moment belongs to this channel; `updates` are its books'."""

    def tick(self) -> None:
        """Do what is due every second."""


class Stream:
    """Every channel of both APIs, and the connections while there are any."""

    def __init__(
        self, door: Door, moments: Moments, allowances: Allowances[str] | None = None
    ) -> None:
        self.door = door
        free: Allowances[str] = Allowances(UNLIMITED)
        self.allowances = free if allowances is None else allowances
        """What the WebSockets of an address or a key have cost."""
        self.flush = Flush()
        self.books = Books(door.follower, moments.levels)
        self.channels: list[Channel] = []
        self.moments = moments
        self.connections = 0
        self.connections_of: Counter[str] = Counter()
        """Of each key: connections with private subscriptions."""
        self.refused = 0
        """Connections, messages and subscriptions that were above a limit, since the start."""
        self._ticking: asyncio.Task[None] | None = None

    def enter(self) -> None:
        """Count a connection in; the first starts the feeds. Raises ReplicaStopped."""
        if not self.connections:
            loop = asyncio.get_running_loop()
            with self.door.follower.machine():
                self.moments.listen(
                    self.door.follower, lambda: loop.call_soon_threadsafe(self.hear)
                )
            self._ticking = loop.create_task(self._tick())
        self.connections += 1

    def leave(self) -> None:
        """Count a connection out; the last ends the feeds, and nothing is kept any more."""
        self.connections -= 1
        if not self.connections:
            self.moments.end()
            self.books.forget()
            if self._ticking is not None:
                self._ticking.cancel()

    @contextmanager
    def settled(self) -> Iterator[Any]:
        """Hold the replica between two blocks with everything before told to everybody.

        What is read and subscribed inside shares one position: nothing is told twice or never.
        """
        with self.door.follower.machine() as machine:
            self.hear()
            yield machine

    def hear(self) -> None:
        """Tell every channel what happened since the last time, and write what they say."""
        moment = self.moments.take()
        updates = self.books.hear(moment)
        for channel in self.channels:
            try:
                channel.hear(moment, updates)
            except Exception:
                # One channel's fault is that channel's: the others go on.
                _log.exception("a channel failed at command %s", moment.position)
        self.flush.flush()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            for channel in self.channels:
                try:
                    channel.tick()
                except Exception:
                    _log.exception("a channel failed")
            self.flush.flush()
