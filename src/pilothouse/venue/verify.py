"""Verify: a folder is replayed from zero, and everything that can be proved is proved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pilothouse.journal.blocks import Block, Header
from pilothouse.journal.durable import mark_found
from pilothouse.journal.lost import accepted, find_loss
from pilothouse.journal.mend import CannotRead, Damaged, Torn, judge
from pilothouse.journal.reader import BadBlock, Reader
from pilothouse.journal.releases import ReleaseIsUnknown
from pilothouse.journal.snapshots import BadSnapshot, SnapshotHead, good_snapshots
from pilothouse.journal.storage import Files, Storage
from pilothouse.journal.strays import foreign, strays
from pilothouse.journal.witnesses import Witness, own_witnesses
from pilothouse.language.numbers import SECOND_US
from pilothouse.venue.machine import Release, present_release
from pilothouse.venue.pen import is_held
from pilothouse.venue.recovery import STOPPED
from pilothouse.venue.replica import Replica
from pilothouse.venue.sealed import SealedMachine
from pilothouse.venue.unverified import unverified
from pilothouse.venue.wire import Receipts

NOT_PROVED = (
    "That the journal's end was not cut off whole: compare the last seal with one kept elsewhere, "
    "or use --heads.",
    "That nobody who could write this folder rewrote all of it: the same seal shows that.",
)


Hear = Callable[[Block, Receipts | None], None]


@dataclass
class Report:
    """What a replay from zero found. `seal` is the last block's, to be kept outside.

    `lost` says which history people went on without.
    """

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
    lost: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    """Differences that two people settled, with who, when and why: they are no faults."""
    compared: list[str] = field(default_factory=list)
    """What else was proved of the folder, beside its journal: one sentence each."""

    left_out: list[str] = field(default_factory=list)
    """What could not be compared: one sentence each."""

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
            *self.compared,
        ]

    @property
    def not_proved(self) -> list[str]:
        """Return what a folder alone cannot prove, and what was left out here."""
        left = [*NOT_PROVED, *self.left_out]
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
    witnesses: Sequence[Witness] = (),
    hear: Hear = lambda block, receipts: None,
) -> Report:
    """Replay a home from zero and return what was found. Nothing in it is changed.

    `say` is told which release steps, and what takes long; `hear` of every block, with receipts
    where a release stepped it. `witnesses` are those of other rooms, taken before the call.
    """
    report = Report(Path(home))
    storage = storage or Files(report.home)
    report.writer_runs = is_held(report.home)
    release = release or present_release()
    report.present_release = release.digest
    replica = Replica(report.home, release, say=say)
    try:
        _prove(storage, replica, report, witnesses, progress, hear)
    except ReleaseIsUnknown:
        _read_only(storage, report, progress, hear)
    except (Damaged, *STOPPED) as fault:
        report.faults.append(str(fault))
    except OSError as error:
        report.faults.append(str(CannotRead(error)))
    finally:
        replica.close()
    return report


def _prove(
    storage: Storage,
    replica: Replica,
    report: Report,
    witnesses: Sequence[Witness],
    progress: Callable[[Header], None],
    hear: Hear,
) -> None:
    report.lost = [_went_on(one) for one in accepted(storage)]
    report.faults += foreign(storage)
    # Asked before the replay: beside a running writer they grow, and so does the journal.
    every = [*own_witnesses(storage), *witnesses]
    snapshots = _snapshots(storage, report)
    torn: Torn | None = None
    try:
        _replay(storage, replica, snapshots, report, progress, hear)
    except BadBlock as bad:
        torn = judge(storage, bad)
        report.torn = "" if torn.answered else torn.said()
    loss = find_loss(storage, replica.tail, torn, every)
    if loss:
        report.faults.append(loss.said())
    _conclude(replica, report)


def _went_on(record: dict[str, Any]) -> str:
    at = datetime.fromtimestamp(record["at_us"] // SECOND_US, UTC)
    return f"{record['said']} {record['by']} accepted this loss at {at:%Y-%m-%d %H:%M:%S} UTC."


def _replay(
    storage: Storage,
    replica: Replica,
    snapshots: dict[int, SnapshotHead],
    report: Report,
    progress: Callable[[Header], None],
    hear: Hear,
) -> None:
    reader = Reader(storage)
    try:
        for block in reader.read(mark_found(storage) if report.writer_runs else None):
            head = block.header
            hear(block, replica.step(block).receipts)
            report.blocks, report.last_time = head.number, head.time
            report.first_time = report.first_time or head.time
            report.commands += head.commands
            report.releases[head.release.hex()] += head.commands
            _compare_snapshot(replica, snapshots.pop(head.number, None), report)
            progress(head)
    finally:
        reader.close()
        report.faults += strays(storage, reader)


def _read_only(
    storage: Storage, report: Report, progress: Callable[[Header], None], hear: Hear
) -> None:
    # Unknown code does not run: from here on the blocks are read, and nothing is stepped.
    try:
        end = mark_found(storage) if report.writer_runs else None
        sentences, tail = unverified(storage, end, report.blocks, progress, hear)
        if tail is not None:
            report.blocks, report.last_time = tail.number, tail.time
            report.position, report.seal = tail.last_position, tail.seal.hex()
        report.faults += sentences
    except BadBlock as bad:
        report.faults.append("blocks of an unknown engine release were not verified")
        try:
            report.torn = judge(storage, bad).said()
        except Damaged as damaged:
            report.faults.append(str(damaged))


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


def _conclude(replica: Replica, report: Report) -> None:
    if replica.tail is None:
        return
    report.position = replica.tail.last_position
    report.fingerprint = replica.machine.fingerprint()
    report.seal = replica.tail.seal.hex()
    report.fingerprints_agreed = replica.fingerprints
    if not isinstance(replica.machine, SealedMachine):
        report.faults += replica.machine.broken_invariants()


def _snapshots(storage: Storage, report: Report) -> dict[int, SnapshotHead]:
    found = {}
    for one in good_snapshots(storage):
        if isinstance(one, BadSnapshot):
            report.faults.append(str(one))
        else:
            found[one.block] = one.head
    return found
