"""Supervision over processes that only pretend, and a clock that the test turns."""

import errno
from types import SimpleNamespace

import pytest

from pilothouse.wiring import processes, running
from pilothouse.wiring.parts import Part
from pilothouse.wiring.processes import PartFailed, Processes
from pilothouse.wiring.supervision import SILENT_S, STARTING_S, Supervisor, wait_after


class Pretended:
    """Processes of which the test says whether they live and give signs."""

    def __init__(self, home):
        self.home, self.children, self.also, self.begun, self.given_up = home, {}, {}, [], []
        self.unwritten, self.is_full, self.looks_at_logs, self.unbounded = "", False, 0, ""

    def start(self, part, port=0):
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.begun.append(part)
        child = SimpleNamespace(part=part, code=None, returncode=None, signs=True, log="its log")
        child.process = child
        child.poll = lambda: child.returncode
        child.line = SimpleNamespace(heard=lambda: child.signs)
        child.progress = lambda: child.__dict__.get("said", "")
        child.last_sentence = child.last_lines = lambda: "its last words"
        self.children[part] = child

    def forget(self, part):
        del self.children[part]

    def give_up(self, part):
        self.given_up.append(part)
        self.forget(part)

    def bound_logs(self):
        self.looks_at_logs += 1

    def write(self):
        self.unwritten = "no room" if self.is_full else ""


class Stage:
    """A supervisor with its clock."""

    def __init__(self, home, *parts):
        self.now, self.said, self.alarms = 1_000.0, [], []
        self.processes = Pretended(home)
        self.keeps = Supervisor(
            self.processes, self.said.append, self.alarms.append, now=lambda: self.now
        )
        for part in parts:
            self.keeps.keep(part)
        self.look(0)

    def child(self, part):
        return self.processes.children[part]

    def look(self, seconds, step=0.2):
        """Let time pass, with a look at every step."""
        until = self.now + seconds
        self.keeps.tend()
        while self.now < until:
            self.now += step
            self.keeps.tend()

    def die(self, part, code=-9):
        self.child(part).returncode = code
        self.keeps.tend()


@pytest.fixture
def stage(tmp_path):
    return lambda *parts: Stage(tmp_path, *parts)


def test_p36_waits_grow_to_a_minute_and_never_end(stage):
    assert [wait_after(k) for k in (1, 2, 3, 7, 8, 9, 500)] == [0.5, 1, 2, 32, 60, 60, 60]
    made = stage(Part.WRITER, Part.CONSOLE)
    for failures in range(1, 40):
        made.die(Part.CONSOLE, 1)
        assert Part.CONSOLE not in made.processes.children
        made.look(wait_after(failures) - 0.3, step=0.1)
        assert Part.CONSOLE not in made.processes.children
        made.look(0.6)
        assert made.keeps.runs(Part.CONSOLE)
    assert len(made.alarms) == 1 and "failed 3 times in a row" in made.alarms[0]
    told = made.processes.also[Part.CONSOLE]
    assert told["failures"] == told["restarts"] == 39 and "its last words" in told["why"]


def test_a_steady_minute_forgets_the_failures_before(stage):
    made = stage(Part.WRITER, Part.GATEWAY)
    for _ in range(2):
        made.die(Part.GATEWAY)
        made.look(3)
    made.look(61)
    assert not made.keeps.has_failed(Part.GATEWAY)
    made.die(Part.GATEWAY)
    assert made.said[-1].startswith("gateway ended with code -9; starting it again in 0.5 s")
    assert made.alarms == []


def test_p36_only_the_writer_stays_down_and_only_for_a_refusal(stage):
    made = stage(Part.WRITER, Part.CONSOLE)
    made.die(Part.CONSOLE, 65)
    made.die(Part.WRITER, 74)
    made.look(2)
    assert made.keeps.runs(Part.WRITER) and made.keeps.runs(Part.CONSOLE)
    with pytest.raises(PartFailed, match="refuses and stays down") as refused:
        made.die(Part.WRITER, 65)
    assert refused.value.code == 65


