"""The same writer, follower, snapshot and verify, with the real engine and real orders."""

import itertools

import numpy as np
import pytest

from pilothouse.language.events import OrderPlaced
from pilothouse.language.names import Sender
from pilothouse.language.rows import from_event_row
from pilothouse.venue.follower import Follower
from pilothouse.venue.machine import present_release
from pilothouse.venue.snapshotter import Snapshotter
from pilothouse.venue.verify import verify
from tests.venue.exchange import genesis, trader
from tests.venue.running import client_of, running_writer

ORDERS = 400


@pytest.fixture(scope="module")
def release():
    return present_release()


def test_real_orders_are_journaled_followed_and_proved(tmp_path, release):
    spans = []
    follower = Follower(tmp_path, release=release)
    follower.listen(spans.append)
    asked = list(itertools.islice(trader(Sender.GATEWAY, 7), ORDERS))
    with running_writer(tmp_path, release, fingerprint_blocks=5) as writer:
        follower.start()
        with client_of(tmp_path, patience_s=300) as client:
            assert all(one.accepted for one in client.submit(genesis()))
            receipts = [client.submit(asked[k : k + 8]) for k in range(0, ORDERS, 8)]
        last = receipts[-1][-1].position
        assert follower.wait_for(last, 300), follower.fault
        with follower.machine() as machine:
            assert not machine.broken_invariants()
        Snapshotter(follower).take()
    final = writer.machine.fingerprint()
    follower.stop()
    assert follower.fault is None and follower.replica.fingerprints >= 5

    placed = placed_orders(spans)
    answered = {one.made for batch in receipts for one in batch if one.made == one.position}
    assert answered and answered <= placed
    report = verify(tmp_path, release=release)
    assert report.good, report.faults
    assert report.snapshots_agreed == 1
    assert report.position >= last and report.fingerprint == final


def placed_orders(spans):
    rows = np.concatenate([one.events for one in spans])
    told = [from_event_row(row).event for row in rows]
    return {one.order for one in told if isinstance(one, OrderPlaced)}
