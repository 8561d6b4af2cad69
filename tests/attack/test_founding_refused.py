"""A folder whose founding was changed with SQL: what starts on it, what verifies it, ways out."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from pilothouse.access.secret_file import read_secret
from pilothouse.control import believed, founding_file
from pilothouse.journal.durable import DurableMark
from pilothouse.journal.storage import Files
from tests.attack.test_environment import PASSWORD, pilothouse

SECRET = {"PILOTHOUSE_PASSWORD": PASSWORD}
PRODUCTION = {"PILOTHOUSE_ENVIRONMENT": "production"}
COMPARES = """
import sys
from pathlib import Path
from pilothouse.wiring.verifying import records_of
with records_of(Path(sys.argv[1])) as fault:
    from pilothouse.control import authority
    from pilothouse.wiring import founding_row
    print(fault, *authority.differences())
    print(founding_row.not_compared())
"""
UNSEAL = "UPDATE records_auditrow SET seal = '' WHERE number = 1"


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A folder with a person, whose founding is in the audit."""
    place = tmp_path_factory.mktemp("begun") / "home"
    made = pilothouse(place, "person", "ann", "--role", "operator", **SECRET)
    assert made.returncode == 0, made.stderr
    return place


@pytest.fixture
def folder(begun, tmp_path):
    return shutil.copytree(begun, tmp_path / "home")


def rows_of(folder):
    with closing(sqlite3.connect(folder / "pilothouse.sqlite3")) as read:
        return read.execute("SELECT number, deed FROM records_auditrow ORDER BY number").fetchall()


def harmed(folder):
    with closing(sqlite3.connect(folder / "pilothouse.sqlite3")) as database, database:
        database.execute(UNSEAL)


def console(folder):
    """Run the console's process until it ends; return its code and what it said."""
    with subprocess.Popen(
        [sys.executable, "-m", "pilothouse.wiring.child", "console", str(folder), "0"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | PRODUCTION,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        said = process.stderr.read()
        return process.wait(60), said


def verified(folder):
    """Return what `pilothouse verify` finds in the records, and what it leaves out."""
    done = subprocess.run(
        [sys.executable, "-c", COMPARES, str(folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_console_and_commands_refuse_with_a_sentence_and_verify_names_it(folder):
    harmed(folder)
    before = rows_of(folder)
    added = pilothouse(folder, "person", "eve", "--role", "manager", **SECRET)
    for code, said in ((added.returncode, added.stderr), console(folder)):
        assert code == 65 and "Traceback" not in said
        assert "Row 1 of the audit, the founding of this folder's secret, is not" in said
        assert "Nothing was changed. Stop the exchange and put" in said
    assert rows_of(folder) == before
    assert "Row 1 of the audit, the founding of this folder's secret, is not" in verified(folder)
    (folder / "secret.key").unlink()
    assert (
        verified(folder)
        == "\nPasswords, second factors, API keys and seals: the folder's secret is not here.\n"
    )


def test_a_new_secret_is_the_way_out_where_there_is_no_backup(folder):
    harmed(folder)
    done = pilothouse(folder, "new-secret", "--revoke")
    assert done.returncode == 0, done.stderr
    noted = founding_file.read(folder, read_secret(folder))
    assert (noted.number, believed.FOUNDING) in rows_of(folder) and noted.number > 1
    assert pilothouse(folder, "person", "bob", "--role", "viewer", **SECRET).returncode == 0


def test_a_database_that_people_begin_anew_has_a_founding_of_its_own(folder):
    (folder / "pilothouse.sqlite3").unlink()
    (folder / "journal").mkdir()
    DurableMark(Files(folder)).set(40)
    refused = pilothouse(folder, "person", "bob", "--role", "viewer", **SECRET)
    assert refused.returncode == 65 and (folder / founding_file.FILE).exists()
    anew = {"PILOTHOUSE_NEW_DATABASE": "1"} | SECRET
    done = pilothouse(folder, "person", "bob", "--role", "viewer", **anew)
    assert done.returncode == 0, done.stderr
    noted = founding_file.read(folder, read_secret(folder))
    assert (noted.number, believed.FOUNDING) in rows_of(folder)
