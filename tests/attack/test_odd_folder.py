"""Whatever a folder holds, verify ends with a sentence: no pipe holds it up, no row breaks it."""

import json
import os
import signal
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from typer.testing import CliRunner

from pilothouse.journal.lost import accepted
from pilothouse.journal.storage import Files
from pilothouse.records import audit
from pilothouse.venue import pen
from pilothouse.venue.verify import Report
from pilothouse.wiring import comparing, environment, verifying
from pilothouse.wiring.cli import app
from pilothouse.wiring.environment import WrongEnvironment
from pilothouse.wiring.faults import sentence_of
from pilothouse.wiring.home import UnfitHome
from pilothouse.wiring.running import hold, is_held
from pilothouse.wiring.settling import settle

PATIENCE_S = 120
NAMES = (
    "journal/lost-00000000000000000001-1-abcdef01.json",
    "journal/lost-00000000000000000001-1-abcdef01.going",
    "journal/durable",
    "journal/00000000000000000001.blocks",
    "snapshots/00000000000000000001.snapshot",
    "exchange.json",
    "secret.key",
    "pilothouse.sqlite3",
    "pilothouse.sqlite3-wal",
    "writer.lock",
    "engines/abc/engine/step.py",
    "kept-orders",
)


@pytest.fixture
def ends():
    """Have a test that waits for a pipe fail, not wait."""

    def late(*_):
        raise TimeoutError("it waits for a pipe")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(PATIENCE_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_of_a_files_name_is_named_and_not_opened(tmp_path, ends, name):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(tmp_path / name)
    (fault,) = verifying.verify_all(tmp_path).faults
    assert fault.startswith(f"{name} is a named pipe") and "Remove it" in fault


@pytest.mark.parametrize("name", ["exchange.json", "secret.key", "journal/durable"])
def test_a_start_names_it_too(tmp_path, ends, name):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(tmp_path / name)
    with pytest.raises(UnfitHome, match=f"{name} is a named pipe"):
        settle(tmp_path)


def test_a_link_to_a_device_is_named(tmp_path, ends):
    (tmp_path / "exchange.json").symlink_to("/dev/zero")
    (fault,) = verifying.verify_all(tmp_path).faults
    assert "exchange.json is a device" in fault


COMMANDS = {
    "status": ["status"],
    "environment": ["environment"],
    "explain": ["explain", "--order", "1", "--purpose", "x"],
    "clock": ["clock", "show"],
    "new-secret": ["new-secret"],
    "person": ["person", "zoe", "--role", "viewer"],
    "up": ["up", "--trading-port", "0", "--console-port", "0"],
    "verify": ["verify"],
}
OWN = (
    "exchange.json", "secret.key", "pilothouse.sqlite3", "up.lock", "writer.lock", "clock.json",
    "processes.json", "journal/durable", "journal/00000000000000000001.blocks", "logs/writer.log",
)  # fmt: skip
STANDS_THERE = {
    "a named pipe": os.mkfifo,
    "a folder": os.mkdir,
    "a device": lambda path: os.symlink("/dev/zero", path),
    "a link": lambda path: os.symlink(path.parent / "victim", path),
    "a link to /nowhere/at/all": lambda path: os.symlink("/nowhere/at/all", path),
}


def folder_with(home, name, kind):
    for one in ("journal", "logs"):
        (home / one).mkdir()
    (home / name).parent.joinpath("victim").write_text("precious")
    STANDS_THERE[kind](home / name)


TRIED = [
    *(("status", name) for name in OWN),
    *((one, name) for one in list(COMMANDS)[1:] for name in ("exchange.json", "journal/durable")),
]


@pytest.mark.parametrize(("command", "name"), TRIED)
@pytest.mark.parametrize("kind", STANDS_THERE)
def test_every_command_names_it_and_opens_nothing(tmp_path, ends, name, kind, command):
    folder_with(tmp_path, name, kind)
    done = CliRunner().invoke(app, [*COMMANDS[command], "--home", str(tmp_path)])
    assert done.exit_code not in (0, 70), done.output
    said = " ".join(done.output.split())
    assert f"{name} is {kind}" in said and "try again" in said
    assert not isinstance(done.exception, TimeoutError) and "Traceback" not in said
    assert (tmp_path / name).parent.joinpath("victim").read_text() == "precious"
    assert not (tmp_path / "logs" / "errors.log").exists()


@pytest.mark.parametrize("command", ["status", "environment", "clock"])
def test_a_folder_that_is_no_exchange_is_not_walked_through(tmp_path, command, monkeypatch):

    def walked(*_):
        raise AssertionError("it looks at everything there is")

    monkeypatch.setattr("pilothouse.wiring.home.irregular", walked)
    done = CliRunner().invoke(app, [*COMMANDS[command], "--home", str(tmp_path)])
    assert done.exit_code == 1 and not isinstance(done.exception, AssertionError)


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "1", "{", "", "NaN", '{"seal": []}'])
def test_a_founding_of_another_shape_is_damaged(tmp_path, text):
    (tmp_path / "exchange.json").write_text(text)
    with pytest.raises(WrongEnvironment, match="is damaged or was edited"):
        environment.read(tmp_path)


