"""A span of the journal is stepped by the release that wrote it, in a process of its own.

The child runs the sources of a trusted release (`journal.releases`) and nothing else of ours. It
is told to step, and answers receipts and events; at the end of the span it hands over its bytes.
"""

from __future__ import annotations

import select
import subprocess
import sys
import time as clock
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import numpy as np

from pilothouse.journal.releases import kept_release
from pilothouse.language.rows import Rows
from pilothouse.language.schema import ROW_WORDS
from pilothouse.venue.progress import PROGRESS_S, UNDER_WAY
from pilothouse.venue.wire import RECEIPT_WORDS, Receipts

CHILD: Final = Path(__file__).with_name("sealed_child.py")
STEP, FINGERPRINT, TO_BYTES, FROM_BYTES = 1, 2, 3, 4


class SealedReleaseFailed(Exception):
    """The process of an older release ended before its work was done."""


@dataclass
class SealedStep:
    """What a block did, as the older release told it."""

    receipts: Receipts
    events: Rows


class SealedMachine:
    """The machine of an older release, behind a pipe. Reads of its state are not possible."""

    def __init__(
        self,
        home: Path,
        digest: bytes,
        raw: bytes | None = None,
        say: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        kept = kept_release(home, digest)
        self.release = digest
        self.position = self.time = 0
        self._say = say
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-B", str(CHILD), str(kept)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        if raw is not None:
            self._ask(FROM_BYTES, 0, raw)
            self.position, self.time = self._words(2)

    def step(self, rows: Rows, time: int) -> SealedStep:
        """Step a block in the older release's process."""
        self._ask(STEP, time, np.ascontiguousarray(rows).tobytes())
        self.position, self.time, receipts, events = self._words(4)
        return SealedStep(self._array(receipts, RECEIPT_WORDS), self._array(events, ROW_WORDS))

    def fingerprint(self) -> tuple[int, int]:
        """Return the older release's fingerprint."""
        self._ask(FINGERPRINT, 0, b"")
        high, low = self._words(2)
        return high, low

    def to_bytes(self) -> bytes:
        """Return the older release's machine as bytes."""
        self._ask(TO_BYTES, 0, b"")
        return self._read(self._words(1)[0])

    def close(self) -> None:
        """End the process."""
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe:
                pipe.close()
        self._child.wait()

    def _ask(self, what: int, time: int, body: bytes) -> None:
        pipe = self._child.stdin
        assert pipe is not None
        try:
            pipe.write(np.array([what, time, len(body)], np.int64).tobytes() + body)
            pipe.flush()
        except BrokenPipeError:
            raise self._failed() from None
        self._wait()

    def _wait(self) -> None:
        # Before its first answer the older release compiles itself, which may take minutes.
        pipe, asked = self._child.stdout, clock.monotonic()
        assert pipe is not None
        while not select.select([pipe], [], [], PROGRESS_S)[0]:
            self._say(
                f"{UNDER_WAY}engine release {self.release.hex()[:16]} is at work behind command "
                f"{self.position:,}, for {clock.monotonic() - asked:.0f} s so far; it compiles "
                f"itself before its first block"
            )

    def _words(self, count: int) -> list[int]:
        return [int(one) for one in np.frombuffer(self._read(8 * count), np.int64)]

    def _array(self, rows: int, words: int) -> Rows:
        raw = bytearray(self._read(8 * rows * words))
        return np.frombuffer(raw, np.int64).reshape(-1, words)

    def _read(self, size: int) -> bytes:
        pipe: IO[bytes] | None = self._child.stdout
        assert pipe is not None
        raw = pipe.read(size)
        if len(raw) < size:
            raise self._failed()
        return raw

    def _failed(self) -> SealedReleaseFailed:
        return SealedReleaseFailed(
            f"the older engine release ended (exit {self._child.wait()}) after command "
            f"{self.position}; what it said stands on standard error"
        )
