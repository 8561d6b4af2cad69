"""What cannot be done ends in a sentence with a code; what nobody foresaw is in the log."""

import errno
import re
import sqlite3
import sys

import pytest
from typer.testing import CliRunner

from pilothouse.journal.appender import JournalFailed
from pilothouse.venue.pen import AnotherWriter
from pilothouse.wiring import child
from pilothouse.wiring.cli import app
from pilothouse.wiring.faults import FORESEEN, sentence_of
from pilothouse.wiring.parts import Code, Part

status = sys.modules["pilothouse.wiring.cli.status"]


@pytest.mark.parametrize(
    ("error", "said", "code"),
    [
        (AnotherWriter("another writer runs"), "another writer runs", Code.LATER),
        (JournalFailed(errno.EIO, "not durable"), "not durable", Code.DISK),
        (OSError(errno.ENOSPC, "full", "there"), "there: the disk is full. Free space", Code.DISK),
        (OSError(errno.EROFS, "ro", "there"), "the disk is read-only", Code.DISK),
        (sqlite3.DatabaseError("file is not a database"), "from a backup", Code.REFUSES),
    ],
)
def test_what_is_foreseen_is_a_sentence(error, said, code):
    told, ends = sentence_of(error)
    assert said in told and ends == code and "Traceback" not in told


def test_what_nobody_foresaw_is_logged_under_the_reference_that_is_said(tmp_path):
    (tmp_path / "logs").mkdir()
    try:
        raise KeyError("nobody foresaw this")
    except KeyError as error:
        told, code = sentence_of(error, tmp_path)
    reference = re.search(r"reference ([0-9a-f]{8})", told)[1]
    logged = (tmp_path / "logs" / "errors.log").read_text()
    assert code == Code.MISTAKEN and "nobody foresaw this" not in told
    assert reference in logged and "Traceback" in logged and "nobody foresaw this" in logged


def test_a_command_never_shows_a_traceback(tmp_path, monkeypatch):
    (tmp_path / "logs").mkdir()
    (tmp_path / "journal").mkdir()

    def broken(home):
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr(status, "running_parts", broken)
    done = CliRunner().invoke(app, ["status", "--home", str(tmp_path)])
    assert done.exit_code == 70 and "reference" in done.stderr
    assert "Traceback" not in done.output and "a mistake" not in done.output
    assert "a mistake" in (tmp_path / "logs" / "errors.log").read_text()


@pytest.mark.parametrize(
    ("error", "code"), [(ValueError("a mistake"), 70), (OSError(errno.ENOSPC, "full"), 74)]
)
def test_a_part_never_ends_with_a_traceback(tmp_path, monkeypatch, capsys, error, code):
    (tmp_path / "logs").mkdir()

    def broken(home, port, alive):
        raise error

    for name in ("leave_with_parent", "close_to_others", "Sign"):
        monkeypatch.setattr(child, name, lambda: None)
    monkeypatch.setenv("PILOTHOUSE_HOME", str(tmp_path))
    monkeypatch.setitem(child.PARTS, Part.SEED, broken)
    with pytest.raises(SystemExit) as ended:
        child.main(["seed", str(tmp_path), "0"])
    assert ended.value.code == code
    said = capsys.readouterr().err
    assert said.startswith("seed: ") and "Traceback" not in said


def test_every_foreseen_error_exists():
    import importlib
    import pkgutil

    import pilothouse

    found = set()
    for one in pkgutil.walk_packages(pilothouse.__path__, "pilothouse."):
        if not one.name.endswith("__main__") and ".migrations" not in one.name:
            found |= set(vars(importlib.import_module(one.name)))
    assert set(FORESEEN) <= found