@pytest.mark.parametrize("lock", ["up.lock", "writer.lock"])
@pytest.mark.parametrize("kind", STANDS_THERE)
def test_no_lock_is_taken_of_what_is_not_the_file_itself(tmp_path, ends, lock, kind):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    STANDS_THERE[kind](tmp_path / lock)
    held, take = (is_held, hold) if lock == "up.lock" else (pen.is_held, pen.pen_of)
    assert held(tmp_path) is False
    with pytest.raises(OSError) as refused, take(tmp_path):
        pass
    sentence, code = sentence_of(refused.value, tmp_path)
    assert "where a file should be" in sentence and code != 70
    assert victim.read_text() == "precious"


def test_a_pipe_that_comes_later_is_not_waited_for(tmp_path, ends):
    os.mkfifo(tmp_path / "later")
    with pytest.raises(OSError, match="not a regular file"):
        Files(tmp_path).open_read("later")


RECORDS = {
    "a list": [],
    "nothing": {},
    "no moment": {"loss": {"witnesses": [], "seal": "", "damaged": ""}, "word": "w", "by": "b",
                  "said": "s"},
    "no such year": {"loss": {"witnesses": [], "seal": "", "damaged": ""}, "word": "w", "by": "b",
                     "said": "s", "at_us": 10**30},
    "a number for a text": {"loss": {"witnesses": [], "seal": 1, "damaged": ""}, "word": "w",
                            "by": "b", "said": "s", "at_us": 1},
}  # fmt: skip


@pytest.mark.parametrize("how", [*RECORDS, "nested without end"])
def test_a_record_of_lost_history_of_another_shape_is_told(tmp_path, how):
    (tmp_path / "journal").mkdir()
    text = json.dumps(RECORDS[how]) if how in RECORDS else "[" * 200_000
    (tmp_path / "journal" / "lost-1-x.json").write_text(text)
    (found,) = accepted(Files(tmp_path))
    assert found["said"].endswith("cannot be read.") and found["at_us"] == 0


SCHEMAS = {
    "a view for a table": (
        "ALTER TABLE control_signature RENAME TO elsewhere",
        "CREATE VIEW control_signature AS SELECT * FROM elsewhere",
    ),
    "a view beside": ("CREATE VIEW aside AS SELECT 1",),
    "a trigger": ("CREATE TRIGGER hides AFTER INSERT ON control_signature BEGIN SELECT 1; END",),
    "no table": ("ALTER TABLE control_signature RENAME TO elsewhere",),
    "no column": ("ALTER TABLE control_signature RENAME COLUMN void_reason TO reason",),
}


@pytest.mark.django_db
@pytest.mark.parametrize("how", SCHEMAS)
def test_an_odd_schema_is_a_sentence(tmp_path, how):
    assert comparing.odd_schema() == ""
    with connection.cursor() as cursor:
        for one in SCHEMAS[how]:
            cursor.execute(one)
    report = verifying.compare(tmp_path, None, 0, "")
    (fault,) = report.faults
    assert fault.startswith("the database ")


@pytest.mark.django_db
def test_a_row_of_another_shape_is_a_sentence():
    with transaction.atomic():
        row = audit.write("machine", "anchor", "journal", "x", facts={"block": 1, "seal": ""})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_auditrow SET facts = '[1]' WHERE number = %s", [row.number])
    report = Report("home")
    comparing.compare_records(SimpleNamespace(watched=[], end=0, seals={}), report)
    (fault,) = report.faults
    assert fault == f"the audit is broken at row {row.number}: row {row.number} was changed"
