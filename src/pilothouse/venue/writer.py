"""The writer: the one process that holds the pen. One thread, no HTTP, no Django.

It collects what has arrived into a block, stamps it, makes it durable, steps it, and answers. The
order of these five is the promise of the exchange: nobody is told what is not on the disk.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from pilothouse.journal.appender import Appender
from pilothouse.journal.blocks import Pen
from pilothouse.journal.crash import crash_point
from pilothouse.journal.releases import keep_release
from pilothouse.journal.snapshots import write_snapshot
from pilothouse.journal.storage import Files, Storage
from pilothouse.language.commands import RecordFingerprint
from pilothouse.language.names import Name, Sender
from pilothouse.language.rows import Message, Rows, to_rows
from pilothouse.language.schema import ROW_WORDS
from pilothouse.venue.clock import Clock, wall_clock_us
from pilothouse.venue.doors import Client, Doors
from pilothouse.venue.machine import Release, present_release
from pilothouse.venue.recovery import Recovered, recover
from pilothouse.venue.replica import ReplicaDiffers
from pilothouse.venue.snapshotter import snapshot_of
from pilothouse.venue.standstill import IDLE_S
from pilothouse.venue.wire import Frame, Receipts, answer

LOCK: Final = "writer.lock"
BLOCK_ROWS: Final = 16_384
"""Once a block holds this many rows it takes no further frame."""
UNQUIET_S: Final = 0.002
"""So soon an empty block follows while the machine has work of its own under way."""
FINGERPRINT_BLOCKS: Final = 4_096
"""Blocks between two fingerprints in the journal."""

_NO_ROWS: Final[Rows] = np.zeros((0, ROW_WORDS), np.int64)


class AnotherWriter(Exception):
    """Another process holds the pen of this folder."""


@contextlib.contextmanager
def pen_of(home: Path) -> Iterator[IO[bytes]]:
    """Hold the pen of a folder; raise AnotherWriter. The lock dies with the process."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(home / LOCK, "ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherWriter(f"another writer runs on {home}; two would tear it") from None
        yield lock


class Writer:
    """The loop from frames to receipts. It is made under the pen and owns the machine."""

    def __init__(
        self,
        home: Path,
        release: Release,
        *,
        storage: Storage | None = None,
        say: Callable[[str], None] = lambda sentence: None,
        now: Callable[[], int] = wall_clock_us,
        fingerprint_blocks: int = FINGERPRINT_BLOCKS,
    ) -> None:
        storage = storage or Files(home)
        found: Recovered = recover(home, storage, release, say)
        if found.tail and found.replica.handed_over:
            # The seal between two releases: from here on nobody has to run the older one to start.
            write_snapshot(storage, snapshot_of(found.replica.machine, found.tail, release.digest))
        term = found.tail.term + 1 if found.tail else 1
        self.machine: Any = found.replica.machine
        self.doors = Doors(home)
        self._journal = Appender(storage, Pen(release.digest, term), found.tail)
        self._clock = Clock(found.tail.time if found.tail else 0, now)
        self._term, self._fingerprint_blocks = term, fingerprint_blocks
        self._stopping = False
        self._blocks_since_fingerprint = fingerprint_blocks
        self._fingerprints = 0
        self._last_block = time.monotonic()
        say(f"Recovered at command {self.machine.position}; {found.replayed} were stepped again.")
        crash_point("startup")

    def run(self) -> None:
        """Serve until `stop`; then journal a last fingerprint. Raises JournalFailed."""
        try:
            while not self._stopping:
                self.doors.wait(self._patience())
                self._turn()
            self._blocks_since_fingerprint = self._fingerprint_blocks
            if self.machine.position:
                self.commit([])
        finally:
            self.doors.close()
            self._journal.close()

    def stop(self) -> None:
        """Ask the loop to end after the block under way; also from a signal handler."""
        self._stopping = True
        self.doors.wake()

    def commit(self, taken: list[tuple[Client, Frame]]) -> None:
        """Make a block of frames durable, step it, and answer."""
        own = self._fingerprint_rows()
        rows = np.concatenate([own, *(frame.rows for _, frame in taken)])
        commands = len(own) + sum(frame.commands for _, frame in taken)
        header = self._journal.append(rows, commands, self._clock.stamp())
        crash_point("answer")
        stepped = self.machine.step(rows, header.time)
        if self.machine.position != header.last_position:
            raise ReplicaDiffers(f"block {header.number} ends at another command in the machine")
        self._answer(taken, stepped.receipts[len(own) :])
        self._blocks_since_fingerprint += 1
        self._last_block = time.monotonic()

    def _turn(self) -> None:
        taken = self.doors.frames(BLOCK_ROWS)
        if taken or (self.machine.position and self._patience() <= 0):
            self.commit(taken)

    def _patience(self) -> float:
        if self.doors.more:
            return 0.0
        if not self.machine.position:
            return IDLE_S
        pause = IDLE_S if self.machine.quiet() else UNQUIET_S
        return max(0.0, self._last_block + pause - time.monotonic())

    def _answer(self, taken: list[tuple[Client, Frame]], receipts: Receipts) -> None:
        at = 0
        for client, frame in taken:
            self.doors.send(client, answer(frame.number, receipts[at : at + frame.commands]))
            at += frame.commands

    def _fingerprint_rows(self) -> Rows:
        """Return the fingerprint after the last block, as a command, once every so many blocks."""
        if not self.machine.position or self._blocks_since_fingerprint < self._fingerprint_blocks:
            return _NO_ROWS
        self._blocks_since_fingerprint = 0
        self._fingerprints += 1
        high, low = self.machine.fingerprint()
        record = RecordFingerprint(position=self.machine.position, hi=high, lo=low)
        return to_rows(Message(record, Name(Sender.WRITER, self._term, self._fingerprints)))


def _kept_release(home: Path) -> Release:
    keep_release(home)
    return present_release()


def go_first() -> None:
    """Have the system run this thread before ordinary ones, if it grants that.

    An order waits for the writer's one thread; previews and snapshots can wait.
    """
    # Recovery's long computing is over by now, and children are ordinary again. Systems other than
    # Linux have no such call.
    with contextlib.suppress(PermissionError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))


def log_line(sentence: str) -> None:
    """Write a sentence for whoever watches the process."""
    print(f"writer: {sentence}", file=sys.stderr, flush=True)


def run_writer(
    home: Path,
    *,
    release: Release | None = None,
    say: Callable[[str], None] = log_line,
    ready: Callable[[], None] = lambda: None,
    fingerprint_blocks: int = FINGERPRINT_BLOCKS,
) -> None:
    """Be the writer process: take the pen, recover, serve until SIGTERM or SIGINT.

    Calls `ready` when the socket answers. Raises AnotherWriter, Damaged, JournalFailed.
    """
    home = Path(home)
    with pen_of(home):
        writer = Writer(
            home,
            release or _kept_release(home),
            say=say,
            fingerprint_blocks=fingerprint_blocks,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: writer.stop())
        # What recovery left behind lives on: a collection need not look at it again.
        gc.collect()
        gc.freeze()
        go_first()
        ready()
        writer.run()


if __name__ == "__main__":
    run_writer(Path(sys.argv[1] if len(sys.argv) > 1 else os.environ["PILOTHOUSE_HOME"]))
