"""What a follower tells, kept until it is archived: a queue of blocks with a bound.

A follower tells every block from the first one on, whenever it starts. What the cursor says is
archived is left out, but for blocks that list something, which the fold must have heard of.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilothouse.language.rows import Rows
from pilothouse.records.archive.archive import Cursor
from pilothouse.records.archive.listings import lists
from pilothouse.records.history import SpanLike

BYTES_MAX: Final = 128 << 20
"""Above this the follower waits: its pages are late, and memory stays bounded."""
BYTES_OF_A_BATCH: Final = 32 << 20
HURRY_BYTES: Final = 8 << 20


class OtherJournal(RuntimeError):
    """The journal is not the one this archive was made from."""


@dataclass(frozen=True)
class Heard:
    """A copy of a block. `archived` says that its rows count already."""

    block: int
    first_position: int
    time: int
    rows: Rows
    receipts: NDArray[np.int64]
    events: Rows
    archived: bool

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
        self.heard = Cursor()
        self.closed = False
        self._bytes_max = bytes_max
        self._queue: deque[Heard] = deque()
        self._bytes = 0
        self._moved = threading.Condition()

    def hear(self, span: SpanLike) -> None:
        """Take in a block; wait while the queue is full. Blocks without anything are passed."""
        block = self.heard.blocks + 1
        last = span.first_position + len(span.receipts) - 1
        self.heard = Cursor(block, last, span.time)
        archived = block <= self.done.blocks
        if block == self.done.blocks and self.heard != self.done:
            raise OtherJournal(
                f"the archive ends at {self.done}, the journal says {self.heard}; "
                f"move the folder `archive` away and it is made again"
            )
        if self.closed or not _matters(span, archived):
            return
        copy = Heard(block, span.first_position, span.time, span.rows.copy(),
                     span.receipts.copy(), span.events.copy(), archived)  # fmt: skip
        with self._moved:
            self._moved.wait_for(lambda: self._bytes < self._bytes_max or self.closed)
            self._queue.append(copy)
            self._bytes += copy.bytes
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


def _matters(span: SpanLike, archived: bool) -> bool:
    if archived:
        return lists(span.events)
    return bool(len(span.events) or len(span.rows))
