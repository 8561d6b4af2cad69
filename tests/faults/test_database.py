"""The database at a start: held, damaged or whole; never a traceback, never made anew."""

import os
import sqlite3
import subprocess
import sys
import threading
import time

import pytest
from typer.testing import CliRunner

from pilothouse.journal.durable import DurableMark
from pilothouse.journal.storage import Files
from pilothouse.wiring import child, database, genesis, people
from pilothouse.wiring.cli import app
from pilothouse.wiring.database import (
    DatabaseIsDamaged,
    DatabaseIsHeld,
    ask_for_check,
    is_mended,
    judge_database,
)
from pilothouse.wiring.environment import found
from pilothouse.wiring.missing_database import DatabaseIsMissing
from pilothouse.wiring.parts import Part
from pilothouse.wiring.people import begin_django
from tests.faults.lives import live

FILE = "pilothouse.sqlite3"


@pytest.fixture
def home(tmp_path):
    with sqlite3.connect(tmp_path / FILE) as made:
        made.execute("CREATE TABLE t (a, b)")
        made.executemany("INSERT INTO t VALUES (?, ?)", [(k, "x" * 500) for k in range(500)])
        made.execute("CREATE INDEX i ON t (a)")
    made.close()
    return tmp_path


def judge(home, **more):
    said = []
    judge_database(home, said.append, **more)
    return said


def first_page(raw):
    raw[:4096] = os.urandom(4096)


def every_third_page(raw):
    for at in range(4096, len(raw), 3 * 4096):
        raw[at : at + 4096] = b"\0" * 4096


def cut_in_half(raw):
    del raw[len(raw) // 2 :]


def no_database(raw):
    raw[:] = b"this is no database" * 500


@pytest.mark.parametrize("fault", [first_page, every_third_page, cut_in_half, no_database])
def test_p07_a_damaged_database_is_said_with_the_way_out_and_left_as_it_is(home, fault):
    raw = bytearray((home / FILE).read_bytes())
    fault(raw)
    (home / FILE).write_bytes(raw)
    ask_for_check(home)
    with pytest.raises(DatabaseIsDamaged, match=r"is damaged .*trading goes on.* a backup"):
        judge(home)
    assert (home / FILE).read_bytes() == bytes(raw)


def test_p07_the_console_ends_with_that_sentence_and_a_code(home):
    (home / FILE).write_bytes(b"this is no database" * 500)
    with subprocess.Popen(
        [sys.executable, "-m", "pilothouse.wiring.child", "console", str(home), "0"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        said = process.stderr.read()
        assert process.wait(60) == 65
    assert "is damaged" in said and "Traceback" not in said


def test_p07_it_is_proved_whole_after_a_bad_end_and_once_a_week_and_not_in_between(home):
    assert judge(home) == ["under way: checking pilothouse.sqlite3"]
    assert judge(home) == []
    ask_for_check(home)
    assert judge(home) != []
    old = time.time() - 8 * 86_400
    os.utime(home / database.CHECKED, (old, old))
    assert judge(home) != []


def test_a_held_database_is_waited_for_with_words_and_then_given_up_with_a_sentence(home):
    holder = sqlite3.connect(home / FILE, check_same_thread=False, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseIsHeld, match="another program has held"):
        judge(home, held_s=0)
    said = []
    waiting = threading.Thread(target=judge_database, args=(home, said.append))
    waiting.start()
    while not said:
        time.sleep(0.05)
    assert "which another program holds" in said[0]
    holder.execute("ROLLBACK")
    waiting.join(60)
    assert not waiting.is_alive()
    holder.close()


@pytest.mark.parametrize(
    ("version", "good"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
    ],
)
def test_p07_releases_with_the_fault_of_two_checkpoints_are_known(version, good):
    assert is_mended(version) == good


@pytest.mark.django_db
def test_p07_no_connection_of_ours_checkpoints_by_itself():
    from django.db import connection

    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)


@pytest.fixture
def lost(tmp_path):
    """A folder whose journal has 40 blocks and whose database is gone."""
    (tmp_path / "journal").mkdir()
    DurableMark(Files(tmp_path)).set(40)
    return tmp_path


@pytest.mark.parametrize("empty", [False, True])
def test_a_database_that_is_gone_beside_a_journal_is_refused_and_not_made_anew(lost, empty):
    if empty:
        (lost / FILE).touch()
    with pytest.raises(DatabaseIsMissing, match=r"is missing.* 40 blocks.*up --new-database"):
        judge(lost)
    with pytest.raises(DatabaseIsMissing):
        begin_django(lost)
    assert not (lost / database.CHECKED).exists()
    assert not (lost / FILE).exists() or (lost / FILE).stat().st_size == 0


@pytest.mark.parametrize("environment", ["demo", "production"])
def test_up_refuses_a_folder_whose_database_is_gone(lost, environment):
    found(lost, environment)
    flags = ["--demo"] if environment == "demo" else []
    done = CliRunner().invoke(app, ["up", *flags, "--home", str(lost)])
    assert done.exit_code == 65 and "is missing" in done.stderr and not (lost / FILE).exists()


def test_people_say_to_begin_a_new_one_and_the_audit_says_so(lost):
    program = (
        "import sys; from pathlib import Path\n"
        "from pilothouse.wiring.people import begin_django\n"
        "begin_django(Path(sys.argv[1]))\n"
        "from pilothouse.records.models import AuditRow\n"
        "print([one.sentence for one in AuditRow.objects.filter(deed='database.begun_anew')])\n"
    )
    told = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PILOTHOUSE_NEW_DATABASE": "1"}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program, str(lost)], env=told, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("missing beside a journal of 40 blocks") == 1


def test_an_exchange_has_its_database_before_its_first_block(tmp_path, monkeypatch):
    """Otherwise a start that was cut short would look like a database that was lost."""
    done = []
    monkeypatch.setattr(people, "begin_django", lambda home: done.append("database"))
    monkeypatch.setattr(genesis, "found_if_new", lambda home, client: done.append("journal"))
    monkeypatch.setattr("pilothouse.venue.client.VenueClient", lambda *_, **__: None)
    child.PARTS[Part.FOUND](tmp_path, 0, lambda: None)
    assert done == ["database", "journal"]


def test_a_lost_mark_does_not_hide_that_the_database_is_gone(tmp_path):
    live(tmp_path)
    (tmp_path / "journal" / "durable").write_bytes(b"")
    with pytest.raises(DatabaseIsMissing, match="up --new-database"):
        judge(tmp_path)
    assert (tmp_path / "journal" / "durable").read_bytes() == b""
