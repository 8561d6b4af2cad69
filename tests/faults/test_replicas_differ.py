"""Replicas that apply the same commands differently are found, stopped and named: P12.

Members of a cluster applied the same entry differently, two releases or rights out of step; each
looked healthy, and nobody noticed. Here the journal carries the writer's fingerprints.
"""

import threading

import numpy as np
import pytest

from pilothouse.console.life import Life
from pilothouse.engine.growth import senders_of, used_rows
from pilothouse.journal.appender import Appender
from pilothouse.journal.blocks import Pen
from pilothouse.journal.reader import Reader
from pilothouse.journal.storage import Files
from pilothouse.language.commands import RecordFingerprint
from pilothouse.language.names import Name, Sender
from pilothouse.language.rows import Message, to_rows
from pilothouse.venue.follower import Follower, ReplicaStopped
from pilothouse.venue.machine import Release, present_release
from pilothouse.venue.readiness import Readiness, told
from pilothouse.venue.replica import Replica, ReplicaDiffers
from pilothouse.venue.writer import FINGERPRINT_BLOCKS, Writer
from tests.faults.lives import leave, live
from tests.journal.powercut import Disk
from tests.venue import lived
from tests.venue.counter import RELEASE, Counter, order_rows
from tests.venue.test_power_cut import Desk

AT_LEAST_EVERY = 1_000
NO_CLOCK = {"now": lambda: 1_000, "steady": lambda: 0}


def is_fingerprint(block):
    rows = block.rows
    own = len(rows) and rows[0, 0] == RecordFingerprint.number
    return bool(own) and rows[0, 2] == Sender.WRITER


def test_p12_a_fingerprint_opens_each_start_and_stands_in_every_thousand_blocks(tmp_path):
    disk, started = Disk(), []
    for turn in range(3):
        writer, desk = Writer(tmp_path, RELEASE, storage=disk, **NO_CLOCK), Desk()
        started.append(writer._journal.tail.number if writer._journal.tail else 0)
        for number in range(AT_LEAST_EVERY + 400):
            desk.send(writer, order_rows(1_000_000 * (turn + 1) + number, 1))
        leave(writer)
    at = [one.header.number for one in Reader(disk).read() if is_fingerprint(one)]
    # Before the very first command there is no state; from then on a start says it at once.
    assert {2, *(one + 1 for one in started[1:])} <= set(at)
    gaps = np.diff([*at, writer._journal.tail.number])
    assert gaps.max() <= FINGERPRINT_BLOCKS <= AT_LEAST_EVERY


class Flips(Counter):
    """One bit of it flips after some orders, as in bad memory."""

    def step(self, rows, time):
        done = super().step(rows, time)
        self.total ^= self.position == 7
        return done


class CountsTwice(Counter):
    """It applies an order otherwise than the writer, as another release would."""

    def step(self, rows, time):
        done = super().step(rows, time)
        self.total += sum(row[0] == 7 for row in done.receipts.tolist())
        return done


class Permits(Counter):
    """It does not refuse what the writer refused, as with rights that are not in step."""

    def _one(self, rows, events):
        rows = rows.copy()
        rows[:, 13] = np.maximum(rows[:, 13], 1)
        return super()._one(rows, events)


class ForgetsNames(Counter):
    """It would execute a repeated order once more."""

    def step(self, rows, time):
        done = super().step(rows, time)
        if self.position >= 7:
            self.names = {}
        return done


def refused_rows(first):
    rows = order_rows(first, 2)
    rows[:, 13] = 0
    return rows


@pytest.mark.parametrize("machine", [Flips, CountsTwice, Permits, ForgetsNames])
def test_p12_a_replica_that_differs_stops_is_read_by_nobody_and_says_its_name(tmp_path, machine):
    live(tmp_path, blocks=1)
    follower = Follower(tmp_path, release=Release(RELEASE.digest, machine, machine.from_bytes))
    seen = []
    follower.listen(lambda span: seen.append(span.block))
    follower.start()
    try:
        writer, desk = Writer(tmp_path, RELEASE, fingerprint_blocks=3, **NO_CLOCK), Desk()
        for number in range(12):
            made = refused_rows if number == 2 else lambda first: order_rows(first, 2)
            desk.send(writer, made(300 + 10 * number))
        last = writer._journal.tail
        leave(writer)
        assert not follower.wait_for(last.last_position, 30)
        assert "ReplicaDiffers" in follower.fault and follower.standstill.why.value == (
            "stopped following"
        )
        assert max(seen) <= 9, "within the blocks between two fingerprints"
        causes = Readiness(tmp_path, follower).causes()
        assert ("replica_differs", True) in [(one.name, one.stops) for one in causes]
        assert told(causes)["ready"] is False and "fingerprint" in str(told(causes)["why"])
        with pytest.raises(ReplicaStopped), follower.machine():
            pass
        assert follower.has_died, "and its process is begun anew"
    finally:
        follower.stop()


@pytest.mark.django_db
def test_p12_the_console_gives_no_sign_of_life_with_a_replica_that_differs(tmp_path):
    live(tmp_path, blocks=12)
    follower = Follower(tmp_path, release=Release(RELEASE.digest, Flips, Flips.from_bytes))
    follower.start()
    signs = threading.Event()
    try:
        assert not follower.wait_for(1 << 40, 30)
        with pytest.raises(ReplicaStopped):
            Life(follower, signs.set).look()
        assert not signs.is_set()
    finally:
        follower.stop()


def test_p12_a_part_of_another_release_does_not_follow(tmp_path):
    live(tmp_path, blocks=3)
    other = Follower(tmp_path, release=Release(b"o" * 32, Counter.empty, Counter.from_bytes))
    other.start()
    try:
        assert not other.wait_for(1, 30) and other.position == 0
        assert "Release" in other.fault and RELEASE.digest.hex()[:16] in other.fault
        with pytest.raises(ReplicaStopped), other.machine():
            pass
    finally:
        other.stop()


@pytest.fixture(scope="module")
def world():
    """A real machine that lived, the block that tells its fingerprint, and its release."""
    return lived.live(5)


def test_p12_one_bit_in_any_table_of_the_real_machine_is_found(world, tmp_path):
    release, machine = present_release(), world.machine
    high, low = machine.fingerprint()
    own = RecordFingerprint(position=machine.position, hi=high, lo=low)
    row = to_rows(Message(own, Name(Sender.WRITER, 1, 1)))
    Appender(Files(tmp_path), Pen(release.digest, 1), None).append(row, 1, machine.time)
    (block,) = Reader(Files(tmp_path)).read()
    Replica(tmp_path, release, machine.copy()).step(block)
    tables = used_rows(machine.state)
    assert {"accounts", "balances", "positions", "orders", "assets", "markets"} <= set(tables)
    # The ring of a sender that never spoke is no state.
    ring = min(senders_of(machine.state)) * int(machine.state.exchange[0]["names"])
    missed = []
    for name, rows in tables.items():
        for at in (ring if name == "names" else 0, rows - 1):
            flipped = machine.copy()
            flipped.arena.tables[name][at : at + 1].view(np.uint8).reshape(-1)[0] ^= 1
            try:
                Replica(tmp_path, release, flipped).step(block)
            except ReplicaDiffers:
                continue
            missed.append((name, at))
    assert not missed
