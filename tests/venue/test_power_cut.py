"""The power goes off at every deed of a writer's life: nobody was told what is then gone."""

import itertools

import numpy as np
import pytest

from pilothouse.journal.snapshots import Snapshot, write_snapshot
from pilothouse.venue.verify import verify
from pilothouse.venue.wire import count_commands
from pilothouse.venue.writer import Writer
from tests.journal.powercut import Disk, PowerCut
from tests.venue.counter import RELEASE, order_rows

BLOCKS = 7
SNAPSHOT_AFTER = 4


class Desk:
    """Sends rows to a writer without a socket, and remembers every receipt it was given."""

    def __init__(self):
        self.receipts = {}

    def send(self, writer, rows):
        frame = type("Frame", (), {"rows": rows, "commands": count_commands(rows), "number": 1})
        writer.doors.send = lambda client, raw: self.told(rows, raw)
        writer.commit([(None, frame)])

    def told(self, rows, raw):
        receipts = np.frombuffer(raw[16:], np.int64).reshape(-1, 4)
        for row, receipt in zip(rows, receipts, strict=True):
            self.receipts[int(row[4])] = tuple(int(one) for one in receipt[:3])


def life(home, disk, desk, times):
    """Start a writer, trade, and take a snapshot on the way, until the power goes off."""
    writer = None
    try:
        writer = Writer(home, RELEASE, storage=disk, now=lambda: next(times), fingerprint_blocks=3)
        for turn in range(BLOCKS):
            desk.send(writer, order_rows(1 + 10 * turn, 1 + turn % 3))
            if turn == SNAPSHOT_AFTER:
                snapshot(disk, writer)
        return True
    except PowerCut:
        return False
    finally:
        if writer:
            writer.doors.close()


def snapshot(disk, writer):
    tail, machine = writer._journal.tail, writer.machine
    write_snapshot(
        disk,
        Snapshot(
            tail.number,
            tail.last_position,
            tail.time,
            machine.fingerprint(),
            RELEASE.digest,
            tail.seal,
            machine.to_bytes(),
        ),
    )


def recovered(home, disk):
    return Writer(home, RELEASE, storage=disk, now=lambda: 10_000)


def check(home, disk, desk, at):
    """Every receipt that was given still holds, and the state is that of a replay from zero."""
    writer = recovered(home, disk)
    try:
        fingerprint, again = writer.machine.fingerprint(), Desk()
        for name, (position, outcome, made) in desk.receipts.items():
            again.send(writer, order_rows(name, 1))
            assert again.receipts[name] == (position, outcome, made), f"deed {at}, order {name}"
    finally:
        writer.doors.close()
    report = verify(home, release=RELEASE, storage=disk)
    assert report.good, report.faults
    assert report.position >= max([one[0] for one in desk.receipts.values()], default=0)
    return fingerprint


def deeds_of_a_whole_life(home):
    disk = Disk()
    assert life(home, disk, Desk(), itertools.count(1))
    return disk.deeds


@pytest.mark.parametrize("torn", [0, 100, 200])
def test_no_told_order_is_lost_at_any_write_boundary(tmp_path, torn):
    whole = deeds_of_a_whole_life(tmp_path)
    assert whole > 3 * BLOCKS
    for cut_at in range(1, whole + 1):
        disk, desk = Disk(cut_at, torn), Desk()
        life(tmp_path, disk, desk, itertools.count(1))
        found = disk.after_power_cut()
        check(tmp_path, found, desk, cut_at)


def test_the_power_may_also_go_off_while_it_recovers(tmp_path):
    """Recovery itself writes (it cuts a torn tail): it can be cut at each of its deeds, too."""
    disk, desk = Disk(cut_at=deeds_of_a_whole_life(tmp_path) - 1, torn=100), Desk()
    life(tmp_path, disk, desk, itertools.count(1))
    for cut_at in range(1, 40):
        found = disk.after_power_cut()
        found.cut_at = cut_at
        try:
            recovered(tmp_path, found).doors.close()
        except PowerCut:
            found = found.after_power_cut()
        found.cut_at = 0
        check(tmp_path, found, desk, cut_at)


def test_a_machine_from_a_snapshot_equals_one_from_zero(tmp_path):
    disk, desk = Disk(), Desk()
    life(tmp_path, disk, desk, itertools.count(1))
    short = check(tmp_path, disk.after_power_cut(), desk, 0)
    bare = disk.after_power_cut()
    for name in [one for one in bare.files if one.startswith("snapshots/")]:
        del bare.files[name]
    assert check(tmp_path, bare, desk, 0) == short
