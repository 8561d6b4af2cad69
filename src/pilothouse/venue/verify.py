"""Verify: a folder is replayed from zero, and everything that can be proved is proved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pilothouse.journal.blocks import Header
from pilothouse.journal.durable import DurableMark
from pilothouse.journal.mend import Damaged, Torn, judge
from pilothouse.journal.reader import BadBlock, Reader
from pilothouse.journal.snapshots import BadSnapshot, SnapshotHead, good_snapshots
from pilothouse.journal.storage import Files, Storage
from pilothouse.venue.machine import Release, present_release
from pilothouse.venue.recovery import STOPPED
from pilothouse.venue.replica import Replica
from pilothouse.venue.sealed import SealedMachine
from pilothouse.venue.writer import LOCK, AnotherWriter, pen_of

NOT_PROVED = (
    "That the journal's end was not cut off whole: compare the last seal with one kept elsewhere.",
    "That whoever could write this folder did not make it all anew: the same seal tells.",
)


@dataclass
class Report:
    """What a replay from zero found. `seal` is the last block's, to be kept outside."""

    home: Path
    blocks: int = 0
    commands: int = 0
    position: int = 0
    first_time: int = 0
    last_time: int = 0
    fingerprint: tuple[int, int] = (0, 0)
    seal: str = ""
    present_release: bytes = b""
    releases: Counter[str] = field(default_factory=Counter)
    fingerprints_agreed: int = 0
    snapshots_agreed: int = 0
    writer_runs: bool = False
    torn: str = ""
    faults: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Tell whether nothing was found to be wrong. A torn tail is not a fault."""
        return not self.faults

    @property
    def proved(self) -> list[str]:
        """Return what holds, one sentence each."""
        if not self.good:
            return []
        return [
            f"{self.blocks} blocks are whole, sealed and chained without a gap.",
            f"{self.commands} commands were stepped from zero, each with one receipt, by the "
            f"engine releases that wrote them ({len(self.releases)}).",
            f"{self.fingerprints_agreed} fingerprints in the journal agree with the replay.",
            f"{self.snapshots_agreed} snapshots agree with the replay.",
            "The invariants of the machine hold at the end.",
        ]

    @property
    def not_proved(self) -> list[str]:
        """Return what a folder alone cannot prove, and what was left out here."""
        left = list(NOT_PROVED)
        if self.writer_runs:
            left.append("Anything after the durable mark: a writer is running.")
        return left


def verify(
    home: Path,
    *,
    release: Release | None = None,
    storage: Storage | None = None,
    progress: Callable[[Header], None] = lambda header: None,
    say: Callable[[str], None] = lambda sentence: None,
) -> Report:
    """Replay a home from zero and return what was found. Nothing in it is changed.

    `say` is told which release steps, and what takes long.
    """
    report = Report(Path(home))
    storage = storage or Files(report.home)
    report.writer_runs = _writer_runs(report.home)
    release = release or present_release()
    report.present_release = release.digest
    replica = Replica(report.home, release, say=say)
    snapshots = _snapshots(storage, report)
    try:
        _replay(storage, replica, snapshots, report, progress)
        _conclude(replica, snapshots, report)
    except BadBlock as bad:
        _judge(storage, bad, report)
        if report.good:
            _conclude(replica, snapshots, report)
    except STOPPED as fault:
        report.faults.append(str(fault))
    finally:
        replica.close()
    return report


def _replay(
    storage: Storage,
    replica: Replica,
    snapshots: dict[int, SnapshotHead],
    report: Report,
    progress: Callable[[Header], None],
) -> None:
    reader = Reader(storage)
    try:
        for block in reader.read(DurableMark(storage).block if report.writer_runs else None):
            head = block.header
            replica.step(block)
            report.blocks, report.last_time = head.number, head.time
            report.first_time = report.first_time or head.time
            report.commands += head.commands
            report.releases[head.release.hex()] += head.commands
            _compare_snapshot(replica, snapshots.pop(head.number, None), report)
            progress(head)
    finally:
        reader.close()


def _compare_snapshot(replica: Replica, snapshot: SnapshotHead | None, report: Report) -> None:
    if snapshot is None or replica.tail is None:
        return
    if snapshot.release == report.present_release:
        replica.use_present_release()
    if snapshot.block_seal != replica.tail.seal:
        report.faults.append(f"the snapshot after block {snapshot.block} is of another history")
    elif snapshot.release not in (replica.tail.release, report.present_release):
        report.faults.append(f"the snapshot after block {snapshot.block} is of another release")
    elif snapshot.fingerprint != replica.machine.fingerprint():
        report.faults.append(f"the snapshot after block {snapshot.block} differs from the replay")
    else:
        report.snapshots_agreed += 1


def _conclude(replica: Replica, snapshots: dict[int, SnapshotHead], report: Report) -> None:
    for block in snapshots:
        if not report.writer_runs:
            report.faults.append(f"a snapshot names block {block}, which the journal has not")
    if replica.tail is None:
        return
    report.position = replica.tail.last_position
    report.fingerprint = replica.machine.fingerprint()
    report.seal = replica.tail.seal.hex()
    report.fingerprints_agreed = replica.fingerprints
    if not isinstance(replica.machine, SealedMachine):
        report.faults += replica.machine.broken_invariants()


def _judge(storage: Storage, bad: BadBlock, report: Report) -> None:
    try:
        torn: Torn = judge(storage, bad)
        report.torn = torn.said()
    except Damaged as damaged:
        report.faults.append(str(damaged))


def _snapshots(storage: Storage, report: Report) -> dict[int, SnapshotHead]:
    found = {}
    for one in good_snapshots(storage):
        if isinstance(one, BadSnapshot):
            report.faults.append(str(one))
        else:
            found[one.block] = one.head
    return found


def _writer_runs(home: Path) -> bool:
    if not (home / LOCK).exists():
        return False
    try:
        with pen_of(home):
            return False
    except AnotherWriter:
        return True
