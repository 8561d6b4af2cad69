"""Who runs on a folder is known by a lock that lives and a process that is the one named."""

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from pilothouse.venue import pen
from pilothouse.venue.pen import AnotherWriter, pen_of
from pilothouse.wiring.cli import app
from pilothouse.wiring.running import (
    AlreadyRuns,
    hold,
    is_held,
    running_parts,
    started_at,
    take_over,
)

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.mark.parametrize(
    "facts",
    [
        {"writer": {"pid": 1}},
        {"writer": {"pid": 1, "port": 0, "started": "another boot/12"}},
        {"writer": {"pid": os.getpid(), "port": 0, "started": ""}},
        {"writer": {"pid": "1"}},
        {"writer": 7},
        ["writer"],
    ],
)
def test_p33_a_number_that_belongs_to_another_process_is_nobody_of_ours(tmp_path, facts):
    (tmp_path / "journal").mkdir()
    (tmp_path / "processes.json").write_text(json.dumps(facts))
    assert running_parts(tmp_path) == {}
    done = CliRunner().invoke(app, ["status", "--home", str(tmp_path), "--json"])
    assert done.exit_code == 1 and json.loads(done.stdout)["writer"] == "does not run"
    with hold(tmp_path):
        assert take_over(tmp_path)


def test_p33_a_refusal_names_who_holds_the_lock_now(tmp_path):
    with hold(tmp_path):
        named = f"started by process {os.getpid()};"
        with pytest.raises(AlreadyRuns, match=named), hold(tmp_path):
            pass
        assert is_held(tmp_path)
    assert not is_held(tmp_path)
    with hold(tmp_path):
        pass


HOLDER = """
import sys, time
from pathlib import Path
from pilothouse.venue.pen import pen_of
with pen_of(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_p33_a_writer_that_no_up_started_is_named_and_one_that_died_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr("pilothouse.wiring.running.ORPHANS_S", 0)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout.readline() == "held\n"
        assert pen.holder_of(tmp_path) == holder.pid
        with hold(tmp_path), pytest.raises(AlreadyRuns, match=f"already, process {holder.pid},"):
            take_over(tmp_path)
        with pytest.raises(AnotherWriter, match=f"process {holder.pid}"), pen_of(tmp_path):
            pass
    finally:
        holder.kill()
        holder.wait()
    assert pen.holder_of(tmp_path) == 0
    with hold(tmp_path):
        take_over(tmp_path)


def test_p33_what_a_dead_parent_left_is_ended_also_when_it_hangs(tmp_path, monkeypatch):
    monkeypatch.setattr("pilothouse.wiring.running.ORPHANS_S", 1)
    left = subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True
    )
    os.kill(left.pid, 19)
    facts = {"gateway": {"pid": left.pid, "port": 1, "started": started_at(left.pid)}}
    (tmp_path / "processes.json").write_text(json.dumps(facts))
    said = []
    with hold(tmp_path):
        assert take_over(tmp_path, said.append)
    assert left.wait(60) == -9
    assert f"gateway (process {left.pid})" in said[0]


def test_a_child_inherits_neither_the_lock_of_its_parent_nor_the_lines_of_others(tmp_path):
    from pilothouse.wiring.parts import Part
    from pilothouse.wiring.processes import Processes

    processes = Processes(tmp_path, module="tests.wiring.fake_child")
    with hold(tmp_path):
        for part in (Part.WRITER, Part.TRAFFIC):
            processes.start(part)
        for part in (Part.WRITER, Part.TRAFFIC):
            processes.wait_until(part, (tmp_path / f"{part}.note").exists, 60, lambda: False)
        sockets = 0
        for one in os.scandir(f"/proc/{processes.children[Part.TRAFFIC].process.pid}/fd"):
            place = os.readlink(one.path)
            assert "up.lock" not in place and "writer.lock" not in place
            sockets += place.startswith("socket:")
        # Its own end of its own line, and the copy that signs are given on.
        assert sockets == 2
    processes.stop()


def test_what_a_crash_left_beside_the_files_is_swept_and_nothing_else(tmp_path):
    strays = ("catalogue.json.new", ".secret-x1", ".exchange-x1", "replay/run.12.new")
    strays += ("history/orders.part", "snapshots/7.snapshot.part")
    kept = ("catalogue.json", "secret.key", "mine.new", "replay/run.json", "history/orders")
    for name in (*strays, *kept):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    with hold(tmp_path):
        take_over(tmp_path)
    assert not [one for one in strays if (tmp_path / one).exists()]
    assert not [one for one in kept if not (tmp_path / one).exists()]
