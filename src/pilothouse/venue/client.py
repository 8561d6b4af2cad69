"""The venue client: the one call between processes, `submit(commands) -> receipts`.

A command whose answer was lost with the connection is sent again under the same name, and the
machine answers its first receipt. So a receipt, once given, is always the true one.
"""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pilothouse.language.commands import OpenDoor
from pilothouse.language.doors import Doorway
from pilothouse.language.names import Name, Receipt
from pilothouse.language.rows import Message, Rows
from pilothouse.venue.async_client import AsyncVenueClient
from pilothouse.venue.sockets import PathIsTooLong, connect
from pilothouse.venue.wire import (
    HEAD,
    NO_ANSWER,
    PATIENCE_S,
    RECEIPT_WORDS,
    RETRY_S,
    FrameRefused,
    Receipts,
    WriterIsAway,
    WriterIsBusy,
    answer_size,
    ask,
    door_for,
    frames_of,
    opened,
    read_answer,
    rows_of,
    to_receipts,
)

__all__ = ["AsyncVenueClient", "FrameRefused", "VenueClient", "WriterIsAway", "WriterIsBusy"]


class VenueClient:
    """A blocking client for many threads: each call has a connection of its own while it lasts."""

    def __init__(
        self,
        home: Path,
        patience_s: float = PATIENCE_S,
        door: Doorway | None = None,
    ) -> None:
        """Come in by a door; without one, by that of the sender of each frame's first command."""
        self._home, self._door = Path(home), door
        self._patience_s = patience_s
        self._idle: defaultdict[Doorway, list[socket.socket]] = defaultdict(list)
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)

    def submit(self, messages: Sequence[Message]) -> list[Receipt]:
        """Send commands and return their receipts in order; raise WriterIsAway, FrameRefused."""
        return to_receipts(self.submit_rows(rows_of(messages))) if messages else []

    def submit_rows(self, rows: Rows) -> Receipts:
        """Send commands as rows and return receipts of shape (commands, 4)."""
        answered = [self._ask(piece) for piece in frames_of(rows)]
        return np.concatenate(answered) if answered else np.zeros((0, RECEIPT_WORDS), np.int64)

    def close(self) -> None:
        """Close the connections that are not in use."""
        with self._lock:
            for idle in self._idle.values():
                while idle:
                    idle.pop().close()

    def open_door(self, sender: int) -> int:
        """Open a sender's door; return the `hi` of its names from now on. Raises DoorStaysShut."""
        return opened(self.submit([Message(OpenDoor(), Name(sender, 0, 0))]))

    def _ask(self, rows: Rows) -> Receipts:
        number = next(self._numbers)
        raw, door = ask(number, rows), self._door or door_for(rows)
        deadline = time.monotonic() + self._patience_s
        while True:
            link = self._connection(door, deadline)
            try:
                # Each wait ends with the call's patience, also one for a writer that hangs.
                link.settimeout(_left(deadline))
                link.sendall(raw)
                answered, made = read_answer(*_receive(link, deadline))
            except OSError as error:
                link.close()
                if time.monotonic() >= deadline:
                    raise WriterIsAway(NO_ANSWER) from error
                # The name makes sending again safe: executed once, answered as the first time.
                continue
            with self._lock:
                self._idle[door].append(link)
            if isinstance(made, FrameRefused):
                raise made
            assert answered == number
            return made

    def _connection(self, door: Doorway, deadline: float) -> socket.socket:
        with self._lock:
            if self._idle[door]:
                return self._idle[door].pop()
        while True:
            try:
                return connect(self._home, door, _left(deadline))
            except PathIsTooLong:
                raise
            except OSError as error:
                if time.monotonic() >= deadline:
                    raise WriterIsAway(NO_ANSWER) from error
                time.sleep(RETRY_S)


def _left(deadline: float) -> float:
    # Zero would make the socket one that never waits.
    return max(0.001, deadline - time.monotonic())


def _receive(link: socket.socket, deadline: float) -> tuple[bytes, bytes]:
    head = _receive_exactly(link, HEAD.size, deadline)
    return head, _receive_exactly(link, answer_size(head), deadline)


def _receive_exactly(link: socket.socket, size: int, deadline: float) -> bytes:
    made = bytearray()
    while len(made) < size:
        link.settimeout(_left(deadline))
        piece = link.recv(size - len(made))
        if not piece:
            raise ConnectionResetError("the writer closed the connection")
        made += piece
    return bytes(made)
