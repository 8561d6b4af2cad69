"""The `status` message of a new connection, its changes, and heartbeats where it is quiet."""

from __future__ import annotations

import itertools
from typing import Any, Final

from pilothouse.trading_api.feeds.moments import Moment
from pilothouse.trading_api.feeds.socket import Outlet, frame_of
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.spot.listing import system_word
from pilothouse.venue.catalogue import to_json

API_VERSION: Final = "v2"
VERSION: Final = "2.0.10"
"""The version of Kraken's service whose messages these are."""
HEARTBEAT: Final = frame_of(b'{"channel":"heartbeat"}')


class StatusChannel:
    """What every connection is told, subscribed or not."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._numbers = itertools.count(1)
        self._quiet: dict[Outlet, int] = {}
        self._said = ""

    def greeting(self) -> bytes:
        """Return the first message of a new connection."""
        self._said = self._said or self._word()
        return self._message({"connection_id": next(self._numbers)})

    def enter(self, outlet: Outlet) -> None:
        """Send heartbeats to an outlet that has subscribed to something."""
        self._quiet.setdefault(outlet, -1)

    def leave(self, outlet: Outlet) -> None:
        """Send it none any more."""
        self._quiet.pop(outlet, None)

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Tell everybody when trading begins or ends."""
        if not moment.statuses:
            return
        said = self._word()
        if said != self._said:
            self._said = said
            self._stream.flush.push(self._quiet, frame_of(self._message({})))

    def tick(self) -> None:
        """Send a heartbeat to whoever was sent nothing since the last second."""
        quiet = [outlet for outlet, sent in self._quiet.items() if outlet.sent == sent]
        self._stream.flush.push(quiet, HEARTBEAT)
        for outlet in self._quiet:
            self._quiet[outlet] = outlet.sent

    def _word(self) -> str:
        with self._stream.door.follower.machine() as machine:
            return system_word(machine)

    def _message(self, more: dict[str, Any]) -> bytes:
        row = {"api_version": API_VERSION, "system": self._said, "version": VERSION, **more}
        return to_json({"channel": "status", "type": "update", "data": [row]})
