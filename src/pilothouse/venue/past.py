"""The past: a machine stopped at any moment of the journal.

The nearest snapshot at or before the moment, or a machine that stood near it a while ago, then
the journal's own blocks. Within a block the machine stops before one command, or before one of
the examinations at the block's end, so that what it shows is what decided. It is always a machine
of the asker's own: the replica that pages read is never touched.

Only what the present engine release wrote can be read: an older release decided by other sources.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pilothouse.engine.growth import used_rows
from pilothouse.engine.machine import Machine
from pilothouse.journal.blocks import Block, Header
from pilothouse.journal.durable import DurableMark
from pilothouse.journal.reader import Reader
from pilothouse.journal.snapshots import SnapshotHead
from pilothouse.journal.storage import Files, Storage
from pilothouse.language.rows import Rows
from pilothouse.language.schema import ROW_WORDS
from pilothouse.venue.halting import Halt, halt_before_command, halt_before_event
from pilothouse.venue.machine import Release, Stepped, present_release
from pilothouse.venue.moments import NO_BLOCK, latest_moment, said
from pilothouse.venue.progress import Progress
from pilothouse.venue.recovery import Start, header_of, newest_start, replica_at
from pilothouse.venue.replica import Replica
from pilothouse.venue.sealed import SealedMachine

EVENT_POSITION: Final = 1
"""The word of an event's row that says which command it belongs to."""
MACHINES_KEPT: Final = 3
"""Machines at the last moments that were asked about: the next question is often near."""
MACHINE_BYTES_MAX: Final = 1 << 30
"""A machine whose tables in use are larger is not kept."""

Watch = Callable[[Block, Stepped], None]
"""Told of each block on the way and of what it did."""


class NoSuchMoment(LookupError):
    """The journal has no such command, block or event, or not yet."""


class MomentIsToCome(NoSuchMoment):
    """The moment is later than the clock and than the journal: nobody knows it yet."""


class PastIsSealed(Exception):
    """An older engine release wrote the moment; the present one may not explain it."""


@dataclass(frozen=True)
class Standing:
    """A machine behind the block `tail`, and the block that follows it, if one does."""

    machine: Machine
    tail: Header | None
    following: Block | None


