"""A replica says since when nothing new came, and why; a quiet exchange is never that."""

import time

import pytest

from pilothouse.journal.appender import Appender
from pilothouse.journal.blocks import Pen
from pilothouse.journal.storage import Files
from pilothouse.language.commands import RecordFingerprint
from pilothouse.language.names import Name, Sender
from pilothouse.language.rows import Message, to_rows
from pilothouse.venue.follower import Follower
from pilothouse.venue.standstill import STANDSTILL_S, Standstill, Why, words_of
from tests.venue.counter import DIGEST, RELEASE, order, order_rows
from tests.venue.running import client_of, running_writer

WAIT_S = 30
NOON_US = 1_800_014_400_000_000
LATER = STANDSTILL_S + 1


class World:
    """A journal that is written by hand, its replica, and the replica's steady clock."""

    def __init__(self, home):
        self.appender = Appender(Files(home), Pen(DIGEST, 1), None)
        self.steady, self.orders = 0.0, 0
        self.follower = Follower(home, release=RELEASE, steady=lambda: self.steady)

    def write(self, time_us):
        self.orders += 1
        self.appender.append(order_rows(self.orders, 1), 1, time_us)

    def follow(self):
        assert self.follower.wait_for(self.orders, WAIT_S)
        return self.follower.standstill


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    made.follower.start()
    yield made
    made.follower.stop()


def test_before_the_first_block_nothing_is_missed(world):
    world.steady = LATER
    assert world.follower.standstill is None


def test_what_was_promised_and_did_not_come_is_missed_until_it_comes(world):
    world.write(NOON_US)
    assert world.follow() is None
    world.steady += STANDSTILL_S
    assert world.follower.standstill is None
    world.steady += 1
    assert world.follower.standstill == Standstill(NOON_US, Why.NOTHING_WRITTEN)
    world.write(NOON_US)
    assert world.follow() is None


def test_who_is_behind_does_not_blame_the_writer(world):
    world.write(NOON_US)
    world.follow()
    with world.follower.machine():
        world.write(NOON_US + 1)
        world.steady += LATER
        assert world.follower.standstill == Standstill(NOON_US, Why.BEHIND)


def test_a_replica_that_stopped_says_so_at_once(world):
    world.write(NOON_US)
    world.follow()
    lie = Message(RecordFingerprint(position=1, hi=1, lo=2), Name(Sender.WRITER, 1, 1))
    world.appender.append(to_rows(lie), 1, NOON_US + 1)
    assert not world.follower.wait_for(2, WAIT_S)
    assert world.follower.standstill == Standstill(NOON_US, Why.STOPPED)


def test_a_writer_to_whom_nobody_speaks_keeps_its_promise(tmp_path):
    follower = Follower(tmp_path, release=RELEASE)
    with running_writer(tmp_path), client_of(tmp_path) as client:
        client.submit([order(1)])
        follower.start()
        assert follower.wait_for(1, WAIT_S)
        was, until = follower.block, time.monotonic() + WAIT_S
        while follower.block < was + 3:
            assert time.monotonic() < until, "no empty block came"
            time.sleep(0.01)
    follower.stop()


def test_it_is_told_in_words_with_the_day_if_it_is_another():
    still = Standstill(NOON_US, Why.NOTHING_WRITTEN)
    assert words_of(None, NOON_US) == ""
    assert words_of(still, NOON_US + 10**9) == "nothing written since 12:00:00 UTC"
    tomorrow = NOON_US + 86_400 * 10**6
    assert words_of(still, tomorrow) == "nothing written since 2027-01-15 12:00:00 UTC"
