"""Recovery: from the newest good snapshot, or from zero, to the last whole block.

Every block's hash is checked on the way, also before the snapshot, so that a damaged journal is
never written on. Every whole block counts, answered or not. What stands outside the segments and
names a later block proves that history is missing: then nothing is changed and it is refused,
unless people say the word that names exactly this loss.
"""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pilothouse.journal.aside import set_aside
from pilothouse.journal.blocks import Header
from pilothouse.journal.durable import mark_found
from pilothouse.journal.lost import HistoryIsMissing, Loss, find_loss, note_accepted
from pilothouse.journal.mend import CannotRead, Torn, cut, judge
from pilothouse.journal.reader import BadBlock, Reader
from pilothouse.journal.releases import ReleaseIsMissing
from pilothouse.journal.snapshots import BadSnapshot, Snapshot, SnapshotHead, good_snapshots
from pilothouse.journal.storage import Storage
from pilothouse.journal.strays import foreign, refuse, strays
from pilothouse.journal.witnesses import Witness, beyond, own_witnesses
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.machine import Release
from pilothouse.venue.progress import Progress
from pilothouse.venue.replica import ReleaseCannotTakeOver, Replica, ReplicaDiffers
from pilothouse.venue.sealed import SealedReleaseFailed

STOPPED: Final = (ReplicaDiffers, ReleaseIsMissing, ReleaseCannotTakeOver, SealedReleaseFailed)
"""What ends a replay before the journal's end; each says why and what to do."""


@dataclass(frozen=True)
class Recovered:
    """A replica at the end of the journal. `replayed` counts the commands stepped to get there."""

    replica: Replica
    tail: Header | None
    replayed: int


@dataclass(frozen=True)
class Start:
    """A machine from a snapshot, and the block it stands at."""

    tail: Header
    machine: Any


@dataclass(frozen=True)
class Told:
    """What a start is told from outside: the witnesses of other rooms, and what people said.

    `word` accepts one loss of history, named exactly; `by` is who says so. A demonstration, and a
    copy that was made for a drill, believe the machine's clock, however old they are.
    """

    witnesses: Sequence[Witness] = ()
    word: str = ""
    by: str = ""
    may_be_old: bool = False


NOTHING_TOLD: Final = Told()


def recover(
    home: Path,
    storage: Storage,
    release: Release,
    say: Callable[[str], None],
    told: Told = NOTHING_TOLD,
) -> Recovered:
    """Mend the journal's tail and return a replica at its end, run by the present release.

    Raises Damaged and what is STOPPED; then nothing was changed.
    """
    with _reading():
        refuse(foreign(storage))
        start = newest_start(storage, release, say)
        replica = replica_at(home, release, start, say)
        replayed, torn = _replay(storage, replica, start, say)
        every = [*own_witnesses(storage), *told.witnesses]
        loss = find_loss(storage, replica.tail, torn, every)
        _judge(loss, told, say)
    if loss is not None:
        _accept(storage, loss, told, say)
    _set_aside(storage, beyond(every, replica.tail), say)
    if torn:
        say(cut(storage, torn))
    replica.use_present_release()
    return Recovered(replica, replica.tail, replayed)


def _replay(
    storage: Storage, replica: Replica, start: Start | None, say: Callable[[str], None]
) -> tuple[int, Torn | None]:
    """Step the rest of the journal; return how many commands it had, and what is torn."""
    reader, end, replayed = Reader(storage), mark_found(storage) or 0, 0
    progress, torn = Progress(say), None
    try:
        for block in reader.read():
            if start is None or block.header.number > start.tail.number:
                replica.step(block)
                replayed += block.header.commands
            progress.at(f"recovery, at {replica.so_far(block.header, end)}")
    except BadBlock as bad:
        torn = judge(storage, bad)
    finally:
        reader.close()
    refuse(strays(storage, reader))
    return replayed, torn


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    # An error of the disk while reading is not the journal's end, and nothing may be cut for it.
    try:
        yield
    except OSError as error:
        raise CannotRead(error) from error


def _judge(loss: Loss | None, told: Told, say: Callable[[str], None]) -> None:
    if loss is not None and loss.word != told.word:
        raise HistoryIsMissing(loss, told.word)
    if loss is None and told.word:
        say(f"No history is missing: {told.word} has no effect.")


def _accept(storage: Storage, loss: Loss, told: Told, say: Callable[[str], None]) -> None:
    by = told.by or _user()
    note_accepted(storage, loss, by, wall_clock_us())
    say(f"{loss.said()} {by} accepted this loss.")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _set_aside(storage: Storage, excused: Sequence[Witness], say: Callable[[str], None]) -> None:
    # Only what people accepted comes here; a start that was killed half way goes on with it.
    for one in excused:
        if one.aside:
            say(f"{one.name} is of the lost history; it is now {set_aside(storage, one.aside)}.")


def newest_start(
    storage: Storage,
    release: Release,
    say: Callable[[str], None],
    wanted: Callable[[SnapshotHead], bool] = lambda head: True,
) -> Start | None:
    """Return the machine of the newest wanted snapshot that fits this journal and this release.

    Whatever is passed over is said: an older snapshot, or the journal from zero, does the same.
    """
    for one in good_snapshots(storage, wanted):
        if isinstance(one, BadSnapshot):
            say(f"A snapshot is passed over: {one}.")
            continue
        tail = header_of(storage, one.block)
        machine, why_not = _machine_of(tail, release, one)
        if tail and not why_not:
            say(f"Starts from the snapshot after command {one.position}.")
            return Start(tail, machine)
        say(f"The snapshot after command {one.position} is passed over: {why_not}.")
    return None


def replica_at(
    home: Path, release: Release, start: Start | None, say: Callable[[str], None]
) -> Replica:
    """Return a replica that stands at a snapshot, or one before the first block."""
    if start is None:
        return Replica(home, release, say=say)
    return Replica(home, release, start.machine, start.tail, say)


def header_of(storage: Storage, number: int) -> Header | None:
    """Return the header of a block of the journal, None if no such block can be read."""
    reader = Reader(storage)
    try:
        return reader.header_of(number)
    except BadBlock:
        return None
    finally:
        reader.close()


def _machine_of(tail: Header | None, release: Release, one: Snapshot) -> tuple[Any, str]:
    if one.release != release.digest:
        return None, "it was taken by another engine release"
    if tail is None:
        return None, "the journal ends before it"
    if tail.seal != one.block_seal:
        return None, "it belongs to another history of the journal"
    machine = release.from_bytes(one.body)
    if machine.fingerprint() != one.fingerprint:
        return None, "its fingerprint differs"
    return machine, ""
