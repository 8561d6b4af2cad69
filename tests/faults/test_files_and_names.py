"""Files that are named are there, whole; what is half written is removed; what is odd is kept."""

import contextlib
import itertools
import os
import random
from pathlib import Path

import numpy as np
import pytest

from pilothouse.journal import blocks as blocks_module
from pilothouse.journal.blocks import HEADER_BYTES, Pen, read_header, seal_block
from pilothouse.journal.snapshots import (
    RESERVE_BYTES,
    BadSnapshot,
    keep_only,
    read_snapshot,
    snapshot_blocks,
    write_snapshot,
)
from pilothouse.journal.storage import Files
from pilothouse.records import kept
from pilothouse.records.history import History
from pilothouse.venue.follower import Follower
from pilothouse.venue.recovery import recover
from pilothouse.venue.snapshotter import Snapshotter, snapshot_of
from pilothouse.venue.verify import verify
from tests.faults.lives import everything, leave, live, offsets, segment, writer_of
from tests.journal.powercut import Disk, PowerCut
from tests.venue.counter import RELEASE
from tests.venue.test_power_cut import Desk, check, life


def snapshot_at_the_end(storage, home):
    writer = writer_of(home, storage=storage)
    made = snapshot_of(writer.machine, writer._journal.tail, RELEASE.digest)
    leave(writer)
    return made


def test_d12_a_snapshot_that_fails_leaves_nothing_and_takes_no_room_from_the_journal(tmp_path):
    disk = Disk()
    live(tmp_path, storage=disk)
    made = snapshot_at_the_end(disk, tmp_path)
    disk.free = RESERVE_BYTES
    with pytest.raises(OSError, match="for the journal"):
        write_snapshot(disk, made)
    assert not disk.names("snapshots")
    disk.free, disk.failing = 1 << 40, frozenset({disk.syncs + 1})
    with pytest.raises(OSError, match="write-back"):
        write_snapshot(disk, made)
    assert not disk.names("snapshots")


def test_d12_kept_orders_that_fail_leave_nothing(tmp_path):
    disk = Disk()
    tail = live(tmp_path, storage=disk).tail
    disk.free = 10
    with pytest.raises(OSError, match="for the journal"):
        kept.keep(disk, History().remembered(), tail)
    disk.free, disk.failing = 1 << 40, frozenset({disk.syncs + 1})
    with pytest.raises(OSError, match="write-back"):
        kept.keep(disk, History().remembered(), tail)
    assert not disk.names("history")
    kept.keep(disk, History().remembered(), tail)
    assert kept.kept_at(disk) == (tail.number, 0)


def test_p11_kept_orders_and_the_block_they_stand_at_are_one(tmp_path):
    """Killed at each write of the second keeping: the first is there, or the second, whole."""
    tails = [live(tmp_path, storage=Disk(), blocks=count).tail for count in (2, 5)]
    for cut_at in range(1, 20):
        disk = Disk()
        kept.keep(disk, History().remembered(), tails[0])
        disk.cut_at = disk.deeds + cut_at
        with contextlib.suppress(PowerCut):
            kept.keep(disk, History().remembered(), tails[1])
        for found in (disk, disk.after_power_cut()):
            whole = kept.kept(found)
            assert whole is not None
            assert (whole.block, whole.seal) in [(one.number, one.seal) for one in tails]
            assert kept.kept_at(found) == (whole.block, whole.position)


def test_d12_what_a_crash_left_half_written_is_removed_at_the_start(tmp_path):
    live(tmp_path)
    for name in ("snapshots/00000000000000000003.snapshot.part", "journal/x.blocks.part"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"half")
    leave(writer_of(tmp_path))
    follower = Follower(tmp_path, release=RELEASE)
    follower.start()
    snapshotter = Snapshotter(follower)
    snapshotter.start()
    snapshotter.stop()
    follower.stop()
    assert not [one for one in everything(tmp_path) if one.suffix == ".part"]


def test_c13_the_home_is_synced_once_a_folder_is_made_in_it(tmp_path, monkeypatch):
    synced, real = [], os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda fd: (synced.append(Path(os.readlink(f"/proc/self/fd/{fd}"))), real(fd))
    )
    Files(tmp_path / "new" / "home").open_append("journal/one").close()
    wanted = [tmp_path, tmp_path / "new", tmp_path / "new" / "home"]
    assert [one for one in synced if one in wanted] == wanted


def test_p05_after_500_random_power_cuts_what_is_named_is_whole(tmp_path):
    whole = Disk()
    assert life(tmp_path, whole, Desk(), itertools.count(1))
    chance = random.Random(5)
    for turn in range(500):
        disk = Disk(chance.randrange(1, whole.deeds + 1), chance.choice((0, 90, 300)))
        desk = Desk()
        life(tmp_path, disk, desk, itertools.count(1))
        found = disk.after_power_cut(mark_flushed=chance.random() < 0.5)
        for block in snapshot_blocks(found):
            read_snapshot(found, block)
        check(tmp_path, found, desk, turn)


