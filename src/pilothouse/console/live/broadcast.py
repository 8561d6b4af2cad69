"""One message to many listeners: serialised once, dropped for the slow, replayed by number."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

from pilothouse.console.shown_text import shown_bytes

KEPT: Final = 30
"""Messages kept for a browser that comes back with the number of the last it saw."""
QUEUED_MAX: Final = 4
"""Messages a listener may be behind; the oldest is dropped, since each message is complete."""
ENDED: Final = b"event: ended\ndata: {}\n\n"

Listener = tuple[asyncio.AbstractEventLoop, "asyncio.Queue[bytes]"]


class Broadcast:
    """A feed that one thread publishes to and many event loops listen to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=KEPT)
        self._closed = False

    def publish(self, number: int, kind: str, data: bytes) -> None:
        """Send a message to every listener. Safe from any thread; never blocks."""
        head = b"id: %d\nevent: %s\ndata: " % (number, kind.encode())
        message = head + shown_bytes(data) + b"\n\n"
        with self._lock:
            self._kept.append((number, message))
            self._send(message)

    def close(self) -> None:
        """Tell every listener that the feed ends, so that a stopping server waits for nobody."""
        with self._lock:
            self._closed = True
            self._send(ENDED)

    def _send(self, message: bytes) -> None:
        for listener in list(self._listeners):
            loop, queue = listener
            try:
                loop.call_soon_threadsafe(_offer, queue, message)
            except RuntimeError:  # the loop is closed: its listener is gone
                self._listeners.discard(listener)

    async def listen(self, after: int | None, heartbeat_s: int) -> AsyncIterator[bytes]:
        """Yield the messages after number `after`, then each new one; b"" at each heartbeat."""
        queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUED_MAX)
        listener = (asyncio.get_running_loop(), queue)
        with self._lock:
            missed = self._missed(after)
            self._listeners.add(listener)
            closed = self._closed
        try:
            for message in missed:
                yield message
            while not closed:
                message = await _next(queue, heartbeat_s)
                yield message
                closed = message == ENDED
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def _missed(self, after: int | None) -> list[bytes]:
        if after is None:
            return [message for _number, message in list(self._kept)[-1:]]
        return [message for number, message in self._kept if number > after]


async def _next(queue: asyncio.Queue[bytes], heartbeat_s: int) -> bytes:
    try:
        return await asyncio.wait_for(queue.get(), heartbeat_s)
    except TimeoutError:
        return b""


def _offer(queue: asyncio.Queue[bytes], message: bytes) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(message)