class Past:
    """Machines of one home's journal, stopped where they are asked to. Many threads may ask."""

    def __init__(
        self,
        home: Path,
        *,
        release: Release | None = None,
        storage: Storage | None = None,
        say: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.home = Path(home)
        self._storage: Storage = storage or Files(self.home)
        self._given_release = release
        self._say = say
        self._kept: list[Start] = []
        self._outcomes: dict[int, int] = {}
        self._lock = threading.Lock()

    def as_of(self, time: int, now: int) -> Halt:
        """Stop behind the last block stamped at or before a time that is past (microseconds).

        `now` is the asker's clock: a later moment is refused, unless the journal has reached it.
        """
        if time > now:
            self._refuse_to_come(time)
        near = self._stand(lambda at: at.time <= time, lambda head: head.time > time)
        if near.tail is not None:
            return Halt(near.machine, near.tail, "between blocks")
        if near.following is None:
            raise NoSuchMoment(f"{NO_BLOCK}: start the exchange with `pilothouse up`")
        raise NoSuchMoment(
            f"the journal begins after {said(time)}, at {said(near.following.header.time)}; "
            f"name that moment or a later one, as a datetime or in microseconds since 1970"
        )

    def after(self, position: int) -> Halt:
        """Stop behind the block that holds a command, everything at its end done."""
        near = self._stand(
            lambda at: at.position < position, lambda head: head.first_position > position
        )
        if near.tail is None or near.tail.last_position < position:
            raise NoSuchMoment(self._too_far(f"command {position:,}"))
        return Halt(near.machine, near.tail, "between blocks")

    def before_command(self, position: int, watch: Watch | None = None) -> Halt:
        """Stop just before a command, with its block begun and the commands before it done.

        `watch` is told of every block on the way there.
        """
        near, block = self._begin(
            f"command {position:,}",
            lambda at: at.position < position,
            lambda head: head.last_position >= position,
            watch,
        )
        if not block.header.first_position <= position <= block.header.last_position:
            raise NoSuchMoment(f"the journal has no command {position}")
        return halt_before_command(near.machine, block, position)

    def before_event(self, number: int, event: int, watch: Watch | None = None) -> Halt:
        """Stop just before what told the event of this place among those of block `number`."""
        near, block = self._begin(
            f"block {number:,}",
            lambda at: at.block < number,
            lambda head: head.number >= number,
            watch,
        )
        halt = halt_before_event(near.machine, block, event)
        if halt is None:
            raise NoSuchMoment(f"block {number} told no event {event}")
        return halt

    def lead_up_to(self, number: int, watch: Watch) -> tuple[Header, Machine]:
        """Have `watch` told of the blocks before block `number`, from the nearest snapshot on.

        Return the header of the first of them (there is one: `number` is above 1) and the machine
        behind the last.
        """
        start = newest_start(
            self._storage, self.release, self._say, lambda head: head.block < number - 1
        )
        replica, first = replica_at(self.home, self.release, start, self._say), None
        with closing(Reader(self._storage, replica.tail)) as reader:
            for block in reader.read(number - 1):
                self._refuse_sealed(block.header.release)
                first = first or block.header
                watch(block, replica.step(block))
        assert first is not None
        return first, replica.machine

    def blocks_from_command(self, position: int) -> Iterator[tuple[Machine, Block]]:
        """Yield each block from the one that holds a command on, and a machine before it.

        It is the same machine: whoever asks steps it before asking for the next block.
        """
        near, _ = self._begin(
            f"command {position:,}",
            lambda at: at.position < position,
            lambda head: head.last_position >= position,
        )
        yield from self._blocks_from(near)

    def blocks_from_block(self, number: int) -> Iterator[tuple[Machine, Block]]:
        """Yield each block from block `number` on with a machine before it; none beyond the end.

        It is the same machine, as of `blocks_from_command`.
        """
        yield from self._blocks_from(
            self._stand(lambda at: at.block < number, lambda head: head.number >= number)
        )

    def blocks_from_time(self, time: int) -> Iterator[tuple[Machine, Block]]:
        """Yield each block stamped at or after a time (microseconds), as `blocks_from_block`."""
        yield from self._blocks_from(
            self._stand(lambda at: at.time < time, lambda head: head.time >= time)
        )

    def blocks_behind(self, number: int) -> Iterator[Block]:
        """Yield every block of the journal behind block `number`; nothing is stepped."""
        after = header_of(self._storage, number) if number else None
        with closing(Reader(self._storage, after)) as reader:
            yield from reader.read(self._end())

    def _blocks_from(self, near: Standing) -> Iterator[tuple[Machine, Block]]:
        if near.following is None:
            return
        self._refuse_sealed(near.following.header.release)
        yield near.machine, near.following
        with closing(Reader(self._storage, near.following.header)) as reader:
            for following in reader.read(self._end()):
                self._refuse_sealed(following.header.release)
                yield near.machine, following

    def outcome(self, position: int) -> int:
        """Return what became of a command: 0, or the number of the refusal."""
        with self._lock:
            known = self._outcomes.get(position)
        if known is None:
            known = self.before_command(position).outcome
            self.became(position, known)
        return known

    def became(self, position: int, outcome: int) -> None:
        """Note what became of a command, so that nobody has to step to it to know."""
        with self._lock:
            self._outcomes[position] = outcome

    @property
    def release(self) -> Release:
        """The engine release that is running, the only one whose past can be read."""
        if self._given_release is None:
            self._given_release = present_release()
        return self._given_release

    def _begin(
        self,
        what: str,
        fits: Callable[[SnapshotHead], bool],
        there: Callable[[Header], bool],
        watch: Watch | None = None,
    ) -> tuple[Standing, Block]:
        near = self._stand(fits, there, watch)
        if near.following is None:
            raise NoSuchMoment(self._too_far(what))
        self._refuse_sealed(near.following.header.release)
        return near, near.following

    def _stand(
        self,
        fits: Callable[[SnapshotHead], bool],
        there: Callable[[Header], bool],
        watch: Watch | None = None,
    ) -> Standing:
        """Step from the nearest start that fits until the next block is there, or the end."""
        replica = replica_at(self.home, self.release, self._start(fits), self._say)
        following, end, progress = None, self._end(), Progress(self._say)
        try:
            with closing(Reader(self._storage, replica.tail)) as reader:
                for block in reader.read(end):
                    if there(block.header):
                        following = Block(block.header, np.array(block.rows))
                        break
                    stepped = replica.step(block)
                    if watch:
                        watch(block, stepped)
                    progress.at(f"stepping to it, at {replica.so_far(block.header, end)}")
            return self._standing(replica, following)
        finally:
            replica.close()

    def _standing(self, replica: Replica, following: Block | None) -> Standing:
        if isinstance(replica.machine, SealedMachine):
            # Only at the border to the present release does the present one read an older state.
            head = following.header if following else replica.tail
            self._refuse_sealed(head.release if head else b"")
            replica.use_present_release()
        machine: Machine = replica.machine
        self._keep(machine, replica.tail)
        return Standing(machine, replica.tail, following)

    def _refuse_sealed(self, release: bytes) -> None:
        if release != self.release.digest:
            raise PastIsSealed(
                f"engine release {release.hex()[:16]} decided this, and release "
                f"{self.release.digest.hex()[:16]} runs now; only the release that decided may "
                f"show its arithmetic. Its sources are in engines/{release.hex()}"
            )

    def _refuse_to_come(self, time: int) -> None:
        latest = self._latest()
        if latest is None or time > latest.time:
            to_do = "name that moment or an earlier one" if latest else "start the exchange first"
            raise MomentIsToCome(
                f"{said(time)} is still to come: {latest_moment(latest)}; {to_do}"
            )

    def _too_far(self, what: str) -> str:
        return f"the journal does not reach as far as {what}; {latest_moment(self._latest())}"

    def _latest(self) -> Header | None:
        end = self._end()
        return header_of(self._storage, end) if end else None

    def _end(self) -> int:
        return DurableMark(self._storage).block

    def _start(self, fits: Callable[[SnapshotHead], bool]) -> Start | None:
        kept = self._kept_start(fits)
        least = kept.tail.number if kept else 0
        made = newest_start(
            self._storage, self.release, self._say, lambda at: at.block > least and fits(at)
        )
        return made or kept

    def _kept_start(self, fits: Callable[[SnapshotHead], bool]) -> Start | None:
        with self._lock:
            fitting = [one for one in self._kept if fits(_as_head(one.tail))]
            if not fitting:
                return None
            nearest = max(fitting, key=lambda one: one.tail.number)
            self._kept.remove(nearest)
            self._kept.append(nearest)
            return Start(nearest.tail, nearest.machine.copy())

    def _keep(self, machine: Machine, tail: Header | None) -> None:
        if tail is None or used_bytes(machine) > MACHINE_BYTES_MAX:
            return
        with self._lock:
            if all(one.tail.number != tail.number for one in self._kept):
                self._kept.append(Start(tail, machine.copy()))
                del self._kept[:-MACHINES_KEPT]


def events_of_command(home: Path, position: int) -> Rows:
    """Return what a command of an exchange's journal told, as rows; none if it cannot be read."""
    try:
        machine, block = next(Past(home).blocks_from_command(position))
    except (NoSuchMoment, PastIsSealed):
        return np.zeros((0, ROW_WORDS), np.int64)
    events: Rows = machine.step(block.rows, block.header.time).events
    told: Rows = events[events[:, EVENT_POSITION] == position]
    return told


def used_bytes(machine: Machine) -> int:
    """Return how many bytes of its tables a machine uses, hash tables not counted."""
    used = used_rows(machine.state)
    return sum(rows * machine.arena.tables[name].itemsize for name, rows in used.items())


def _as_head(tail: Header) -> SnapshotHead:
    at = tail.number, tail.last_position, tail.time
    return SnapshotHead(*at, (0, 0), tail.release, tail.seal)
