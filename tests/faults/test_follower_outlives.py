"""A follower lives through a crash of the writer: what it read beyond the mark is read anew."""

import threading

import pytest

from pilothouse.journal.appender import JournalFailed
from pilothouse.journal.blocks import Pen, seal_block
from pilothouse.journal.reader import BadBlock, Reader
from pilothouse.journal.storage import Files
from pilothouse.venue.follower import Follower
from tests.faults.lives import leave, live, segment, writer_of
from tests.journal.powercut import Disk
from tests.venue.counter import RELEASE, order_rows
from tests.venue.test_power_cut import Desk


def test_c10_half_a_block_behind_the_mark_is_read_anew(tmp_path):
    desk, rows = live(tmp_path, blocks=3), order_rows(900, 2)
    with segment(tmp_path).open("ab") as tail:
        # The header of the next block was written, its rows were not.
        tail.write(seal_block(Pen(RELEASE.digest, 1), desk.tail, rows, 2, 1_000)[1])
    reader = Reader(Files(tmp_path))
    assert len(list(reader.read(desk.tail.number))) == desk.tail.number
    later = live(tmp_path, blocks=3, first=500)
    got = [one.header for one in reader.read(later.tail.number)]
    assert got[-1] == later.tail


def test_c10_a_follower_goes_on_through_crashes_and_rewritten_segments(tmp_path):
    live(tmp_path, blocks=2)
    follower = Follower(tmp_path, release=RELEASE)
    follower.start()
    try:
        for turn in range(1, 6):
            desk = live(tmp_path, blocks=3, first=1_000 * turn)
            assert follower.wait_for(desk.tail.last_position, 60), follower.fault
            with segment(tmp_path).open("ab") as tail:
                tail.write(b"PHBLOCK torn" * turn)
        assert not follower.fault
    finally:
        follower.stop()


def test_p13_how_far_a_follower_is_behind_is_known(tmp_path):
    desk = live(tmp_path, blocks=6)
    follower = Follower(tmp_path, release=RELEASE)
    held, go = threading.Event(), threading.Event()
    follower.listen(lambda span: span.block == 3 and (held.set(), go.wait(60)))
    follower.start()
    try:
        assert held.wait(60)
        assert follower.blocks_behind >= desk.tail.number - 3
        go.set()
        assert follower.wait_for(desk.tail.last_position, 60) and follower.blocks_behind == 0
    finally:
        go.set()
        follower.stop()


def test_c10_a_reader_that_holds_the_old_file_finds_the_new_one(tmp_path):
    disk = Disk()
    desk = live(tmp_path, storage=disk, blocks=3)
    reader = Reader(disk)
    list(reader.read(desk.tail.number))
    held = reader._file._held
    held.now += b"what a crash left"
    later = live(tmp_path, storage=disk, blocks=1, first=900)
    assert disk.files["journal/00000000000000000001.blocks"] is not held
    assert [one.header for one in reader.read(later.tail.number)][-1] == later.tail


def test_c10_a_whole_block_that_never_was_durable_is_not_read_from_the_old_file(tmp_path):
    """Its sync failed: the next writer's block of that number stands in a new file."""
    disk = Disk()
    desk = live(tmp_path, storage=disk, blocks=3)
    reader = Reader(disk)
    list(reader.read(desk.tail.number))
    old, writer = reader._file._held, writer_of(tmp_path, storage=disk)
    disk.failing = frozenset({disk.syncs + 1})
    with pytest.raises(JournalFailed):
        Desk().send(writer, order_rows(700, 2))
    leave(writer)
    rows = order_rows(800, 2)
    old.now += seal_block(Pen(RELEASE.digest, 1), desk.tail, rows, 2, 1_000)[1] + rows.tobytes()
    later = live(tmp_path, storage=disk, blocks=1, first=900)
    got = [one.header for one in reader.read(later.tail.number)]
    assert got == [one.header for one in Reader(disk).read()][desk.tail.number :]


def test_p03_a_reader_that_does_not_look_again_is_caught(tmp_path, monkeypatch):
    monkeypatch.setattr(
        Reader,
        "_next_block",
        lambda self, must: self._read_one() if self._at_a_block(must) else None,
    )
    monkeypatch.setattr(Reader, "_let_go_if_replaced", lambda self: None)
    with pytest.raises(BadBlock):
        test_c10_half_a_block_behind_the_mark_is_read_anew(tmp_path / "a")
    with pytest.raises(BadBlock):
        test_c10_a_reader_that_holds_the_old_file_finds_the_new_one(tmp_path / "b")
    with pytest.raises(AssertionError):
        test_c10_a_whole_block_that_never_was_durable_is_not_read_from_the_old_file(tmp_path / "c")


@pytest.mark.parametrize("kills", [3])
def test_a_follower_sees_no_block_twice_and_none_missing(tmp_path, kills):
    seen, ready = [], threading.Event()
    live(tmp_path, blocks=1)
    follower = Follower(tmp_path, release=RELEASE)
    follower.listen(lambda span: (seen.append(span.block), ready.set()))
    follower.start()
    try:
        for turn in range(1, kills + 1):
            writer, desk = writer_of(tmp_path), Desk()
            for number in range(5):
                desk.send(writer, order_rows(1_000 * turn + 10 * number, 1))
            last = writer._journal.tail
            leave(writer)
            assert follower.wait_for(last.last_position, 60)
        assert seen == list(range(1, last.number + 1))
    finally:
        follower.stop()
