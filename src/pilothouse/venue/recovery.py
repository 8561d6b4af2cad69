"""Recovery: from the newest good snapshot, or from zero, to the last whole block.

Every block's hash is checked on the way, also before the snapshot, so that a damaged journal is
never written on. The durable mark is not asked: every whole block counts, answered or not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pilothouse.journal.blocks import Header
from pilothouse.journal.durable import DurableMark
from pilothouse.journal.mend import cut, judge
from pilothouse.journal.reader import BadBlock, Reader
from pilothouse.journal.releases import ReleaseIsMissing
from pilothouse.journal.snapshots import BadSnapshot, Snapshot, SnapshotHead, good_snapshots
from pilothouse.journal.storage import Storage
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


def recover(
    home: Path, storage: Storage, release: Release, say: Callable[[str], None]
) -> Recovered:
    """Mend the journal's tail and return a replica at its end, run by the present release.

    Raises Damaged and what is STOPPED; then nothing was changed.
    """
    start = newest_start(storage, release, say)
    replica, replayed = replica_at(home, release, start, say), 0
    reader, end = Reader(storage), DurableMark(storage).block
    progress = Progress(say)
    try:
        for block in reader.read():
            if start is None or block.header.number > start.tail.number:
                replica.step(block)
                replayed += block.header.commands
            progress.at(f"recovery, at {replica.so_far(block.header, end)}")
    except BadBlock as bad:
        say(cut(storage, judge(storage, bad)))
    finally:
        reader.close()
    replica.use_present_release()
    return Recovered(replica, replica.tail, replayed)


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
    if tail is None or tail.seal != one.block_seal:
        return None, "it belongs to another history of the journal"
    machine = release.from_bytes(one.body)
    if machine.fingerprint() != one.fingerprint:
        return None, "its fingerprint differs"
    return machine, ""
