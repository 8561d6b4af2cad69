"""Children are started in order, watched, stopped in order, and never outlive their parent."""

import os
import subprocess
import sys
import time

import pytest

from pilothouse.wiring.parts import Part
from pilothouse.wiring.processes import (
    PartFailed,
    Processes,
    answers,
    free_port,
    port_is_taken,
)
from pilothouse.wiring.running import running_parts

FAKE = "tests.wiring.fake_child"


def never():
    return False


@pytest.fixture
def processes(tmp_path):
    made = Processes(tmp_path, module=FAKE)
    yield made
    made.stop()


def noted(tmp_path, part):
    return lambda: (tmp_path / f"{part}.note").exists()


def test_parts_are_named_while_they_run_and_stop_doors_first(processes, tmp_path):
    ports = {Part.WRITER: 0, Part.GATEWAY: free_port(), Part.CONSOLE: free_port()}
    for part, port in ports.items():
        processes.start(part, port)
        processes.wait_until(part, noted(tmp_path, part), 60, never)
    assert set(running_parts(tmp_path)) == {"writer", "gateway", "console"}
    processes.wait_until("an answer", lambda: answers(ports[Part.CONSOLE]), 60, never)
    assert port_is_taken(ports[Part.CONSOLE])
    assert processes.stop() == []
    assert (tmp_path / "ended").read_text().split() == ["console", "gateway", "writer"]
    assert running_parts(tmp_path) == {}


def test_a_part_that_ends_by_itself_is_told_with_what_it_said(processes, tmp_path):
    (tmp_path / "gateway.fails").touch()
    processes.start(Part.GATEWAY)
    with pytest.raises(PartFailed, match=r"(?s)gateway ended with code 3.*the disk is on fire"):
        processes.wait_until("never", never, 60, never)


def test_a_part_that_does_its_work_once_may_end(processes, tmp_path):
    processes.start(Part.COMPILE)
    processes.finish(Part.COMPILE, never)
    processes.check()
    (tmp_path / "seed.fails").touch()
    processes.start(Part.SEED)
    with pytest.raises(PartFailed, match="seed ended with code 3"):
        processes.finish(Part.SEED, never)


def test_waiting_ends_when_asked_to_leave(processes):
    processes.start(Part.WRITER)
    processes.wait_until("never", never, 60, lambda: True)


def test_waiting_too_long_is_a_failure(processes):
    processes.start(Part.WRITER)
    with pytest.raises(PartFailed, match="the moon did not happen, and nothing moved for 0 s"):
        processes.wait_until("the moon", never, 0, never)


def test_a_part_that_says_how_far_it_is_is_waited_for(processes, tmp_path):
    (tmp_path / "writer.slow").touch()
    log, told = tmp_path / "logs" / "writer.log", []
    log.parent.mkdir()
    log.write_text("writer: under way: what an earlier start said\n")
    processes.start(Part.WRITER)
    processes.wait_until("an answer", noted(tmp_path, Part.WRITER), 1, never, told.append)
    assert told[-1] == "writer: replay, at block 11 of 12"
    assert len(set(told)) == len(told) > 3 and not any("earlier" in one for one in told)


def test_children_end_with_a_parent_that_was_killed(tmp_path):
    program = (
        "import sys, time; from pathlib import Path\n"
        "from pilothouse.wiring.parts import Part\n"
        "from pilothouse.wiring.processes import Processes\n"
        f"kept = Processes(Path(sys.argv[1]), module={FAKE!r})\n"
        "kept.start(Part.WRITER)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], env=ENVIRONMENT)
    note = tmp_path / "writer.note"
    _until(lambda: note.exists() and note.read_text())
    parent.kill()
    parent.wait()
    _until(lambda: not note.exists())


ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def _until(holds):
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within a minute")
