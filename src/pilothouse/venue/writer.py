"""The writer: the one process that holds the pen. One thread, no HTTP, no Django.

It collects what has arrived into a block, stamps it, makes it durable, steps it, and answers. The
order of these five is the promise of the exchange: nobody is told what is not on the disk.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from pilothouse.journal.appender import Appender
from pilothouse.journal.blocks import Header, Pen
from pilothouse.journal.crash import crash_point
from pilothouse.journal.lost import conclude_accepted
from pilothouse.journal.releases import keep_release
from pilothouse.journal.snapshots import write_snapshot
from pilothouse.journal.steady import steady_us
from pilothouse.journal.storage import Files, Storage
from pilothouse.journal.trust import trust
from pilothouse.language.commands import RecordFingerprint
from pilothouse.language.doors import Doorway
from pilothouse.language.names import Name, Sender
from pilothouse.language.rows import Message, Rows, to_rows
from pilothouse.language.schema import ROW_WORDS, Command
from pilothouse.venue.clock import Clock, wall_clock_us
from pilothouse.venue.door_side import Client
from pilothouse.venue.doors import Doors
from pilothouse.venue.growing import Growing
from pilothouse.venue.machine import Release, present_release
from pilothouse.venue.pen import AnotherWriter, pen_of
from pilothouse.venue.recovery import NOTHING_TOLD, Recovered, Told, recover
from pilothouse.venue.replica import ReplicaDiffers
from pilothouse.venue.snapshotter import snapshot_of
from pilothouse.venue.sockets import write_counts
from pilothouse.venue.standstill import IDLE_S
from pilothouse.venue.wire import Frame, Receipts, answer

BLOCK_ROWS: Final = 16_384
"""Once a block holds this many rows it takes no further frame."""
UNQUIET_S: Final = 0.002
"""So soon an empty block follows while the machine has work of its own under way."""
TELL_S: Final = 1.0
FINGERPRINT_BLOCKS: Final = 1_000
"""Blocks between two fingerprints in the journal: a replica that differs is believed no longer."""

__all__ = ["AnotherWriter", "Writer", "go_first", "log_line", "pen_of", "run_writer"]

_NO_ROWS: Final[Rows] = np.zeros((0, ROW_WORDS), np.int64)


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
        steady: Callable[[], int] = steady_us,
        fingerprint_blocks: int = FINGERPRINT_BLOCKS,
        doors: Iterable[Doorway] = tuple(Doorway),
        told: Told = NOTHING_TOLD,
        alive: Callable[[], None] = lambda: None,
        founding_ends: bool = False,
    ) -> None:
        storage = storage or Files(home)
        found: Recovered = recover(home, storage, release, say, told)
        term = found.tail.term + 1 if found.tail else 1
        self.machine: Any = found.replica.machine
        self.doors = Doors(home, doors)
        self._journal = Appender(storage, Pen(release.digest, term), found.tail)
        conclude_accepted(storage)
        if found.tail and found.replica.handed_over:
            _seal_between(storage, found.replica.machine, found.tail, release.digest, say)
        last = found.tail.time if found.tail else 0
        self._clock = Clock(last, now, steady, home, say, not told.may_be_old)
        self._term, self._fingerprint_blocks = term, fingerprint_blocks
        self._stopping, self._alive = False, alive
        self._founding_ends = founding_ends
        self._home, self._say = home, say
        self._told_refused, self._refused = 0.0, self.doors.counts()
        write_counts(home, self._refused)
        self._blocks_since_fingerprint = fingerprint_blocks
        self._growing = Growing(say)
        self._own_commands = 0
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
            self._clock.note()

    def stop(self) -> None:
        """Ask the loop to end after the block under way; also from a signal handler."""
        self._stopping = True
        self.doors.wake()

    def commit(self, taken: list[tuple[Client, Frame]]) -> None:
        """Make a block of frames durable, step it, and answer."""
        own = self._own_rows()
        rows = np.concatenate([own, *(frame.rows for _, frame in taken)])
        commands = len(own) + sum(frame.commands for _, frame in taken)
        header = self._journal.append(rows, commands, self._clock.stamp())
        crash_point("answer")
        stepped = self.machine.step(rows, header.time)
        if self.machine.position != header.last_position:
            raise ReplicaDiffers(f"block {header.number} ends at another command in the machine")
        self._answer(taken, stepped.receipts[len(own) :])
        self._end_founding(taken)
        self._blocks_since_fingerprint += 1
        self._last_block = time.monotonic()
        # Given behind the sync and the answers: a writer that cannot do those gives none.
        self._alive()

    def _end_founding(self, taken: list[tuple[Client, Frame]]) -> None:
        """Shut the door of the founding once anybody else has spoken: it makes money."""
        if self._founding_ends and any(one.side.door is not Doorway.FOUNDING for one, _ in taken):
            self._founding_ends = False
            if self.doors.shut(Doorway.FOUNDING):
                self._say("The founding is over; its door is shut.")

    def _turn(self) -> None:
        taken = self.doors.frames(BLOCK_ROWS)
        self._tell_refused()
        if not self.machine.position:
            # Before the first command there are no blocks; from then on a block is the sign.
            self._alive()
        if taken or (self.machine.position and self._patience() <= 0):
            self.commit(taken)

    def _tell_refused(self) -> None:
        """Say what the doors refused since it was last said, once a second at most."""
        now = time.monotonic()
        if now < self._told_refused + TELL_S:
            return
        self._told_refused = now
        counts = self.doors.counts()
        if counts != self._refused:
            self._refused = counts
            write_counts(self._home, counts)
            self._say(f"the doors refused so far: {json.dumps(counts)}")

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

    def _own_rows(self) -> Rows:
        """Return the commands that the writer itself has to say, one row each."""
        if not self.machine.position:
            return _NO_ROWS
        said = [*self._fingerprint(), *self._growing.due(self.machine)]
        return np.concatenate([_NO_ROWS, *map(self._named, said)])

    def _fingerprint(self) -> Iterator[Command]:
        """Yield the fingerprint after the last block, once every so many blocks."""
        if self._blocks_since_fingerprint < self._fingerprint_blocks:
            return
        self._blocks_since_fingerprint = 0
        high, low = self.machine.fingerprint()
        yield RecordFingerprint(position=self.machine.position, hi=high, lo=low)

    def _named(self, command: Command) -> Rows:
        self._own_commands += 1
        return to_rows(Message(command, Name(Sender.WRITER, self._term, self._own_commands)))


def _seal_between(
    storage: Storage, machine: Any, tail: Header, release: bytes, say: Callable[[str], None]
) -> None:
    # The seal between two releases: from here on nobody has to run the older one to start.
    try:
        write_snapshot(storage, snapshot_of(machine, tail, release))
    except OSError as error:
        say(f"No snapshot could be written: {error}.")


def _kept_release(home: Path) -> Release:
    # What this user runs as the writer may also replay what it wrote, after the next upgrade.
    trust(keep_release(home).hex(), "ran here as the writer")
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
    """Write a sentence for people who watch the process."""
    print(f"writer: {sentence}", file=sys.stderr, flush=True)


def run_writer(
    home: Path,
    *,
    release: Release | None = None,
    say: Callable[[str], None] = log_line,
    ready: Callable[[], None] = lambda: None,
    fingerprint_blocks: int = FINGERPRINT_BLOCKS,
    doors: Iterable[Doorway] = tuple(Doorway),
    told: Callable[[], Told] = lambda: NOTHING_TOLD,
    alive: Callable[[], None] = lambda: None,
    founding_ends: bool = False,
) -> None:
    """Be the writer process: take the pen, recover, serve at these doors until SIGTERM or SIGINT.

    `told` is called once the pen is held. Calls `ready` when the socket answers, and `alive`
    whenever the loop has come round. Raises
    AnotherWriter, Damaged, JournalFailed.
    """
    home = Path(home)
    with pen_of(home):
        writer = Writer(
            home,
            release or _kept_release(home),
            say=say,
            fingerprint_blocks=fingerprint_blocks,
            doors=doors,
            told=told(),
            alive=alive,
            founding_ends=founding_ends,
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
