"""A plain WebSocket client for tests: JSON in and out, and waits that end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from websockets.sync.client import ClientConnection, connect

from pilothouse.venue.catalogue import parse_json

WAIT_S = 60


class Socket:
    """One connection. What is read is kept in `seen`."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.seen: list[dict[str, Any]] = []

    def send(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def next(self) -> dict[str, Any]:
        """Return the next message that is no heartbeat; heartbeats do not prolong the wait."""
        ends = time.monotonic() + WAIT_S
        while (message := self._received(ends - time.monotonic())) is None:
            pass
        return message

    def come(self) -> Iterator[dict[str, Any]]:
        """Yield what has come already and is no heartbeat."""
        with suppress(TimeoutError):
            while True:
                if (message := self._received(0)) is not None:
                    yield message

    def _received(self, within_s: float) -> dict[str, Any] | None:
        message: dict[str, Any] = parse_json(self.connection.recv(max(0, within_s)))
        if message.get("channel") == "heartbeat":
            return None
        self.seen.append(message)
        return message

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first message that is wanted; those before are read over."""
        while not wanted(message := self.next()):
            pass
        return message

    def subscribe(self, channel: str, number: int = 1, **params: Any) -> dict[str, Any]:
        """Subscribe on spot and return the first answer."""
        self.send(method="subscribe", params={"channel": channel, **params}, req_id=number)
        return self.until(lambda one: one.get("req_id") == number)


@contextmanager
def socket(url: str, path: str = "/v2", **options: Any) -> Iterator[Socket]:
    """Connect, and close at the end."""
    with connect(url.replace("http", "ws", 1) + path, proxy=None, **options) as connection:
        yield Socket(connection)
