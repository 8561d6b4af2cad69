"""Rows of the table that a whole exchange meets in its clock and its disk, and copies of it."""

import errno
import os
import sqlite3
import subprocess
import time
from contextlib import closing, contextmanager

import pytest

from pilothouse.journal.durable import DurableMark
from pilothouse.journal.reader import Reader
from pilothouse.journal.storage import Files
from pilothouse.venue.held import held
from tests.faults.client import Client, judge, orders_in
from tests.faults.whole import Whole, health, until

pytestmark = [pytest.mark.world, pytest.mark.timeout(3_600)]
HOUR_S, DAY_S = 3_600, 86_400
DISK_BYTES = 400 << 20


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    place = tmp_path_factory.mktemp("faults")
    made = Whole(place / "home", rate=100, faults=place / "wrong").up()
    yield made
    assert made.stop() == 0, "".join(made.said)


def end_of(home):
    """Return the time of the last block, in seconds."""
    storage = Files(home)
    with closing(Reader(storage)) as reader:
        blocks = list(reader.read(DurableMark(storage).block))
    return blocks[-1].header.time / 10**6


@pytest.mark.parametrize("call", ["fdatasync", "write"])
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EROFS], ids=errno.errorcode.get)
def test_an_error_of_the_live_writers_disk(whole, client, call, number):
    before = whole.pid("writer")
    whole.set_fault(call, number)
    until(lambda: whole.meets(call), "the writer meets it")
    whole.back("writer", before)
    client.goes_on()
    assert "is not durable" in (whole.home / "logs" / "writer.log").read_text()
    for part in ("gateway", "console"):
        assert "This replica stopped" not in (whole.home / "logs" / f"{part}.log").read_text()


def test_the_wall_clock_jumps_and_jumps_back(whole, client):
    began, exchange = time.monotonic(), end_of(whole.home)
    for jump_s in (HOUR_S, 0, -HOUR_S, 0, DAY_S, 0):
        whole.set_fault("clock", jump_s * 10**9)
        until(lambda j=jump_s: (held(whole.home) is not None) == bool(j), "it is held, or let go")
        client.goes_on()
        if jump_s:
            until(lambda: "clock_held" in notes(whole), "the door says so, and stays in service")
    passed = time.monotonic() - began
    assert end_of(whole.home) - exchange <= passed * 1.05 + 5, "no time came that did not pass"


def notes(whole):
    told = health(whole.trading)
    return [one["cause"] for one in told.get("said", ())] if told.get("ready") else []


def test_a_gateway_that_began_while_the_clock_was_ahead(whole, client):
    for jump_s in (HOUR_S, 0):
        whole.set_fault("clock", jump_s * 10**9)
        before = whole.hurt("gateway")
        until(lambda before=before: whole.pid("gateway") not in (0, before), "another gateway")
        client.goes_on(20)
    whole.back("gateway", 0)


def test_copied_while_it_runs(whole, client, tmp_path):
    """A copy is good, and has all that was acknowledged before it, or it says what it lacks."""
    told = []
    for turn in range(3):
        copy, so_far = tmp_path / f"copy{turn}", list(client.acknowledged)
        subprocess.run(["cp", "-a", whole.home, copy], check=True)
        code, said = Whole(copy).verify()
        assert "Traceback" not in said
        told.append(code)
        if code == 0:
            assert set(so_far) <= set(orders_in(copy))
        with closing(sqlite3.connect(copy / "pilothouse.sqlite3")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        whole.tried += 1
    print(f"copies that verify finds good: {told.count(0)} of {len(told)}")
    assert 0 in told


def test_the_write_ahead_log_of_the_database_is_lost(whole, client):
    before = whole.hurt("console")
    for end in ("-wal", "-shm"):
        (whole.home / f"pilothouse.sqlite3{end}").unlink(missing_ok=True)
    whole.back("console", before)
    client.goes_on()


@contextmanager
def a_disk_of_its_own(place):
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", place], capture_output=True
    )
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.decode()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def fill(path):
    """Take every byte that is left."""
    with open(path, "wb", buffering=0) as file:
        for piece in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(bytes(piece))
            except OSError as error:
                assert error.errno == errno.ENOSPC


def test_a_full_disk_and_a_start_on_it(tmp_path, table):
    with a_disk_of_its_own(tmp_path / "disk") as disk:
        whole = Whole(disk / "home", rate=100).up()
        with Client(whole, "full") as client:
            client.goes_on()
            fill(disk / "filling")
            until(lambda: client.unknown, "an order is not taken, for the disk is full")
            whole.stop()
            assert "Traceback" not in "".join(whole.said)
            again = on_the_full_disk(whole.home)
            os.unlink(disk / "filling")
            whole.up()
            client.goes_on()
        judged = judge(client)
        assert whole.stop() == 0
        assert whole.verify()[0] == 0
    table(1, judged, f"started on the full disk: {again}; back after one plain `up`")


def on_the_full_disk(home):
    """Try to start; return how it went: it comes up, or it ends with a sentence."""
    trying = Whole(home)
    trying.begin()
    until(lambda: trying.announced or trying.process.poll() is not None, "up, or an end")
    came = trying.announced
    trying.stop()
    said = "".join(trying.said)
    assert "Traceback" not in said
    return "it came up" if came else f"refused: {said.strip().splitlines()[-1][:120]}"
