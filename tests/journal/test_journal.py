"""Blocks are appended, synced and chained; the reader gives back exactly these, and follows."""

import errno
import os
import stat

import pytest

from pilothouse.journal.appender import Appender, JournalFailed
from pilothouse.journal.blocks import NO_SEAL, Pen
from pilothouse.journal.durable import DurableMark
from pilothouse.journal.reader import BadBlock, Reader
from pilothouse.journal.segments import segment_starts
from pilothouse.journal.storage import Files
from tests.journal.blocks import PEN, read, rows, write
from tests.journal.powercut import Disk

STORAGES = pytest.mark.parametrize("kind", ["files", "disk"])


def storage(kind, tmp_path):
    return Files(tmp_path) if kind == "files" else Disk()


@STORAGES
def test_what_was_appended_is_read_again(kind, tmp_path):
    place = storage(kind, tmp_path)
    headers = write(place)
    blocks = read(place)
    assert [one.header for one in blocks] == headers
    assert [len(one.rows) for one in blocks] == [3, 0, 5, 2]
    assert [one.header.first_position for one in blocks] == [1, 4, 4, 9]
    assert headers[-1].last_position == 10
    assert (blocks[2].rows[:, 7] == 2).all()
    assert blocks[2].rows.flags.writeable


def test_each_block_names_the_seal_of_the_one_before():
    headers = write(Disk())
    assert headers[0].previous == NO_SEAL
    assert [one.previous for one in headers[1:]] == [one.seal for one in headers[:-1]]


@STORAGES
def test_a_journal_goes_on_across_segments(kind, tmp_path):
    place = storage(kind, tmp_path)
    headers = write(place, counts=[4] * 9, segment_bytes=1500)
    assert segment_starts(place) == [1, 4, 7]
    assert [one.header for one in read(place)] == headers
    assert [one.header for one in read(place, after=headers[4])] == headers[5:]


def test_a_reader_stops_at_the_mark_and_goes_on_later():
    disk = Disk()
    appender = Appender(disk, PEN, None, segment_bytes=1000)
    reader, mark, seen = Reader(disk), DurableMark(disk), []
    for turn in range(1, 9):
        appender.append(rows(2), 2, turn)
        seen += [one.header.number for one in reader.read(mark.block)]
        assert seen == list(range(1, turn + 1))
    assert list(reader.read(mark.block)) == []


def test_the_mark_is_raised_only_after_the_sync():
    disk = Disk()
    appender, mark = Appender(disk, PEN, None), DurableMark(disk)
    marks = []
    deed = disk.deed
    disk.deed = lambda *cut: (marks.append(mark.block), deed(*cut))
    appender.append(rows(1), 1, 1)
    assert marks and set(marks) == {0}
    assert mark.block == 1


def test_a_follower_that_misses_a_marked_block_says_so():
    disk = Disk()
    write(disk)
    with pytest.raises(BadBlock, match="block 5"):
        list(Reader(disk).read(up_to_block=5))


def test_after_a_failed_sync_nothing_is_appended_any_more(tmp_path, monkeypatch):
    appender = Appender(Files(tmp_path), PEN, None)
    appender.append(rows(1), 1, 1)

    def broken(handle):
        raise OSError(errno.EIO, "the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", broken)
        with pytest.raises(JournalFailed, match="block 2 is not durable"):
            appender.append(rows(1), 1, 2)
    with pytest.raises(JournalFailed, match="start the writer anew"):
        appender.append(rows(1), 1, 3)
    assert DurableMark(Files(tmp_path)).block == 1


def test_only_the_owner_reads_the_journal(tmp_path):
    write(Files(tmp_path))
    for place in (tmp_path / "journal").iterdir():
        assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_the_next_writer_goes_on_from_the_tail(tmp_path):
    headers = write(Files(tmp_path))
    later = Appender(Files(tmp_path), Pen(b"s" * 32, term=2), headers[-1])
    made = later.append(rows(1), 1, 2_000)
    assert (made.number, made.first_position, made.term) == (5, 11, 2)
    assert len(read(Files(tmp_path))) == 5
