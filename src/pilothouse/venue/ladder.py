"""The ladder of snapshots: dense near the head of the journal, sparse far back.

From a snapshot to a moment behind it the journal is stepped again, so the distance between two of
them is how long an answer about the past takes. Near the head it is half of what an answer may
take; far back it grows with the distance, so that a journal of any age has a bounded few dozen.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pilothouse.journal.snapshots import SnapshotHead

BLOCK_WORK: Final = 50
"""Reading, checking and stepping a block costs as much as so many commands."""
WORK_BETWEEN: Final = 500_000
"""Work, in commands, after which the next snapshot is due."""
WORK_BETWEEN_MAX: Final = 1_000_000
"""The largest distance within DENSE_WORK of the head: about a second of stepping."""
DENSE_WORK: Final = 8_000_000


def work_of(block: int, position: int) -> int:
    """Return what stepping the journal up to a block costs, counted in commands."""
    return position + BLOCK_WORK * block


def distance_allowed(behind: int) -> int:
    """Return how far apart two snapshots may be that lie so much work behind the newest."""
    if behind > DENSE_WORK:
        return behind // 8
    return max(WORK_BETWEEN, min(WORK_BETWEEN_MAX, behind // 4))


def rungs_to_keep(heads: Iterable[SnapshotHead], release: bytes) -> set[int]:
    """Return the blocks whose snapshots stay, so that no distance is larger than allowed.

    The newest always stays, and the oldest of the running release, before which another engine
    would have to step. The journal's beginning is a rung that needs no snapshot.
    """
    rungs = sorted(heads, key=lambda one: one.block, reverse=True)
    if not rungs:
        return set()
    mine = [one.block for one in rungs if one.release == release]
    head = work_of(rungs[0].block, rungs[0].position)
    kept, last = {rungs[0].block, *mine[-1:]}, head
    older = [work_of(one.block, one.position) for one in rungs[1:]] + [0]
    for one, here, next_older in zip(rungs[1:], older, older[1:], strict=False):
        if one.block in kept or last - next_older > distance_allowed(head - next_older):
            kept.add(one.block)
            last = here
    return kept
