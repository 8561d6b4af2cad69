"""Whatever the deed at which the power goes off: what was appended is there, whole, in order."""

import pytest

from pilothouse.journal.appender import Appender
from pilothouse.journal.mend import cut, judge
from pilothouse.journal.reader import BadBlock
from tests.journal.blocks import PEN, read, rows
from tests.journal.powercut import Disk, PowerCut

COUNTS = (3, 0, 5, 2, 4, 4)


def append_until_cut(disk):
    """Return the headers that were appended before the power went off."""
    told = []
    try:
        appender = Appender(disk, PEN, None, segment_bytes=1200)
        for turn, count in enumerate(COUNTS):
            told.append(appender.append(rows(count, turn), count, turn))
    except PowerCut:
        pass
    return told


def recovered(disk):
    try:
        return read(disk)
    except BadBlock as bad:
        cut(disk, judge(disk, bad))
        return read(disk)


def deeds_of_a_whole_run():
    disk = Disk()
    assert len(append_until_cut(disk)) == len(COUNTS)
    return disk.deeds


@pytest.mark.parametrize("torn", [0, 8, 100, 260])
def test_no_told_block_is_lost_at_any_write_boundary(torn):
    whole = deeds_of_a_whole_run()
    assert whole > 3 * len(COUNTS)
    for cut_at in range(1, whole + 1):
        disk = Disk(cut_at, torn)
        told = append_until_cut(disk)
        found = [one.header for one in recovered(disk.after_power_cut())]
        assert found[: len(told)] == told, f"power cut at deed {cut_at}"
        assert len(found) <= len(told) + 1
