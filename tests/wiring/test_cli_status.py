"""`pilothouse status`: facts for people and for programs, an error where nothing runs."""

import json
import os

from typer.testing import CliRunner

from pilothouse.wiring.cli import app


def status(*arguments):
    return CliRunner().invoke(app, ["status", *arguments])


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
    facts = {"writer": {"pid": os.getpid(), "port": 0}, "gateway": {"pid": 2**22 + 1, "port": 1}}
    (tmp_path / "processes.json").write_text(json.dumps(facts))
    done = status("--home", str(tmp_path), "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["writer"] == f"runs, process {os.getpid()}"
    assert told["gateway"] == "does not run"


def test_the_home_may_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("PILOTHOUSE_HOME", str(tmp_path))
    assert str(tmp_path) in " ".join(status().output.split())
