"""After a failed sync the page cache shows what the platter does not hold: nobody relies on it.

The disk behaves like the kernel: pages of a failed write are clean, the error is told once.
"""

import contextlib

import pytest

from pilothouse.journal import renewal
from pilothouse.journal.appender import Appender, JournalFailed
from pilothouse.journal.blocks import Pen
from pilothouse.journal.durable import mark_found
from pilothouse.journal.mend import cut, judge
from pilothouse.journal.reader import BadBlock, Reader
from pilothouse.journal.segments import segment_name
from tests.journal.blocks import PEN, read, rows
from tests.journal.powercut import Disk, PowerCut

COUNTS = (3, 0, 5, 2, 4, 4, 1, 2)


def appended(disk, appender, first=0):
    """Append blocks until the disk fails; return the headers that were answered."""
    told = []
    try:
        for turn, count in enumerate(COUNTS, first):
            told.append(appender.append(rows(count, turn), count, turn))
    except JournalFailed:
        appender.close()
    return told


def recovered_tail(disk):
    """Do what a start does with the journal; return its last header."""
    reader = Reader(disk)
    try:
        for _ in reader.read():
            pass
    except BadBlock as bad:
        torn = judge(disk, bad)
        assert not torn.answered
        cut(disk, torn)
    return reader.tail


def start(disk, term=2):
    return Appender(disk, Pen(PEN.release, term), recovered_tail(disk), segment_bytes=2000)


def syncs_of_a_whole_life():
    disk = Disk()
    appended(disk, Appender(disk, PEN, None, segment_bytes=2000))
    return disk.syncs


@pytest.mark.parametrize("neighbours", [False, True])
def test_p04_a_failed_sync_loses_nothing_answered_before_or_after(neighbours):
    """REL D1: the next writer writes on, the power goes off: all that was answered is there."""
    for failing in range(2, syncs_of_a_whole_life() + 1):
        disk = Disk(failing=[failing], neighbours=neighbours)
        told = appended(disk, Appender(disk, PEN, None, segment_bytes=2000))
        again = start(disk)
        told_later = appended(disk, again, 100)
        assert len(told_later) == len(COUNTS)
        found = [one.header for one in read(disk.after_power_cut(mark_flushed=True))]
        assert found[: len(told)] == told, f"sync {failing}"
        assert found[-len(told_later) :] == told_later


def test_p04_a_power_cut_right_after_a_failed_sync_loses_nothing_answered():
    """Nobody starts a writer in between: the one that ends saves what shares a page."""
    for failing in range(2, syncs_of_a_whole_life() + 1):
        disk = Disk(failing=[failing], neighbours=True)
        told = appended(disk, Appender(disk, PEN, None, segment_bytes=2000))
        found = disk.after_power_cut(mark_flushed=True)
        recovered_tail(found)
        assert [one.header for one in read(found)][: len(told)] == told, f"sync {failing}"


def test_p04_a_write_back_that_failed_unseen_loses_nothing():
    """The system wrote back in vain, and the writer was killed before it could hear of it."""
    disk = Disk(neighbours=True)
    appender = Appender(disk, PEN, None)
    told = appended(disk, appender)
    file = appender._file
    file.write(b"half a block")
    disk.fail_write_back(segment_name(1))
    # The descriptor that would have been told died with its process.
    disk.open_append(segment_name(1))._held.told = disk.files[segment_name(1)].errors
    told += appended(disk, start(disk), 100)
    found = [one.header for one in read(disk.after_power_cut(mark_flushed=True))]
    assert found == told


def test_a_writer_that_ended_well_is_believed_and_its_segment_left_alone():
    disk = Disk()
    appender = Appender(disk, PEN, None)
    appended(disk, appender)
    appender.close()
    held = disk.files[segment_name(1)]
    start(disk)
    assert disk.files[segment_name(1)] is held
    # The note is spent: whatever ends this writer, the next one does not find it.
    start(disk, 3)
    assert disk.files[segment_name(1)] is not held


