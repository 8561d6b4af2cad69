"""`pilothouse up`: two addresses once both doors answer, a clean end, an honest failure."""

import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest
from typer.testing import CliRunner

from pilothouse.journal.durable import DurableMark
from pilothouse.journal.storage import Files
from pilothouse.wiring.cli import app
from pilothouse.wiring.cli.up import Run
from pilothouse.wiring.processes import free_port, running_parts

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
    assert "operator, risk, manager, auditor, viewer" in said
    assert "correct[horse]" in said and "demo-keys.json" in said


def test_an_exchange_that_was_founded_is_not_founded_again(start, tmp_path):
    (tmp_path / "journal").mkdir()
    DurableMark(Files(tmp_path)).set(1)
    said = lines_until(start("--trading-port", "0", "--console-port", "0"), "Ctrl-C")
    assert "founding" not in said
    assert set(running_parts(tmp_path)) == {"writer", "gateway", "console"}


class Noted:
    """Processes that only note what was begun and what was waited for, in order."""

    def __init__(self, home):
        self.home, self.children, self.told = home, {}, []

    def start(self, part, port=0):
        self.children[part] = port
        self.told.append(part)

    def wait_until(self, what, *_):
        self.told.append(what)

    def finish(self, part, _leave):
        del self.children[part]


@pytest.mark.parametrize(
    ("demo", "order"),
    [
        (False, ["writer", "gateway", "console", "the writer", "both doors"]),
        (True, ["writer", "gateway", "the writer", "seed", "console", "both doors", "traffic"]),
    ],
)
def test_doors_of_a_founded_exchange_begin_beside_the_writer(tmp_path, monkeypatch, demo, order):
    monkeypatch.setattr(sys.modules["pilothouse.wiring.cli.up"], "is_compiled", lambda: True)
    for name in ("PILOTHOUSE_ENVIRONMENT", "PILOTHOUSE_DEMO_PASSWORD"):
        monkeypatch.setenv(name, "demo")
    (tmp_path / "journal").mkdir()
    DurableMark(Files(tmp_path)).set(1)
    noted = Noted(tmp_path)
    Run(noted, 1, 2, demo).start()
    assert [one.removeprefix("an answer of ") for one in noted.told] == order


def test_when_a_child_dies_it_says_so_and_ends_with_an_error(start, tmp_path):
    process = start("--trading-port", "0", "--console-port", "0")
    lines_until(process, "Ctrl-C stops everything")
    os.kill(running_parts(tmp_path)["gateway"]["pid"], signal.SIGKILL)
    said = process.stdout.read()
    assert process.wait(60) == 1
    assert "gateway ended with code -9" in said
    assert (tmp_path / "ended").read_text().split() == ["console", "writer"]


def test_what_fails_at_the_start_is_said_with_its_own_words(start, tmp_path):
    (tmp_path / "console.fails").touch()
    process = start("--trading-port", "0", "--console-port", "0")
    said = process.stdout.read()
    assert process.wait(60) == 1
    assert "console ended with code 3" in said and "the disk is on fire" in said


def test_why_it_failed_is_said_before_the_others_have_stopped(start, tmp_path):
    (tmp_path / "gateway.fails").touch()
    (tmp_path / "writer.lingers").touch()
    process = start("--trading-port", "0", "--console-port", "0")
    lines_until(process, "the disk is on fire")
    assert "writer" in running_parts(tmp_path)
    os.kill(running_parts(tmp_path)["writer"]["pid"], signal.SIGKILL)
    assert process.wait(60) == 1


def test_what_an_earlier_run_said_is_not_told_again(start, tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "console.log").write_text("the disk was full\n")
    (tmp_path / "console.fails").touch()
    said = start("--trading-port", "0", "--console-port", "0").stdout.read()
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