@pytest.mark.parametrize("part", [Part.WRITER, Part.GATEWAY, Part.CONSOLE, Part.TRAFFIC])
def test_p35_a_part_that_gives_no_signs_is_killed_and_another_one_runs_within_30_s(stage, part):
    made = stage(Part.WRITER, Part.GATEWAY, Part.CONSOLE, Part.TRAFFIC)
    made.child(part).signs = False
    made.look(SILENT_S - 1)
    assert made.processes.given_up == []
    made.look(3)
    assert made.processes.given_up == [part]
    made.look(3)
    assert made.keeps.runs(part) and made.processes.begun.count(part) == 2


def test_who_waits_for_a_hung_writer_is_not_accused_with_it(stage):
    made = stage(Part.WRITER, Part.GATEWAY, Part.TRAFFIC)
    for one in made.processes.children.values():
        one.signs = False
    made.look(SILENT_S + 3)
    assert made.processes.given_up == [Part.WRITER]


def test_p29_a_parent_that_was_stopped_itself_accuses_nobody(stage):
    made = stage(Part.WRITER, Part.GATEWAY)
    made.child(Part.WRITER).signs = False
    for _ in range(5):
        made.now += 600
        made.keeps.tend()
    assert made.processes.given_up == []


def test_a_part_that_starts_may_take_long_while_it_says_how_far_it_is(stage):
    made = stage()
    made.keeps.keep(Part.WRITER)
    made.child(Part.WRITER).signs = False
    for turn in range(5):
        made.child(Part.WRITER).said = f"at block {turn}"
        made.look(STARTING_S - 10, step=0.9)
    assert made.processes.given_up == []
    made.look(STARTING_S + 10, step=0.9)
    assert made.processes.given_up == [Part.WRITER]


def test_a_replay_that_ends_well_has_ended_and_one_that_cannot_is_given_up(stage):
    made = stage(Part.WRITER, Part.REPLAY)
    made.die(Part.REPLAY, -9)
    made.look(1)
    made.die(Part.REPLAY, 0)
    assert Part.REPLAY not in made.keeps.kept
    made.keeps.keep(Part.REPLAY)
    made.die(Part.REPLAY, 1)
    made.look(1)
    made.die(Part.REPLAY, 1)
    made.look(2)
    with pytest.raises(PartFailed):
        made.die(Part.REPLAY, 1)


def test_a_full_disk_ends_nobody_and_is_said_once(stage):
    made = stage(Part.WRITER, Part.CONSOLE)
    made.processes.is_full = True
    made.die(Part.WRITER, 74)
    made.die(Part.CONSOLE, 74)
    made.look(100)
    assert made.said.count("no room; the parts go on") == 1
    assert made.keeps.kept[Part.WRITER].failures > 3 and not made.processes.children
    made.processes.is_full = False
    made.look(61)
    assert made.keeps.runs(Part.WRITER) and made.keeps.runs(Part.CONSOLE)
    assert made.processes.unwritten == ""


def test_a_full_disk_is_survived_where_even_saying_so_fails(stage):
    made = stage(Part.WRITER, Part.CONSOLE)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    made.keeps.say = made.keeps.alarm = made.keeps.after_failure = full
    made.processes.is_full = True
    made.die(Part.CONSOLE, 74)
    made.look(20)
    made.processes.is_full = False
    made.look(61)
    assert made.keeps.runs(Part.CONSOLE)


def test_who_runs_is_written_down_once_the_disk_has_room_again(tmp_path, monkeypatch):
    def full(home, facts):
        raise OSError(errno.ENOSPC, "No space left on device", "processes.json.new")

    kept = Processes(tmp_path, also={Part.CONSOLE: {"failures": 3}})
    monkeypatch.setattr(processes, "write_facts", full)
    kept.write()
    assert "processes.json cannot be written" in kept.unwritten
    assert running.written_facts(tmp_path) == {}
    monkeypatch.undo()
    Supervisor(kept).tend()
    assert kept.unwritten == ""
    assert running.written_facts(tmp_path)[Part.CONSOLE] == {"failures": 3}


def test_every_look_looks_at_the_logs_too(stage):
    made = stage(Part.WRITER)
    before = made.processes.looks_at_logs
    made.look(1)
    assert made.processes.looks_at_logs > before
