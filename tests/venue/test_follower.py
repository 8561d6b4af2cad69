"""A follower trails the writer, tells its listeners everything once, and stops when it differs."""

import os
import threading
import time

import numpy as np
import pytest

from pilothouse.journal.appender import Appender
from pilothouse.journal.blocks import Pen
from pilothouse.journal.storage import Files
from pilothouse.language.commands import RecordFingerprint
from pilothouse.language.names import Name, Sender
from pilothouse.language.rows import Message, to_rows
from pilothouse.venue.follower import Follower, ReplicaStopped
from pilothouse.venue.ladder import BLOCK_WORK
from pilothouse.venue.snapshotter import Snapshotter
from tests.venue.counter import DIGEST, EVENT, RELEASE, order, order_rows
from tests.venue.running import client_of, running_writer

WAIT_S = 30


@pytest.fixture
def follow(tmp_path):
    started = []

    def begin(*listeners, **options):
        follower = Follower(tmp_path, release=RELEASE, **options)
        for one in listeners:
            follower.listen(one)
        follower.start()
        started.append(follower)
        return follower

    yield begin
    for one in started:
        one.stop()


def test_a_follower_sees_what_the_writer_answered(tmp_path, follow):
    with running_writer(tmp_path) as writer, client_of(tmp_path) as client:
        follower = follow()
        for number in range(1, 40):
            (receipt,) = client.submit([order(number)])
            assert follower.wait_for(receipt.position, WAIT_S)
        with follower.machine() as machine:
            assert machine.total == writer.machine.total == 39
    assert follower.fault is None


def test_listeners_are_told_every_block_once_and_in_order(tmp_path, follow):
    with running_writer(tmp_path), client_of(tmp_path) as client:
        client.submit_rows(order_rows(1, 50))
        spans = []
        follower = follow(spans.append)
        for number in range(100, 120):
            (last,) = client.submit([order(number)])
        assert follower.wait_for(last.position, WAIT_S)
    positions = [one.first_position + k for one in spans for k in range(len(one.receipts))]
    assert positions[: last.position] == list(range(1, last.position + 1))
    events = np.concatenate([one.events for one in spans])
    assert (events[:, 0] == EVENT).all() and len(events) == 70
    assert all((one.receipts[:, 0] >= one.first_position).all() for one in spans)


def test_a_position_is_raised_only_after_the_listeners_were_told(tmp_path, follow):
    told = []
    with running_writer(tmp_path), client_of(tmp_path) as client:
        follower = follow(lambda span: told.extend(span.receipts[:, 0]))
        for number in range(1, 30):
            (receipt,) = client.submit([order(number)])
            follower.wait_for(receipt.position, WAIT_S)
            assert receipt.position in told


def test_a_listener_that_comes_late_is_refused(tmp_path, follow):
    follower = follow()
    with pytest.raises(RuntimeError, match="comes late"):
        follower.listen(print)


def test_waiting_ends_with_the_timeout(tmp_path, follow):
    assert follow().wait_for(1, 0.05) is False


def test_readers_are_not_starved_while_it_catches_up(tmp_path, follow):
    appender = Appender(Files(tmp_path), Pen(DIGEST, 1), None)
    for turn in range(400):
        appender.append(order_rows(10 * turn, 10), 10, turn)
    seen = []
    follower = follow(lambda span: threading.Event().wait(0.001))
    for _ in range(5):
        with follower.machine() as machine:
            seen.append(machine.position)
    assert seen == sorted(seen) and seen[-1] < 4000
    assert follower.wait_for(4000, WAIT_S)


def test_a_replica_that_differs_stops_and_says_so(tmp_path, follow):
    appender = Appender(Files(tmp_path), Pen(DIGEST, 1), None)
    appender.append(order_rows(1, 5), 5, 1)
    lie = Message(RecordFingerprint(position=5, hi=1, lo=2), Name(Sender.WRITER, 1, 1))
    appender.append(to_rows(lie), 1, 2)
    appender.append(order_rows(9, 1), 1, 3)
    said, spans = [], []
    follower = follow(spans.append, say=said.append)
    assert follower.wait_for(7, WAIT_S) is False
    assert "after command 5" in follower.fault and "recorded 1,2" in follower.fault
    assert any("stopped after command 5" in one for one in said)
    assert follower.position == 5 and len(spans) == 1
    with pytest.raises(ReplicaStopped, match="recorded 1,2"), follower.machine():
        pass


