"""Kill -9, twenty times, with real orders of several accounts in flight.

No order that was answered is lost; one sent again by name gets its first receipt; the machine
after each recovery is the one a replay from zero makes.
"""

import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from pilothouse.journal.reader import Reader
from pilothouse.journal.storage import Files
from pilothouse.language.doors import Doorway
from pilothouse.language.names import Sender
from pilothouse.language.rows import split, to_rows
from pilothouse.venue.client import VenueClient, WriterIsAway
from pilothouse.venue.machine import present_release
from pilothouse.venue.sockets import socket_path
from pilothouse.venue.verify import verify
from tests.venue.exchange import genesis, trader

ROOT = Path(__file__).parents[2]
TRADERS, FRAME = 3, 80
RATE = 1_000
AGAIN = 100
"""Commands of each trader that are sent again after a recovery."""
LIVES = [
    "append:25", "fsync:40", "answer:30", "outside", "snapshot_rename",
    "startup", "append:60", "fsync:15", "answer:50", "outside",
    "append:1", "fsync:1", "answer:1", "snapshot_rename", "startup",
    "append:33", "fsync:70", "answer:20", "outside", "fsync:44",
]  # fmt: skip


class Nursery:
    """Starts writers and snapshots in processes of their own, and knows which still live."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.venue.nursery", "engine"],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.born = []
        assert self.process.stdout.readline() == "ready\n"

    def start(self, what, home, crash="-"):
        self.process.stdin.write(f"{what} {home} {crash}\n")
        self.process.stdin.flush()
        self.born.append(int(self.process.stdout.readline()))
        return self.born[-1]

    def close(self):
        for one in self.born:
            if lives(one):
                os.kill(one, signal.SIGKILL)
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def lives(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for_death(process, seconds=120):
    deadline = time.monotonic() + seconds
    while lives(process):
        assert time.monotonic() < deadline, "it should be dead by now"
        time.sleep(0.002)


@pytest.fixture(scope="module")
def nursery():
    made = Nursery()
    yield made
    made.close()


class Trader(threading.Thread):
    """Sends orders frame after frame, and remembers the first receipt of each name."""

    def __init__(self, home, number):
        super().__init__()
        self.sender = Sender.GATEWAY + number
        self.client = VenueClient(home, patience_s=120)
        self.orders = trader(self.sender, number)
        self.receipts, self.rows, self.sent = {}, {}, 0
        self.stopping, self.fault = False, None

    def run(self):
        try:
            while not self.stopping:
                batch = list(itertools.islice(self.orders, FRAME))
                self.sent += FRAME
                rows = np.concatenate([to_rows(one) for one in batch])
                self.keep(batch, self.client.submit_rows(rows))
        except WriterIsAway as away:
            self.fault = away

    def keep(self, batch, receipts):
        for message, receipt in zip(batch, receipts, strict=True):
            self.receipts[message.name.lo] = tuple(int(one) for one in receipt[:3])
            self.rows[message.name.lo] = to_rows(message)

    def ask_again(self, client):
        """Send the newest answered orders again: each gets the receipt it got first."""
        names = sorted(self.receipts)[-AGAIN:]
        if names:
            again = client.submit_rows(np.concatenate([self.rows[name] for name in names]))
            assert [tuple(one[:3]) for one in again.tolist()] == [
                self.receipts[name] for name in names
            ]
            assert again[:, 3].all(), "a name sent again was executed again"


def answered(traders):
    return sum(len(one.receipts) for one in traders)


def wait_for_answers(traders, count):
    target = answered(traders) + count
    while answered(traders) < target:
        assert not any(one.fault for one in traders)
        time.sleep(0.002)


def live_until_killed(nursery, home, crash, traders, chance):
    """Run a writer until it dies as `crash` says; return how long it answered."""
    inside = crash if ":" in crash else "startup:1" if crash == "startup" else "-"
    writer = nursery.start("writer", home, inside)
    before = answered(traders)
    while answered(traders) == before and lives(writer):
        time.sleep(0.001)
    started = time.monotonic()
    if inside == "-":
        wait_for_answers(traders, chance.randint(500, 3_000))
        if crash == "snapshot_rename":
            wait_for_death(nursery.start("snapshot", home, "snapshot_rename:1"))
            assert list((home / "snapshots").glob("*.part"))
        os.kill(writer, signal.SIGKILL)
    elif crash == "append:60":
        # A whole snapshot while it lives, so that the next recovery starts from one.
        wait_for_death(nursery.start("snapshot", home))
    wait_for_death(writer)
    return time.monotonic() - started


def journaled_names(home):
    """Return the name of the command at each position, as the journal has it."""
    found = {}
    for block in Reader(Files(home)).read():
        for k, one in enumerate(split(block.rows)):
            found[block.header.first_position + k] = tuple(int(word) for word in one[0, 2:5])
    return found


def test_twenty_kills_lose_no_answered_order(tmp_path, nursery, record_property):
    home, chance = tmp_path, random.Random(2)
    writer = nursery.start("writer", home)
    client = VenueClient(home, patience_s=120)
    assert all(one.accepted for one in client.submit(genesis()))
    os.kill(writer, signal.SIGKILL)
    wait_for_death(writer)

    traders, served = [Trader(home, number) for number in range(TRADERS)], 0.0
    for one in traders:
        one.start()
    try:
        for crash in LIVES:
            served += live_until_killed(nursery, home, crash, traders, chance)
            assert socket_path(home, Doorway.GATEWAY).exists(), "a killed writer cleans nothing up"
        last = nursery.start("writer", home)
        wait_for_answers(traders, 500)
    finally:
        for one in traders:
            one.stopping = True
        for one in traders:
            one.join()
    for one in traders:
        assert one.fault is None and len(one.receipts) == one.sent
        one.ask_again(client)
    client.close()
    os.kill(last, signal.SIGTERM)
    wait_for_death(last)

    record_property("commands_per_second", round(answered(traders) / served))
    print(f"{answered(traders)} commands in {served:.1f} s of service")
    assert answered(traders) / served > RATE
    names = journaled_names(home)
    for one in traders:
        for lo, (position, _, _) in one.receipts.items():
            assert names[position] == (one.sender, 1, lo)
    executed = [name for name in names.values() if name[0] >= Sender.GATEWAY]
    assert set(executed) == {(one.sender, 1, lo) for one in traders for lo in one.receipts}
    report = verify(home, release=present_release())
    assert report.good, report.faults
    # Each life that served opened with the fingerprint of the machine it had recovered.
    assert report.fingerprints_agreed >= len([one for one in LIVES if one != "startup"])
    assert not report.torn and report.snapshots_agreed >= 1