def test_p10_a_state_says_itself_where_it_stands(tmp_path):
    """The newest snapshot is damaged, an older one is there: the same state after the replay."""
    disk = Disk()
    live(tmp_path, storage=disk, snapshot_after=3)
    live(tmp_path, storage=disk, first=500, snapshot_after=5)
    newest, oldest = snapshot_blocks(disk)
    wanted = recover(tmp_path, disk, RELEASE, lambda one: None).replica.machine.fingerprint()
    for damage in ("flip", "swap"):
        made = disk.after_power_cut(mark_flushed=True)
        names = [f"snapshots/{one:020d}.snapshot" for one in (newest, oldest)]
        if damage == "flip":
            made.files[names[0]].now[-1] ^= 1
        else:
            # Under the newest name stands the older state: its own words count, not its name.
            made.files[names[0]].now = bytearray(made.files[names[1]].now)
        found = recover(tmp_path, made, RELEASE, lambda one: None)
        assert found.replica.machine.fingerprint() == wanted


def test_p01_a_snapshot_that_cannot_be_placed_is_set_aside(tmp_path):
    live(tmp_path, snapshot_after=3)
    (block,) = snapshot_blocks(Files(tmp_path))
    place = tmp_path / f"snapshots/{block:020d}.snapshot"
    raw = bytearray(place.read_bytes())
    raw[20] ^= 1
    place.write_bytes(raw)
    (aside,) = keep_only(Files(tmp_path), [])
    assert (tmp_path / aside).read_bytes() == raw and not place.exists()


@pytest.mark.parametrize("name", ["snapshots", "history", "engines"])
def test_p14_a_flipped_bit_in_a_derived_file_changes_no_byte_of_the_journal(tmp_path, name):
    tail = live(tmp_path, snapshot_after=3, closed=True).tail
    kept.keep(Files(tmp_path), History().remembered(), tail)
    (tmp_path / "engines").mkdir(exist_ok=True)
    (tmp_path / "engines" / "something").write_bytes(b"a compiled machine")
    before = segment(tmp_path).read_bytes()
    for one in [one for one in everything(tmp_path) if name in one.parts]:
        raw = bytearray(one.read_bytes())
        raw[len(raw) // 2] ^= 4
        one.write_bytes(raw)
        leave(writer_of(tmp_path), closed=True)
        assert segment(tmp_path).read_bytes() == before


def test_p60_a_snapshot_is_named_only_after_it_was_read_back(tmp_path, monkeypatch):
    disk = Disk()
    live(tmp_path, storage=disk)
    made = snapshot_at_the_end(disk, tmp_path)
    real = Disk.open_append

    def flipping(self, name):
        file = real(self, name)
        write = file.write
        file.write = lambda data: write(bytes(data)[:-1] + bytes([bytes(data)[-1] ^ 1]))
        return file

    monkeypatch.setattr(Disk, "open_append", flipping)
    with pytest.raises(OSError, match="read back differently"):
        write_snapshot(disk, made)
    assert not snapshot_blocks(disk)


def test_p60_a_bit_that_flips_between_reading_and_hashing_is_found(tmp_path, monkeypatch):
    """The rows change after their hash was made, as in bad memory: every reader sees it."""
    live(tmp_path)
    real = blocks_module.seal_block

    def bad(pen, tail, rows, commands, time):
        made = real(pen, tail, rows, commands, time)
        rows[-1, 10] ^= 1
        return made

    monkeypatch.setattr("pilothouse.journal.appender.seal_block", bad)
    live(tmp_path, blocks=1, first=700)
    monkeypatch.undo()
    report = verify(tmp_path, release=RELEASE)
    assert not report.good and any("damaged last block" in one for one in report.faults)


def test_p61_a_value_that_is_edited_with_all_hashes_made_anew_is_found(tmp_path):
    """Whoever may write the folder makes every hash anew: the machine's fingerprints tell."""
    live(tmp_path)
    raw = segment(tmp_path).read_bytes()
    tail, made = None, b""
    for at in offsets(raw):
        head = read_header(raw[at : at + HEADER_BYTES])
        body = np.frombuffer(raw[at + HEADER_BYTES : at + head.size], np.int64).copy()
        rows = body.reshape(-1, 16)
        if head.number == 2:
            rows[-1, 13] += 5
        tail, sealed = seal_block(
            Pen(head.release, head.term), tail, rows, head.commands, head.time
        )
        made += sealed + rows.tobytes()
    segment(tmp_path).write_bytes(made)
    report = verify(tmp_path, release=RELEASE)
    assert not report.good and "fingerprint" in report.faults[0]


def test_a_bad_snapshot_is_still_an_error_to_read(tmp_path):
    live(tmp_path, snapshot_after=3)
    (block,) = snapshot_blocks(Files(tmp_path))
    (tmp_path / f"snapshots/{block:020d}.snapshot").write_bytes(b"")
    with pytest.raises(BadSnapshot):
        read_snapshot(Files(tmp_path), block)
