"""`pilothouse status`: facts for people and for programs, an error where nothing runs."""

import json
import os

import pytest
from typer.testing import CliRunner

from pilothouse.venue.clock import wall_clock_us
from pilothouse.wiring.cli import app
from pilothouse.wiring.running import hold, started_at
from tests.venue.counter import order
from tests.venue.running import client_of, running_writer


def status(*arguments):
    return CliRunner().invoke(app, ["status", *arguments])


def this_process():
    return {"pid": os.getpid(), "port": 0, "started": started_at(os.getpid())}


def test_a_folder_without_an_exchange_is_said(tmp_path):
    done = status("--home", str(tmp_path))
    assert done.exit_code == 1 and "holds no exchange" in done.output
    done = status("--home", str(tmp_path), "--json")
    assert "holds no exchange" in json.loads(done.stderr)["error"]


def test_an_exchange_that_does_not_run_is_an_error(tmp_path):
    (tmp_path / "journal").mkdir()
    done = status("--home", str(tmp_path), "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["writer"] == "does not run"


def test_what_runs_is_told(tmp_path):
    (tmp_path / "journal").mkdir()
    facts = {"writer": this_process(), "gateway": {**this_process(), "pid": 2**22 + 1}}
    (tmp_path / "processes.json").write_text(json.dumps(facts))
    done = status("--home", str(tmp_path), "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["writer"] == f"runs, process {os.getpid()}"
    assert told["gateway"] == "does not run"


def test_the_home_may_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("PILOTHOUSE_HOME", str(tmp_path))
    assert str(tmp_path) in " ".join(status().output.split())


@pytest.mark.parametrize(("late_s", "is_still"), [(0, False), (60, True)])
def test_a_writer_that_writes_nothing_is_an_error(tmp_path, late_s, is_still):
    with running_writer(tmp_path, now=lambda: wall_clock_us() - late_s * 10**6):
        with client_of(tmp_path) as client:
            client.submit([order(1)])
        facts = {"writer": this_process()}
        (tmp_path / "processes.json").write_text(json.dumps(facts))
        done = status("--home", str(tmp_path), "--json")
    told = json.loads(done.stdout).get("standstill", "")
    assert told.startswith("nothing written since" if is_still else "")
    assert bool(told) == is_still and done.exit_code == is_still


ODD_FACTS = {
    "no number": {"next_try": float("inf"), "failures": 2},
    "a text": {"next_try": "soon", "failures": "many", "restarts": []},
    "no port": {},
    "an odd port": {"port": "8700/x y"},
}


@pytest.mark.parametrize("facts", ODD_FACTS.values(), ids=ODD_FACTS)
def test_facts_that_no_run_wrote_end_in_a_sentence(tmp_path, facts):
    """Whatever the file of processes holds, people get an answer."""
    with running_writer(tmp_path), client_of(tmp_path) as client, hold(tmp_path):
        client.submit([order(1)])
        told = json.dumps({one: this_process() | facts for one in ("gateway", "console")})
        (tmp_path / "processes.json").write_text(told.replace("Infinity", "1e999"))
        done = status("--home", str(tmp_path), "--json")
    assert done.exit_code == 1 and isinstance(done.exception, SystemExit)
