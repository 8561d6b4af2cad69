"""Logs that cannot be looked at end no part and no parent: it is said once, all goes on."""

import os
import resource
import signal
from contextlib import contextmanager, suppress

import pytest

from pilothouse.wiring.parts import Part
from pilothouse.wiring.processes import Processes
from pilothouse.wiring.supervision import FIRST_WAIT_S, Supervisor

FEW = 256


class Kept:
    """A real child under a supervisor whose clock the test turns."""

    def __init__(self, home):
        self.now, self.said = 1_000.0, []
        self.processes = Processes(home, module="tests.wiring.fake_child")
        self.keeps = Supervisor(self.processes, self.said.append, now=lambda: self.now)
        self.keeps.keep(Part.GATEWAY)
        self.look()

    def look(self, seconds=0.0):
        self.now += seconds
        self.keeps.tend()

    @property
    def pid(self):
        return self.processes.children[Part.GATEWAY].process.pid

    def die(self):
        child = self.processes.children[Part.GATEWAY].process
        child.send_signal(signal.SIGKILL)
        child.wait(60)


@pytest.fixture
def kept(tmp_path):
    made = Kept(tmp_path)
    yield made
    with suppress(OSError):
        made.processes.stop()


@contextmanager
def no_descriptors():
    limits, held = resource.getrlimit(resource.RLIMIT_NOFILE), []
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FEW, limits[1]), limits[1]))
    try:
        with suppress(OSError):
            while True:
                held.append(os.dup(0))
        yield
    finally:
        for one in held:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_a_parent_without_descriptors_goes_on_and_says_so_once(kept):
    before = kept.pid
    with no_descriptors():
        for _ in range(3):
            kept.look(0.2)
    assert [one for one in kept.said if "logs" in one] == [kept.said[0]]
    assert "Too many open files" in kept.said[0] and "the parts go on" in kept.said[0]
    kept.look(0.2)
    assert kept.pid == before and kept.processes.unbounded == ""


def test_a_part_that_dies_without_descriptors_comes_back_with_them(kept):
    before = kept.pid
    with no_descriptors():
        kept.die()
        for _ in range(8):
            kept.look(FIRST_WAIT_S)
        assert not kept.processes.children
    kept.look(60)
    assert kept.pid != before and any("could not be started" in one for one in kept.said)


def test_logs_that_became_a_file_keep_no_part_from_its_start(kept, tmp_path):
    (tmp_path / "logs").rename(tmp_path / "logs-before")
    (tmp_path / "logs").write_text("x")
    for _ in range(3):
        kept.look(0.2)
    assert len(kept.said) == 1 and "cannot be bounded" in kept.said[0]
    before = kept.pid
    kept.die()
    kept.look()
    kept.look(FIRST_WAIT_S)
    assert kept.pid != before and (tmp_path / "logs").read_text() == "x"
    (tmp_path / "logs").unlink()
    kept.die()
    kept.look()
    kept.look(60)
    assert (tmp_path / "logs" / "gateway.log").exists() and kept.processes.unbounded == ""


def test_a_log_that_became_a_folder_keeps_its_part_from_nothing(kept, tmp_path):
    kept.die()
    (tmp_path / "logs" / "gateway.log").unlink()
    (tmp_path / "logs" / "gateway.log").mkdir()
    kept.look()
    kept.look(FIRST_WAIT_S)
    assert kept.processes.children[Part.GATEWAY].last_lines() == ""


def test_logs_that_were_taken_away_are_no_fault(kept, tmp_path):
    (tmp_path / "logs").rename(tmp_path / "logs-before")
    kept.look()
    assert kept.said == [] and kept.processes.children[Part.GATEWAY].last_sentence() == ""
