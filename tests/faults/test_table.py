"""The table of faults, row by row and more often than continuous integration has time for."""

import os
import signal
import sqlite3
import threading

import pytest

from tests.faults.client import Client, Judged, judge
from tests.faults.whole import COMPILING_S, Whole, until

pytestmark = [pytest.mark.world, pytest.mark.timeout(3_600)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    made = Whole(tmp_path_factory.mktemp("table") / "home", rate=100).up()
    yield made
    assert made.stop() == 0, "".join(made.said)


@pytest.mark.parametrize("part", ["writer", "gateway", "console", "traffic"])
def test_killed_five_times(whole, client, part):
    for _ in range(5):
        whole.back(part, whole.hurt(part))
        client.goes_on()


@pytest.mark.parametrize("part", ["writer", "gateway", "console", "traffic"])
def test_stopped_for_good(whole, client, part):
    before = whole.hurt(part, signal.SIGSTOP)
    whole.back(part, before)
    client.goes_on()


def test_stopped_for_sixteen_seconds_and_let_go(whole, client):
    for part in ("writer", "gateway", "console"):
        pid = whole.hurt(part, signal.SIGSTOP)
        threading.Timer(16, os.kill, (pid, signal.SIGCONT)).start()
        whole.back(part, 0)
        client.goes_on()


def test_all_parts_killed_at_once(whole, client):
    pids = {part: whole.hurt(part) for part in ("console", "traffic", "gateway", "writer")}
    for part, before in pids.items():
        whole.back(part, before)
    client.goes_on()


def test_the_parent_killed_five_times_under_load(whole, table):
    acknowledged, tried = 0, 5
    for turn in range(tried):
        with Client(whole, f"parent{turn}") as client:
            client.goes_on()
            whole.kill()
            whole.up()
            client.goes_on()
        acknowledged += judge(client).acknowledged
    table(tried, Judged(acknowledged, 0, 0), "back after one plain `up`, at once")


def test_a_database_that_is_held_keeps_only_the_console_waiting(whole, client):
    holder = sqlite3.connect(whole.home / "pilothouse.sqlite3", isolation_level=None, timeout=60)
    before = whole.hurt("console")
    holder.execute("BEGIN IMMEDIATE")
    log = whole.home / "logs" / "console.log"
    until(lambda: "another program holds" in log.read_text(), "the console says what it waits for")
    client.goes_on(10)
    holder.execute("ROLLBACK")
    holder.close()
    whole.back("console", before)


def test_machine_code_that_is_damaged_is_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    started = Whole(tmp_path / "home", rate=10).up(within_s=COMPILING_S)
    assert started.stop() == 0
    for one in (tmp_path / "cache").rglob("*.nbc"):
        one.write_bytes(one.read_bytes()[:100])
    again = Whole(tmp_path / "home", rate=10).up(within_s=COMPILING_S)
    assert again.stop() == 0, "".join(again.said)


def test_p15_two_folders_started_at_once_on_an_empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    both = [Whole(tmp_path / name, rate=10) for name in ("one", "other")]
    threads = [threading.Thread(target=one.up, kwargs={"within_s": COMPILING_S}) for one in both]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert all(one.announced for one in both), [one.said for one in both]
    assert [one.stop() for one in both] == [0, 0]