def test_true_fingerprints_are_checked_on_the_way(tmp_path, follow):
    with running_writer(tmp_path, fingerprint_blocks=3), client_of(tmp_path) as client:
        follower = follow()
        for number in range(1, 30):
            (last,) = client.submit([order(number)])
        assert follower.wait_for(last.position, WAIT_S)
        assert follower.fault is None and follower.replica.fingerprints >= 9


def test_a_listener_that_fails_stops_the_replica(tmp_path, follow):
    def fail(span):
        raise ValueError("the records are full")

    with running_writer(tmp_path), client_of(tmp_path) as client:
        follower = follow(fail)
        client.submit([order(1)])
        assert follower.wait_for(1, WAIT_S) is False
    assert "the records are full" in follower.fault and follower.position == 0


def test_a_follower_starts_from_a_snapshot_when_asked(tmp_path, follow):
    with running_writer(tmp_path), client_of(tmp_path) as client:
        client.submit_rows(order_rows(1, 500))
        first = follow()
        assert first.wait_for(500, WAIT_S)
        assert Snapshotter(first).take()
        client.submit([order(1000)])
        said = []
        second = follow(from_snapshot=True, say=said.append)
        assert second.wait_for(501, WAIT_S)
        with second.machine() as machine:
            assert machine.total == 501
    assert any("Starts from the snapshot after command 50" in one for one in said)


def test_a_snapshot_is_due_after_so_many_commands_or_blocks(tmp_path, follow, monkeypatch):
    monkeypatch.setattr("pilothouse.venue.snapshotter.LOOK_S", 0.005)
    appender = Appender(Files(tmp_path), Pen(DIGEST, 1), None)
    follower, said = follow(), []
    snapshots = Snapshotter(follower, work_between=4 * (BLOCK_WORK + 10), say=said.append)
    for turn in range(3):
        appender.append(order_rows(10 * turn + 1, 10), 10, turn)
    assert follower.wait_for(30, WAIT_S) and not snapshots.due()
    appender.append(order_rows(31, 10), 10, 4)
    assert follower.wait_for(40, WAIT_S) and snapshots.due()
    assert snapshots.take() and not snapshots.due()
    appender.append(order_rows(41, 200), 200, 5)
    assert follower.wait_for(240, WAIT_S) and snapshots.due()
    snapshots.start()
    while not said:
        threading.Event().wait(0.005)
    snapshots.stop()
    assert f"{5:020d}.snapshot is written" in said[0]


def test_a_listener_that_knows_a_block_is_told_those_behind_it(tmp_path, follow):
    with running_writer(tmp_path), client_of(tmp_path) as client:
        client.submit_rows(order_rows(1, 500))
        first = follow()
        assert first.wait_for(500, WAIT_S)
        assert Snapshotter(first).take()
        known = first.block
        client.submit([order(1000)])
        late, all_of_it = [], []
        second = Follower(tmp_path, release=RELEASE, from_snapshot=True)
        second.listen(late.append, known)
        second.start()
        third = follow(all_of_it.append, from_snapshot=True)
        assert second.wait_for(501, WAIT_S) and third.wait_for(501, WAIT_S)
        second.stop()
    assert sum(len(one.receipts) for one in late) < 500 <= late[-1].first_position
    assert sum(len(one.receipts) for one in all_of_it) >= 501


def test_the_end_leaves_a_snapshot_of_what_was_done(tmp_path, follow, monkeypatch):
    monkeypatch.setattr("pilothouse.venue.snapshotter.COMMANDS_WORTH_KEEPING", 10)
    appender = Appender(Files(tmp_path), Pen(DIGEST, 1), None)
    follower = follow()
    for first, commands, expected in ((1, 9, 0), (10, 1, 1)):
        appender.append(order_rows(first, commands), commands, first)
        assert follower.wait_for(first + commands - 1, WAIT_S)
        said = []
        snapshots = Snapshotter(follower, say=said.append)
        snapshots.start()
        snapshots.stop()
        assert [one for one in said if "snapshot is written" in one] == said
        assert len(said) == expected


def test_a_writer_that_has_ended_is_asked_to_end_again_without_a_fault(tmp_path):
    with running_writer(tmp_path) as writer:
        writer.stop()
        while not writer.doors.is_closed:
            time.sleep(0.001)
        held = os.open(tmp_path, os.O_RDONLY)  # the number of an end may be another file's now
        writer.stop()
        os.close(held)
