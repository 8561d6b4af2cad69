"""What a follower tells, kept until it is archived: a queue of blocks with a bound."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from pilothouse.language.rows import Rows
from pilothouse.records.archive.cursors import Cursor
from pilothouse.records.history import SpanLike

BYTES_MAX: Final = 128 << 20
"""Above this the follower waits: its pages are late, and memory stays bounded."""
BYTES_OF_A_BATCH: Final = 32 << 20
HURRY_BYTES: Final = 8 << 20


class NumberedSpan(SpanLike, Protocol):
    """What a follower hands over after each block, with the block's number."""

    @property
    def block(self) -> int:
        """Return the block's number, counted from 1."""


class OtherJournal(RuntimeError):
    """The journal is not the one this archive was made from."""


@dataclass(frozen=True)
class Heard:
    """A copy of a block."""

    block: int
    first_position: int
    time: int
    rows: Rows
    receipts: NDArray[np.int64]
    events: Rows

    @property
    def bytes(self) -> int:
        """Return how much memory it takes."""
        return int(self.rows.nbytes + self.receipts.nbytes + self.events.nbytes)

    @property
    def cursor(self) -> Cursor:
        """Return where the journal stands after it."""
        return Cursor(self.block, self.first_position + len(self.receipts) - 1, self.time)


class Intake:
    """The queue between a follower and the keeper. `done` is how far the archive goes."""

    def __init__(self, done: Cursor, bytes_max: int = BYTES_MAX) -> None:
        self.done = done
        self.heard = done
        self.closed = False
        self._bytes_max = bytes_max
        self._queue: deque[Heard] = deque()
        self._bytes = 0
        self._moved = threading.Condition()

    def hear(self, span: NumberedSpan) -> None:
        """Take in a block; wait while the queue is full. Blocks without anything are passed."""
        last = span.first_position + len(span.receipts) - 1
        now, before = Cursor(span.block, last, span.time), self.heard
        follows = span.block == before.blocks + 1 and span.first_position == before.position + 1
        if not follows:
            raise OtherJournal(
                f"the archive goes to block {before.blocks} and command {before.position}, the "
                f"journal goes on with block {span.block} and command {span.first_position}; "
                f"the next start makes it anew"
            )
        if not self.closed and (len(span.events) or len(span.rows)):
            self._put(_copy(span))
        # Last: what is heard and does not wait is taken for archived.
        self.heard = now

    def _put(self, one: Heard) -> None:
        with self._moved:
            self._moved.wait_for(lambda: self._bytes < self._bytes_max or self.closed)
            self._queue.append(one)
            self._bytes += one.bytes
            self._moved.notify_all()

    def wait(self, timeout_s: float) -> None:
        """Wait for the timeout, or until much is queued or the intake is closed."""
        with self._moved:
            self._moved.wait_for(lambda: self._bytes > HURRY_BYTES or self.closed, timeout_s)

    def take(self) -> list[Heard]:
        """Take the oldest blocks, at most a batch of them."""
        taken: list[Heard] = []
        size = 0
        with self._moved:
            while self._queue and (not taken or size < BYTES_OF_A_BATCH):
                size += self._queue[0].bytes
                taken.append(self._queue.popleft())
            self._bytes -= size
            self._moved.notify_all()
        return taken

    def give_back(self, taken: list[Heard]) -> None:
        """Put blocks back to the front: they could not be written yet."""
        with self._moved:
            self._queue.extendleft(reversed(taken))
            self._bytes += sum(one.bytes for one in taken)

    @property
    def full(self) -> bool:
        """Tell whether the follower has to wait."""
        return self._bytes >= self._bytes_max

    @property
    def waiting(self) -> int:
        """Return how many blocks wait."""
        return len(self._queue)

    def close(self) -> None:
        """Take in nothing any more, and let a waiting follower go on."""
        with self._moved:
            self.closed = True
            self._moved.notify_all()


def _copy(span: NumberedSpan) -> Heard:
    rows = span.rows.copy(), span.receipts.copy(), span.events.copy()
    return Heard(span.block, span.first_position, span.time, *rows)
