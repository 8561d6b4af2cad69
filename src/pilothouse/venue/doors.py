"""The writer's side of the doors: who is connected, what arrived, what is to be told.

Each door has a socket, and its row of the language's table says what is taken there. Buffers and
connections are bounded for each client and for each door. A client that does not read its
answers, or breaks the frame, is cut; the exchange waits for nobody.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pilothouse.language.doors import Doorway
from pilothouse.venue.door_side import Client, Side
from pilothouse.venue.sockets import is_ours
from pilothouse.venue.wire import Frame, refuse

RECEIVE_BYTES: Final = 1 << 18
CLOSED: Final = -1
"""Stands for the end that wakes a wait once there is none to wake."""


class Doors:
    """The listening sockets, readable by their owner alone, and the clients behind them.

    `more` tells whether whole frames may wait that the last block had no room for.
    """

    def __init__(self, home: Path, doors: Iterable[Doorway] = tuple(Doorway)) -> None:
        self._selector = selectors.DefaultSelector()
        self._waking = threading.RLock()
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._wake_read, selectors.EVENT_READ, None)
        self.sides = [Side(home, one) for one in doors]
        for side in self.sides:
            self._selector.register(side.listener, selectors.EVENT_READ, side)
        self.more = False

    def wait(self, timeout_s: float) -> None:
        """Wait until something arrives, then take in and send out what is possible at once."""
        for key, events in self._selector.select(timeout_s):
            if isinstance(key.data, Side):
                self._accept(key.data)
            elif key.data is None:
                os.read(self._wake_read, 4096)
            else:
                self._serve(key.data, events)

    @property
    def is_closed(self) -> bool:
        """Tell whether the doors are shut for good."""
        return self._wake_write == CLOSED

    def wake(self) -> None:
        """End a wait at once; also from a signal handler or another thread."""
        with self._waking, contextlib.suppress(BlockingIOError):
            if self._wake_write != CLOSED:
                os.write(self._wake_write, b"!")

    def frames(self, rows_max: int) -> list[tuple[Client, Frame]]:
        """Take whole frames until a block of `rows_max` is full, for each door the same share.

        The next frame is always of the door that had the fewest rows of this block. A frame that
        is refused counts as well, so that nobody holds the block up with what is never taken.
        """
        taken: list[tuple[Client, Frame]] = []
        shares = {side: 0 for side in self.sides if side.ready}
        rows = 0
        while shares and rows < rows_max:
            side = min(shares, key=shares.__getitem__)
            found = side.next_frame()
            if found is None:
                del shares[side]
                continue
            client, frame = found
            counted = max(1, len(frame.rows))
            rows, shares[side] = rows + counted, shares[side] + counted
            if frame.refusal:
                side.refused[frame.refusal] += 1
                self.send(client, refuse(frame.number, frame.refusal))
            else:
                taken.append((client, frame))
            self._watch_after(client)
        self._cut_the_broken()
        self.more = rows >= rows_max
        return taken

    def send(self, client: Client, raw: bytes) -> None:
        """Send an answer, or keep what is not read yet; cut the client if that is too much."""
        if client.gone:
            return
        client.keep_unsent(raw)
        self._flush(client)
        if client.reads_too_little:
            self._cut(client)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return what each door refused since the start: by refusal, `strangers`, `let_go`."""
        return {str(side.door): side.counts() for side in self.sides}

    def shut(self, door: Doorway) -> bool:
        """Close one door for the life of this writer; tell whether it was open."""
        for side in [one for one in self.sides if one.door is door]:
            for client in list(side.clients):
                self._cut(client)
            self._selector.unregister(side.listener)
            side.close()
            self.sides.remove(side)
            return True
        return False

    def close(self) -> None:
        """Close every connection and remove the sockets."""
        for side in self.sides:
            for client in list(side.clients):
                self._cut(client)
            side.close()
        self._selector.close()
        # Another thread may ask it to end while it ends: its number may be another file's by then.
        with self._waking:
            ends, self._wake_write = (self._wake_read, self._wake_write), CLOSED
        for end in ends:
            os.close(end)

    def _accept(self, side: Side) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            link, _ = side.listener.accept()
            if not is_ours(link):
                side.strangers += 1
                link.close()
                return
            if side.is_full:
                self._cut(side.longest_idle())
                side.let_go += 1
            link.setblocking(False)
            client = side.admit(link)
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
        client.keep_arrived(raw)
        self._watch(client)

    def _cut_the_broken(self) -> None:
        for side in self.sides:
            while side.broken:
                self._cut(side.broken.pop())

    def _flush(self, client: Client) -> None:
        try:
            while client.unsent:
                client.was_sent(client.link.send(client.unsent))
        except BlockingIOError:
            pass
        except OSError:
            self._cut(client)
            return
        self._watch(client)

    def _watch_after(self, client: Client) -> None:
        """Watch again whom a full door kept waiting, once there is room."""
        if client.side.was_full and not client.side.holds_too_much:
            client.side.was_full = False
            for one in client.side.clients:
                self._watch(one)
        else:
            self._watch(client)

    def _watch(self, client: Client) -> None:
        if client.gone:
            return
        events = selectors.EVENT_WRITE if client.unsent else 0
        if client.may_send_more:
            events |= selectors.EVENT_READ
        if client.watched != events:
            self._selector.modify(client.link, events, client)
            client.watched = events

    def _cut(self, client: Client) -> None:
        if not client.gone:
            self._selector.unregister(client.link)
            client.link.close()
            client.side.forget(client)
