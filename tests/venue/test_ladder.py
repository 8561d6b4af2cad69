"""The ladder of snapshots: near the head no moment is far from one, and there are never many."""

from itertools import pairwise

import pytest

from pilothouse.journal.snapshots import SnapshotHead
from pilothouse.venue.ladder import (
    BLOCK_WORK,
    DENSE_WORK,
    WORK_BETWEEN,
    WORK_BETWEEN_MAX,
    distance_allowed,
    rungs_to_keep,
    work_of,
)

RELEASE = b"r" * 32
COMMANDS = 1_000


def rung(block, release=RELEASE):
    return SnapshotHead(block, block * COMMANDS, block, (0, 0), release, bytes(32))


def lived(blocks, every=WORK_BETWEEN // (COMMANDS + BLOCK_WORK) + 1, release=RELEASE):
    """Return the rungs that are left when one was taken every so often and the ladder thinned."""
    kept = []
    for block in range(every, blocks, every):
        kept.append(rung(block, release))
        stay = rungs_to_keep(kept, release)
        kept = [one for one in kept if one.block in stay]
    return kept


@pytest.mark.parametrize("commands", [400_000, 5_000_000, 40_000_000, 200_000_000])
def test_no_moment_is_further_from_a_rung_than_allowed_and_the_rungs_are_few(commands):
    blocks = commands // COMMANDS
    kept = lived(blocks)
    works = [0, *(work_of(one.block, one.position) for one in kept)]
    head = works[-1]
    for lower, upper in pairwise(works):
        # A rung is taken a little after it is due.
        allowed = max(distance_allowed(head - lower), WORK_BETWEEN + COMMANDS + BLOCK_WORK)
        assert upper - lower <= allowed
    assert len(kept) <= 16 + 8 * max(1, commands // DENSE_WORK).bit_length()


def test_within_the_dense_part_a_moment_is_a_second_of_stepping_away():
    works = [0, *(work_of(one.block, one.position) for one in lived(5_000))]
    assert max(b - a for a, b in pairwise(works)) <= WORK_BETWEEN_MAX
    assert works[-1] - works[-2] <= WORK_BETWEEN + COMMANDS + BLOCK_WORK


def test_the_oldest_of_the_running_release_stays_the_seal_between_two():
    old = [rung(block, b"o" * 32) for block in range(10, 60, 10)]
    mine = [rung(block) for block in range(61, 70)]
    stay = rungs_to_keep([*old, *mine], RELEASE)
    assert {61, 69} <= stay and len(stay) < 5


def test_without_snapshots_nothing_is_kept():
    assert rungs_to_keep([], RELEASE) == set()
