"""The follower: a replica that trails the journal's files by one block, in a thread.

It asks the writer nothing. Readers take the machine between two blocks; listeners are told of
every block in order, the replayed history included, before the position is raised.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pilothouse.journal.blocks import Block, Header
from pilothouse.journal.durable import DurableMark
from pilothouse.journal.reader import Reader
from pilothouse.journal.storage import Files, Storage
from pilothouse.journal.threads import is_dead
from pilothouse.language.numbers import SECOND_US
from pilothouse.language.rows import Rows
from pilothouse.venue.held import held
from pilothouse.venue.machine import Release, present_release
from pilothouse.venue.progress import Progress
from pilothouse.venue.recovery import newest_start, replica_at
from pilothouse.venue.replica import Replica
from pilothouse.venue.sealed import SealedMachine
from pilothouse.venue.standstill import STANDSTILL_S, Standstill, Why
from pilothouse.venue.wire import Receipts

LOOK_S: Final = 0.0005
"""How often a follower looks at the mark while blocks come or somebody waits for one."""
IDLE_LOOK_S: Final = 0.005
"""The same after a while without a block."""
BUSY_LOOKS: Final = 200
NO_BLOCK_IS_LATER: Final = 1 << 62
FAR_BEHIND_BLOCKS: Final = 1_000
"""So far behind it replays; that takes a while, and it says how far it is."""
START_S: Final = 120
"""How long a reader waits for a machine: a cold start compiles the engine."""
READ_S: Final = 60
"""How long a reader waits for the pause between two blocks."""


class ReplicaStopped(Exception):
    """The replica stopped at a fault and is not to be read any more."""


class ReplicaIsSealed(ReplicaStopped):
    """An older engine release steps the replica: it follows, and its state cannot be read yet."""


@dataclass(frozen=True)
class Span:
    """A block and what it did. Its events are derived, the same in every replica.

    `rows` is a view of a larger piece of memory: copy what is to be kept.
    """

    first_position: int
    time: int
    rows: Rows
    receipts: Receipts
    events: Rows
    block: int = 0


class Follower:
    """A trailing replica. `fault` is the sentence why it stopped, if it did."""

    def __init__(
        self,
        home: Path,
        *,
        release: Release | None = None,
        storage: Storage | None = None,
        from_snapshot: bool = False,
        say: Callable[[str], None] = lambda sentence: None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.home = Path(home)
        self.storage: Storage = storage or Files(self.home)
        self.position = self.time = self.block = 0
        self.fault: str | None = None
        self.has_caught_up = False
        """Whether it was level with the journal once; before that it tells of long ago."""
        self._given_release = release
        self._from_snapshot, self._say = from_snapshot, say
        self._listeners: list[tuple[int | None, Callable[[Span], None]]] = []
        self._lock, self._moved = threading.RLock(), threading.Condition()
        self._readers_waiting, self._readers_lock = 0, threading.Lock()
        self._stopping, self._hurry = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._replica: Replica | None = None
        self._mark: DurableMark | None = None
        self._steady, self._moved_at = steady, steady()
        self._level_at = self._moved_at
        self._beat = 0, self._moved_at

    def listen(self, callback: Callable[[Span], None], since: int | None = 0) -> None:
        """Have every block told that comes after block `since`; only before `start`.

        Zero is from the very first on: then no snapshot can save the replay. None is whatever
        comes, from wherever this follower starts.
        """
        if self._thread is not None:
            raise RuntimeError("a listener that comes late would miss the blocks before")
        self._listeners.append((since, callback))

    def start(self) -> None:
        """Begin to follow, in a thread of its own."""
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the block under way."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def has_died(self) -> bool:
        """Tell whether its thread ended and nobody had it end; `fault` may say why."""
        thread = self._thread
        return thread is not None and is_dead(thread) and not self._stopping.is_set()

    def wait_for(self, position: int, timeout_s: float) -> bool:
        """Wait until a position is stepped and told; False after the timeout or a fault."""
        self._hurry.set()
        with self._moved:
            self._moved.wait_for(lambda: self.position >= position or self.fault, timeout_s)
            return self.position >= position

    @contextlib.contextmanager
    def machine(self) -> Iterator[Any]:
        """Hold the replica's machine between two blocks; raise ReplicaStopped after a fault.

        Raises ReplicaIsSealed up to the first block of the release that runs now.
        """
        self._count_reader(1)
        try:
            if not self._lock.acquire(timeout=READ_S):
                raise ReplicaStopped(f"no block ended for {READ_S} s after {self.position:,}")
        finally:
            self._count_reader(-1)
        try:
            self._refuse_sealed(self.replica)
            yield self.replica.machine
        finally:
            self._lock.release()

    @property
    def replica(self) -> Replica:
        """Return the replica once the follower started; raise ReplicaStopped after a fault."""
        if self._replica is None:
            with self._moved:
                self._moved.wait_for(lambda: self._replica or self.fault, START_S)
        if self._replica is None or self.fault:
            raise ReplicaStopped(self.fault or "the follower is not started")
        return self._replica

    @property
    def tail(self) -> Header | None:
        """Return the header of the last block, as it was read back from the files."""
        return self._replica.tail if self._replica and not self.fault else None

    @property
    def standstill(self) -> Standstill | None:
        """Say since when nothing new was seen, if for longer than the writer ever pauses.

        None before the first block. Judged by the steady clock: the one on the wall may jump.
        """
        if not self.block:
            return None
        if self.fault:
            return Standstill(self.time, Why.STOPPED)
        if self._steady() - self._moved_at <= STANDSTILL_S:
            return None
        is_behind = self._mark is not None and self._mark.block > self.block
        return Standstill(self.time, Why.BEHIND if is_behind else Why.NOTHING_WRITTEN)

    @property
    def blocks_behind(self) -> int:
        """Return how many durable blocks it has not stepped; also 0 while the writer is gone."""
        return max(0, self._mark.block - self.block) if self._mark is not None else 0

    @property
    def behind_s(self) -> float:
        """Return for how long it has been behind the writer, 0 while it is level with it."""
        return self._steady() - self._level_at if self.blocks_behind else 0.0

    @property
    def now_us(self) -> int:
        """Return the exchange's time now: the last block's, and what passed since by the steady
        clock. It never follows a machine's clock that the exchange does not follow.
        """
        time_us, seen_at = self._beat
        return time_us + max(0, int((self._steady() - seen_at) * SECOND_US))

    @property
    def clock_held(self) -> str:
        """Say why the exchange's time does not follow the machine's clock; empty while it does."""
        hold = held(self.home)
        return hold.said() if hold else ""

    @property
    def release(self) -> Release:
        """The engine release this follower runs."""
        if self._given_release is None:
            self._given_release = present_release()
        return self._given_release

    @property
    def is_sealed(self) -> bool:
        """Tell whether an older engine release steps the replica."""
        return self._replica is not None and isinstance(self._replica.machine, SealedMachine)

    def _refuse_sealed(self, replica: Replica) -> None:
        if replica.tail and isinstance(replica.machine, SealedMachine):
            raise ReplicaIsSealed(
                f"engine release {replica.tail.release.hex()[:16]} wrote block "
                f"{replica.tail.number}, and its state cannot be read by release "
                f"{self.release.digest.hex()[:16]}, which runs now; it can as soon as the writer "
                f"of this release wrote a block. Start it with `pilothouse up`"
            )

    def _count_reader(self, more: int) -> None:
        with self._readers_lock:
            self._readers_waiting += more

    def _follow(self) -> None:
        try:
            self._replica = self._begin()
            self._notify(self._replica.tail)
            self._trail(self._replica, Reader(self.storage, self._replica.tail))
        except Exception as error:
            self.fault = f"{type(error).__name__}: {error}"
            self._say(f"This replica stopped after command {self.position}. {self.fault}")
            self._notify(None)

    def _begin(self) -> Replica:
        start = None
        if self._from_snapshot:
            known = (since for since, _ in self._listeners if since is not None)
            told = min(known, default=NO_BLOCK_IS_LATER)
            start = newest_start(
                self.storage, self.release, self._say, lambda head: head.block <= told
            )
        return replica_at(self.home, self.release, start, self._say)

    def _trail(self, replica: Replica, reader: Reader) -> None:
        mark = self._mark = DurableMark(self.storage)
        quiet_looks, progress = 0, Progress(self._say)
        while not self._stopping.is_set():
            quiet_looks += 1
            self._level_at = self._steady()
            for block in reader.read(mark.block):
                self._step(replica, block)
                if mark.block - self.block > FAR_BEHIND_BLOCKS:
                    progress.at(f"replay, at {replica.so_far(block.header, mark.block)}")
                # An empty block is only the clock: nobody is busy because of it.
                quiet_looks = 0 if block.header.commands else quiet_looks
                if self._stopping.is_set():
                    break
            else:
                self.has_caught_up = True
            if self._hurry.wait(LOOK_S if quiet_looks < BUSY_LOOKS else IDLE_LOOK_S):
                self._hurry.clear()
                quiet_looks = 0
        reader.close()
        replica.close()

    def _step(self, replica: Replica, block: Block) -> None:
        with self._lock:
            stepped = replica.step(block)
            head = block.header
            did = stepped.receipts, stepped.events
            span = Span(head.first_position, head.time, block.rows, *did, head.number)
            for since, listener in self._listeners:
                if head.number > (since or 0):
                    listener(span)
            self._notify(head)
        if self._readers_waiting:
            # A lock that is let go and taken again at once would starve them while catching up.
            time.sleep(LOOK_S)

    def _notify(self, tail: Header | None) -> None:
        with self._moved:
            if tail:
                self.block, self.time = tail.number, tail.time
                self._moved_at = self._steady()
                self._beat = tail.time, self._moved_at
                self.position = tail.last_position
            self._moved.notify_all()
