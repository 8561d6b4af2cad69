"""`pilothouse up`: two addresses once both doors answer, a clean end, an honest failure."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from pilothouse.journal.durable import DurableMark
from pilothouse.journal.storage import Files
from pilothouse.wiring.cli import app
from pilothouse.wiring.cli.up import Run
from pilothouse.wiring.environment import found
from pilothouse.wiring.processes import free_port
from pilothouse.wiring.running import running_parts
from pilothouse.wiring.supervision import Supervisor

# The real command over children that only pretend: it judges the parent, not the exchange.
PROGRAM = """
import functools, sys
from pilothouse.wiring.cli import app
up = sys.modules["pilothouse.wiring.cli.up"]
up.Processes = functools.partial(up.Processes, module="tests.wiring.fake_child")
app()
"""
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "NO_COLOR": "1"}


@pytest.fixture
def start(tmp_path):
    """Start `up` on a fresh folder; whatever still runs at the end is killed."""
    started = []

    def begin(*arguments, **environment):
        command = [sys.executable, "-c", PROGRAM, "up", "--home", str(tmp_path), *arguments]
        process = subprocess.Popen(
            command,
            env=ENVIRONMENT | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


def founded(home, environment="production"):
    """Have a folder look like one whose exchange was founded."""
    found(home, environment)
    (home / "journal").mkdir()
    DurableMark(Files(home)).set(1)
    with closing(sqlite3.connect(home / "pilothouse.sqlite3")) as database:
        database.execute("CREATE TABLE people (name)")


def until(holds):
    for _ in range(1_200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within a minute")


def lines_until(process, text):
    said = []
    for line in process.stdout:
        said.append(line)
        if text in line:
            return "".join(said)
    raise AssertionError(f"it ended without saying {text!r}: {''.join(said)}")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_both_addresses_when_both_answer_and_stops_cleanly(start, tmp_path, sign):
    process = start("--trading-port", "0", "--console-port", "0")
    said = lines_until(process, "Ctrl-C stops everything")
    addresses = re.findall(r"http://127\.0\.0\.1:\d+", said)
    assert len(addresses) == 2
    for one in addresses:
        assert urllib.request.urlopen(f"{one}/healthz", timeout=10).status == 200
    assert set(running_parts(tmp_path)) == {"writer", "gateway", "console"}
    process.send_signal(sign)
    assert process.stdout.read().strip() == "stopped"
    assert process.wait(60) == 0
    assert (tmp_path / "ended").read_text().split() == ["console", "gateway", "writer"]


def test_while_the_writer_replays_the_terminal_says_how_far_it_is(start, tmp_path):
    (tmp_path / "writer.slow").touch()
    process = start("--trading-port", "0", "--console-port", "0")
    said = lines_until(process, "Ctrl-C stops everything").splitlines()
    assert "writer: replay, at block 11 of 12" in said
    assert said.count("writer: replay, at block 11 of 12") == 1


def test_the_demonstration_prints_its_people_and_the_password_that_was_set(start):
    ports = ("--trading-port", "0", "--console-port", "0")
    process = start("--demo", *ports, PILOTHOUSE_DEMO_PASSWORD="correct[horse]")
    said = lines_until(process, "Ctrl-C stops everything")
    assert "operator, risk, manager, auditor, viewer, administrator, security" in said
    assert "correct[horse]" in said and "demo-keys.json" in said


def test_an_exchange_that_was_founded_is_not_founded_again(start, tmp_path):
    founded(tmp_path)
    said = lines_until(start("--trading-port", "0", "--console-port", "0"), "Ctrl-C")
    assert "founding" not in said
    assert set(running_parts(tmp_path)) == {"writer", "gateway", "console"}


class Noted:
    """Processes that only note what was begun and what was waited for, in order."""

    def __init__(self, home):
        self.home, self.children, self.told, self.also = home, {}, [], {}

    def start(self, part, port=0):
        self.children[part] = Ended()
        self.told.append(part)

    def news(self):
        return ()

    def forget(self, part):
        del self.children[part]


class Ended:
    """A child that has done its work."""

    process = SimpleNamespace(poll=lambda: 0)


@pytest.mark.parametrize(
    ("demo", "order"),
    [
        (False, ["writer", "gateway", "console"]),
        (True, ["writer", "gateway", "seed", "console", "traffic"]),
    ],
)
def test_doors_of_a_founded_exchange_begin_beside_the_writer(tmp_path, monkeypatch, demo, order):
    for name in ("is_compiled", "writer_listens", "answers"):
        monkeypatch.setattr(sys.modules["pilothouse.wiring.cli.up"], name, lambda *_: True)
    monkeypatch.setattr(Supervisor, "tend", lambda self: None)
    monkeypatch.setenv("PILOTHOUSE_DEMO_PASSWORD", "demo")
    founded(tmp_path)
    noted = Noted(tmp_path)
    Run(noted, 1, 2, demo).start()
    assert noted.told == order


@pytest.mark.parametrize("part", ["writer", "gateway", "console"])
def test_p36_a_part_that_was_killed_is_started_again(start, tmp_path, part):
    process = start("--trading-port", "0", "--console-port", "0")
    lines_until(process, "Ctrl-C stops everything")
    before = running_parts(tmp_path)
    os.kill(before[part]["pid"], signal.SIGKILL)
    lines_until(process, f"{part} ended with code -9; starting it again in 0.5 s")
    until(lambda: running_parts(tmp_path).get(part, before[part])["pid"] != before[part]["pid"])
    others = {one: fact["pid"] for one, fact in running_parts(tmp_path).items() if one != part}
    assert others == {one: fact["pid"] for one, fact in before.items() if one != part}
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    assert process.wait(60) == 0


def test_a_console_that_cannot_start_keeps_the_exchange_open(start, tmp_path):
    (tmp_path / "console.fails").touch()
    process = start("--trading-port", "0", "--console-port", "0")
    said = lines_until(process, "Ctrl-C stops everything")
    assert "console ended with code 3" in said and "the disk is on fire" in said
    assert set(running_parts(tmp_path)) >= {"writer", "gateway"}
    (tmp_path / "console.fails").unlink()
    until(lambda: "console" in running_parts(tmp_path) and (tmp_path / "console.note").exists())


def test_p07_a_demonstration_whose_database_is_damaged_goes_on_trading(start, tmp_path):
    founded(tmp_path, "demo")
    for part in ("seed", "console"):
        (tmp_path / f"{part}.ends-65").touch()
    process = start("--demo", "--trading-port", "0", "--console-port", "0")
    said = lines_until(process, "Ctrl-C stops everything")
    assert "not seeded again, trading goes on. It said: seed: it ends with 65" in said
    assert "password     that of the last start" in said
    assert set(running_parts(tmp_path)) >= {"writer", "gateway"}


def test_a_first_seeding_that_fails_ends_the_run(start, tmp_path):
    (tmp_path / "seed.ends-65").touch()
    process = start("--demo", "--trading-port", "0", "--console-port", "0")
    assert "seed ended with code 65" in process.stdout.read() and process.wait(60) == 65


def test_p36_a_writer_that_refuses_stays_down_and_ends_the_run_with_its_code(start, tmp_path):
    founded(tmp_path)
    (tmp_path / "writer.ends-65").touch()
    process = start("--trading-port", "0", "--console-port", "0")
    said = process.stdout.read()
    assert process.wait(60) == 65
    assert "the writer refuses and stays down" in said and "it ends with 65" in said
    assert running_parts(tmp_path) == {}


def test_a_writer_that_never_comes_up_is_given_up_with_its_own_words(start, tmp_path):
    (tmp_path / "writer.fails").touch()
    process = start("--trading-port", "0", "--console-port", "0")
    said = process.stdout.read()
    assert process.wait(60) == 3
    assert said.count("writer ended with code 3") == 3 and "the disk is on fire" in said


def test_p36_the_third_failure_in_a_row_is_an_alarm_and_status_tells_the_next_try(start, tmp_path):
    (tmp_path / "journal").mkdir()
    (tmp_path / "console.fails").touch()
    process = start("--trading-port", "0", "--console-port", "0")
    lines_until(process, "ALARM: console failed 3 times in a row")
    while True:
        told = CliRunner().invoke(app, ["status", "--home", str(tmp_path), "--json"])
        assert told.exit_code == 1
        # During a try the process runs and does not answer.
        if "times in a row, next try in" in json.loads(told.stdout)["console"]:
            break


def test_what_an_earlier_run_said_is_not_told_again(start, tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "console.log").write_text("the disk was full\n")
    (tmp_path / "console.fails").touch()
    said = lines_until(start("--trading-port", "0", "--console-port", "0"), "Ctrl-C")
    assert "the disk is on fire" in said and "was full" not in said


def test_a_taken_port_and_a_second_run_are_refused(start, tmp_path):
    port = free_port()
    lines_until(start("--trading-port", str(port), "--console-port", "0"), "Ctrl-C")
    again = start("--trading-port", "0", "--console-port", "0")
    assert "runs on" in again.stdout.read() and again.wait(60) == 1
    elsewhere = start("--home", str(tmp_path / "other"), "--trading-port", str(port))
    assert f"port {port} is taken" in " ".join(elsewhere.stdout.read().split())
    assert elsewhere.wait(60) == 1


def test_an_early_signal_ends_it_too(start, tmp_path):
    nowhere = {"NUMBA_CACHE_DIR": str(tmp_path / "nothing-compiled")}
    process = start("--trading-port", "0", "--console-port", "0", **nowhere)
    lines_until(process, "compiling")
    process.send_signal(signal.SIGTERM)
    process.stdout.read()
    assert process.wait(60) == 0


@pytest.mark.parametrize("command", [["--help"], *([one, "--help"] for one in ("up", "status"))])
def test_every_command_explains_itself(command):
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0 and "Usage" in done.output


def test_an_unknown_command_is_an_error():
    assert CliRunner().invoke(app, ["explode"]).exit_code != 0