def test_the_mark_is_a_lower_bound_after_any_power_cut():
    whole = Disk()
    appended(whole, Appender(whole, PEN, None, segment_bytes=2000))
    for cut_at in range(1, whole.deeds + 1):
        for flushed in (False, True):
            disk = Disk(cut_at)
            with contextlib.suppress(PowerCut):
                appended(disk, Appender(disk, PEN, None, segment_bytes=2000))
            found = disk.after_power_cut(mark_flushed=flushed)
            tail = recovered_tail(found)
            assert (mark_found(found) or 0) <= (tail.number if tail else 0)


def broken():
    """Return a disk whose seventh sync failed, with half a block behind; and what was answered."""
    disk = Disk(failing=[7])
    told = appended(disk, Appender(disk, PEN, None, segment_bytes=2000))
    last = [one for one in disk.names("journal") if one.endswith(".blocks")][-1]
    disk.files[f"journal/{last}"].now += b"half a block"
    return disk, told


def segments_of(disk):
    return {n: held for n, held in disk.contents().items() if n.endswith(".blocks")}


def started_in_the_end(killed_at, power):
    """Kill three starts at one of their writes, then let one live; return disk and answers."""
    disk, told = broken()
    for _ in range(3):
        disk.cut_at = disk.deeds + killed_at
        with contextlib.suppress(PowerCut):
            start(disk)
        disk = disk.after_power_cut(mark_flushed=True) if power else disk.after_a_crash()
    start(disk)
    assert not [one for one in disk.names("journal") if one.endswith(".part")]
    return disk, told


def test_p06_recovery_killed_at_each_of_its_writes_three_times_ends_the_same():
    undisturbed, _ = broken()
    before = undisturbed.deeds
    start(undisturbed)
    whole = undisturbed.deeds - before
    assert whole > 8
    for killed_at in range(1, whole + 1):
        disk, _ = started_in_the_end(killed_at, power=False)
        assert segments_of(disk) == segments_of(undisturbed), f"killed at write {killed_at}"


def test_p06_the_power_may_go_off_at_each_write_of_recovery_three_times():
    for killed_at in range(1, 20):
        disk, told = started_in_the_end(killed_at, power=True)
        # The failed block was never answered: the platter need not have it.
        assert [one.header for one in read(disk)][: len(told)] == told, f"write {killed_at}"


def test_without_room_for_the_copy_the_start_is_refused_and_nothing_is_changed():
    disk = Disk()
    appended(disk, Appender(disk, PEN, None))
    disk.free, before = 1000, disk.contents()
    with pytest.raises(JournalFailed, match="make room and start again"):
        start(disk)
    assert disk.contents() == before


# P03: each check of the start, left out, is noticed here ------------------------------------


def test_p03_a_start_that_believes_the_cache_is_caught(monkeypatch):
    monkeypatch.setattr(renewal, "was_closed", lambda storage, tail: True)
    with pytest.raises((AssertionError, BadBlock)):
        test_p04_a_failed_sync_loses_nothing_answered_before_or_after(True)


def test_p03_a_copy_that_is_not_read_back_is_caught(monkeypatch):
    def check():
        disk = Disk()
        appended(disk, Appender(disk, PEN, None))
        real = Disk.open_append

        def flipping(self, name):
            made = real(self, name)
            if name.endswith(".part"):
                write = made.write
                made.write = lambda data: write(bytes(data[:-1]) + bytes([data[-1] ^ 1]))
            return made

        with monkeypatch.context() as patched:
            patched.setattr(Disk, "open_append", flipping)
            with pytest.raises(JournalFailed, match="read back differently"):
                start(disk)

    check()
    with monkeypatch.context() as patched:
        patched.setattr(renewal, "_check", lambda raw, tail, name: None)
        with pytest.raises(pytest.fail.Exception):
            check()


def test_p03_a_note_that_is_not_spent_is_caught(monkeypatch):
    monkeypatch.setattr(renewal, "forget_closed", lambda storage: None)
    with pytest.raises(AssertionError):
        test_a_writer_that_ended_well_is_believed_and_its_segment_left_alone()
