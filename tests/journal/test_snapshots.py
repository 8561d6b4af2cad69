"""A snapshot is there whole or not at all; a bad one is known as such."""

import pytest

from pilothouse.journal.snapshots import (
    BadSnapshot,
    Snapshot,
    good_heads,
    good_snapshots,
    keep_only,
    read_snapshot,
    snapshot_blocks,
    write_snapshot,
)
from pilothouse.journal.storage import PIECE_BYTES, Files, write_in_pieces
from tests.journal.powercut import Disk, PowerCut


def snapshot(block=7, body=b"the machine"):
    return Snapshot(block, 40, 1_000, (-5, 6), b"r" * 32, b"s" * 32, body)


def test_a_snapshot_is_read_as_it_was_written(tmp_path):
    write_snapshot(Files(tmp_path), snapshot())
    assert read_snapshot(Files(tmp_path), 7) == snapshot()


class Noting:
    """A file that notes how much was written before each sync."""

    def __init__(self):
        self.synced, self.waiting = [], 0

    def write(self, data):
        self.waiting += len(data)

    def sync(self):
        self.synced.append(self.waiting)
        self.waiting = 0


def test_no_sync_has_more_than_a_piece_to_do_and_nothing_is_left_over():
    file = Noting()
    write_in_pieces(file, b"head", bytes(2 * PIECE_BYTES + 1))
    assert file.synced == [4, PIECE_BYTES, PIECE_BYTES, 1] and not file.waiting


@pytest.mark.parametrize("at", [0, 20, 150, 190])
def test_a_changed_byte_is_found(tmp_path, at):
    name = write_snapshot(Files(tmp_path), snapshot())
    raw = bytearray((tmp_path / name).read_bytes())
    raw[at] ^= 1
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(BadSnapshot):
        read_snapshot(Files(tmp_path), 7)


def test_the_newest_comes_first_and_a_bad_one_is_named(tmp_path):
    for block in (3, 12, 7):
        write_snapshot(Files(tmp_path), snapshot(block))
    (tmp_path / "snapshots" / f"{12:020d}.snapshot").write_bytes(b"PHSNAPS\n")
    first, *others = good_snapshots(Files(tmp_path))
    assert isinstance(first, BadSnapshot)
    assert [one.block for one in others] == [7, 3]


def test_the_head_is_read_alone_and_the_wanted_snapshot_is_found_by_it(tmp_path):
    for block in (3, 12, 7):
        write_snapshot(Files(tmp_path), snapshot(block))
    assert good_heads(Files(tmp_path)) == [snapshot(block).head for block in (12, 7, 3)]
    (found,) = good_snapshots(Files(tmp_path), lambda head: head.block == 7)
    assert found == snapshot(7)
    name = tmp_path / "snapshots" / f"{12:020d}.snapshot"
    name.write_bytes(name.read_bytes()[:-1] + b"?")
    assert [one.block for one in good_heads(Files(tmp_path))] == [12, 7, 3]
    name.write_bytes(b"PHSNAPS\n")
    assert [one.block for one in good_heads(Files(tmp_path))] == [7, 3]


def test_only_the_named_ones_are_kept(tmp_path):
    for block in (3, 12, 7):
        write_snapshot(Files(tmp_path), snapshot(block))
    (tmp_path / "snapshots" / "9.snapshot.part").write_bytes(b"half")
    keep_only(Files(tmp_path), {12, 7})
    assert snapshot_blocks(Files(tmp_path)) == [12, 7]
    assert len(Files(tmp_path).names("snapshots")) == 2


def test_a_power_cut_leaves_the_old_snapshot_or_the_new_one():
    whole = Disk()
    write_snapshot(whole, snapshot(3))
    write_snapshot(whole, snapshot(4))
    for cut_at in range(1, whole.deeds + 1):
        disk = Disk(cut_at)
        told = []
        try:
            for block in (3, 4):
                write_snapshot(disk, snapshot(block))
                told.append(block)
        except PowerCut:
            pass
        found = disk.after_power_cut()
        assert set(told) <= set(snapshot_blocks(found))
        for block in snapshot_blocks(found):
            assert read_snapshot(found, block) == snapshot(block)
