"""The writer's side of the local socket: who is connected, what arrived, what is to be told.

Buffers are bounded. A client that does not read its answers, or breaks the frame, is cut; the
exchange waits for nobody.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
from collections import deque
from pathlib import Path
from typing import Final

from pilothouse.venue.wire import SOCKET, Frame, FrameTooLarge, Status, refuse, take_frame

RECEIVE_BYTES: Final = 1 << 18
UNREAD_BYTES_MAX: Final = 8 << 20
"""Answers that wait for a client to read them; beyond, it is cut."""
WAITING_BYTES_MAX: Final = 4 << 20
"""Bytes taken from a client ahead of the block they go into; beyond, the socket holds them."""


class Client:
    """One connection: bytes that arrived and bytes that wait to leave."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        self.arrived = bytearray()
        self.unsent = bytearray()
        self.gone = False


class Doors:
    """The listening socket, readable by its owner alone, and the clients behind it.

    `more` tells whether whole frames may wait that the last block had no room for.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / SOCKET
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        self._clients: deque[Client] = deque()
        self._listener = self._listen()
        self.more = False

    def wait(self, timeout_s: float) -> None:
        """Wait until something arrives, then take in and send out what is possible at once."""
        for key, events in self._selector.select(timeout_s):
            if key.fileobj is self._listener:
                self._accept()
            elif key.data is None:
                os.read(self._wake_read, 4096)
            else:
                self._serve(key.data, events)

    def wake(self) -> None:
        """End a wait at once; also from a signal handler or another thread."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake_write, b"!")

    def frames(self, rows_max: int) -> list[tuple[Client, Frame]]:
        """Take whole frames, in turn from each client, until a block of `rows_max` is full."""
        taken: list[tuple[Client, Frame]] = []
        rows, asleep = 0, 0
        while self._clients and asleep < len(self._clients) and rows < rows_max:
            client = self._clients[0]
            self._clients.rotate(-1)
            frame = self._take(client)
            asleep = 0 if frame else asleep + 1
            if frame:
                taken.append((client, frame))
                rows += len(frame.rows)
        self.more = rows >= rows_max
        return taken

    def send(self, client: Client, raw: bytes) -> None:
        """Send an answer, or keep what is not read yet; cut the client if that is too much."""
        if client.gone:
            return
        client.unsent += raw
        self._flush(client)
        if len(client.unsent) > UNREAD_BYTES_MAX:
            self._cut(client)

    def close(self) -> None:
        """Close every connection and remove the socket."""
        for client in list(self._clients):
            self._cut(client)
        self._listener.close()
        self._path.unlink(missing_ok=True)
        self._selector.close()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _listen(self) -> socket.socket:
        self._path.unlink(missing_ok=True)
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.setblocking(False)
        before = os.umask(0o177)
        try:
            made.bind(str(self._path))
        finally:
            os.umask(before)
        made.listen(64)
        self._selector.register(made, selectors.EVENT_READ, None)
        return made

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            link, _ = self._listener.accept()
            link.setblocking(False)
            client = Client(link)
            self._clients.append(client)
            self._selector.register(link, selectors.EVENT_READ, client)

    def _serve(self, client: Client, events: int) -> None:
        if events & selectors.EVENT_WRITE and not client.gone:
            self._flush(client)
        if events & selectors.EVENT_READ and not client.gone:
            self._receive(client)

    def _receive(self, client: Client) -> None:
        try:
            raw = client.link.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            raw = b""
        if not raw:
            self._cut(client)
            return
        client.arrived += raw
        self._watch(client)

    def _take(self, client: Client) -> Frame | None:
        try:
            frame = take_frame(client.arrived)
        except FrameTooLarge:
            self._cut(client)
            return None
        if frame is None:
            return None
        self._watch(client)
        if frame.status is not Status.ANSWERED:
            self.send(client, refuse(frame.number, frame.status))
            return self._take(client)
        return frame

    def _flush(self, client: Client) -> None:
        try:
            while client.unsent:
                del client.unsent[: client.link.send(client.unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self._cut(client)
            return
        self._watch(client)

    def _watch(self, client: Client) -> None:
        if client.gone:
            return
        events = selectors.EVENT_WRITE if client.unsent else 0
        if len(client.arrived) < WAITING_BYTES_MAX:
            events |= selectors.EVENT_READ
        if self._selector.get_key(client.link).events != events:
            self._selector.modify(client.link, events, client)

    def _cut(self, client: Client) -> None:
        if not client.gone:
            client.gone = True
            self._selector.unregister(client.link)
            client.link.close()
            self._clients.remove(client)
