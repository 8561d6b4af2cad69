"""The venue client: the one call between processes, `submit(commands) -> receipts`.

A command whose answer was lost with the connection is sent again under the same name, and the
machine answers its first receipt. So a receipt, once given, is always the true one.
"""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pilothouse.language.names import Receipt
from pilothouse.language.rows import Message, Rows
from pilothouse.venue.async_client import AsyncVenueClient
from pilothouse.venue.wire import (
    HEAD,
    PATIENCE_S,
    RECEIPT_WORDS,
    RETRY_S,
    SOCKET,
    FrameRefused,
    Receipts,
    WriterIsAway,
    answer_size,
    ask,
    frames_of,
    read_answer,
    rows_of,
    to_receipts,
)

__all__ = ["AsyncVenueClient", "FrameRefused", "VenueClient", "WriterIsAway"]


class VenueClient:
    """A blocking client for many threads: each call has a connection of its own while it lasts."""

    def __init__(
        self,
        home: Path,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._path = str(Path(home) / SOCKET)
        self._patience_s = patience_s
        self._idle: list[socket.socket] = []
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
            while self._idle:
                self._idle.pop().close()

    def _ask(self, rows: Rows) -> Receipts:
        number = next(self._numbers)
        raw = ask(number, rows)
        deadline = time.monotonic() + self._patience_s
        while True:
            link = self._connection(deadline)
            try:
                link.sendall(raw)
                answered, made = read_answer(*_receive(link))
            except OSError as error:
                link.close()
                if time.monotonic() >= deadline:
                    raise WriterIsAway("the exchange's writer does not answer") from error
                # The name makes sending again safe: executed once, answered as the first time.
                continue
            with self._lock:
                self._idle.append(link)
            if isinstance(made, FrameRefused):
                raise made
            assert answered == number
            return made

    def _connection(self, deadline: float) -> socket.socket:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        while True:
            link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            link.settimeout(self._patience_s)
            try:
                link.connect(self._path)
                return link
            except OSError as error:
                link.close()
                if time.monotonic() >= deadline:
                    raise WriterIsAway("the exchange's writer does not answer") from error
                time.sleep(RETRY_S)


def _receive(link: socket.socket) -> tuple[bytes, bytes]:
    head = _receive_exactly(link, HEAD.size)
    return head, _receive_exactly(link, answer_size(head))


def _receive_exactly(link: socket.socket, size: int) -> bytes:
    made = bytearray()
    while len(made) < size:
        piece = link.recv(size - len(made))
        if not piece:
            raise ConnectionResetError("the writer closed the connection")
        made += piece
    return bytes(made)
