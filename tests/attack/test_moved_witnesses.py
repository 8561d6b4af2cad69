"""What somebody writes into the database with SQL refuses no start: only what is sealed counts."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from django.conf import settings
from django.db import connection, transaction

from pilothouse.access.secret_file import SECRET, make_secret
from pilothouse.control import believed, founding_file
from pilothouse.control.models import ChangeStep
from pilothouse.journal.lost import HistoryIsMissing
from pilothouse.records import audit
from pilothouse.records.archive import cursors
from pilothouse.records.archive.cursors import Cursor
from pilothouse.venue.recovery import Told
from pilothouse.wiring.home import DATABASE
from pilothouse.wiring.witnesses import other_witnesses
from tests.attack.reconciling import (
    applied,
    approved,
    exchange,
    journal,
    previewed,
    raise_margin,
    team,
)
from tests.faults.lives import leave, writer_of
from tests.faults.lives import live as write_journal

__all__ = ["applied", "approved", "exchange", "journal", "previewed", "raise_margin", "team"]
pytestmark = pytest.mark.django_db
TABLES = ("records_archivecursor", "records_auditrow", "control_changestep")
FORGED = (
    "INSERT INTO records_auditrow SELECT number + 1000, at, actor, deed, subject, outcome, "
    "sentence, json_set(facts, '$.position', 99999), hash, hash, seal FROM records_auditrow "
    "WHERE deed = 'apply' ORDER BY number DESC LIMIT 1"
)
MOVES = {
    "the cursor ahead": "UPDATE records_archivecursor SET blocks = blocks + 1000000",
    "its position": "UPDATE records_archivecursor SET position = position + 1000000",
    "a cursor without a seal": "UPDATE records_archivecursor SET blocks = 99999, seal = ''",
    "a seal that is bytes": "UPDATE records_archivecursor SET blocks = 99999, seal = x'ff'",
    "a seal that is no text": "UPDATE records_archivecursor SET seal = CAST(x'ff' AS TEXT)",
    "rows that are none": "UPDATE records_archivecursor SET blocks = 99999, rows = '7'",
    "a step ahead": "UPDATE control_changestep SET position = position + 1000000",
    "a step that is no number": "UPDATE control_changestep SET position = 'many'",
    "a receipt that was edited": (
        "UPDATE records_auditrow SET facts = json_set(facts, '$.position', 99999) "
        "WHERE deed = 'apply'"
    ),
    "a receipt that was appended": FORGED,
    "a receipt of no time": "UPDATE records_auditrow SET at = 'noon' WHERE deed = 'apply'",
    "facts that are none": "UPDATE records_auditrow SET facts = '[]' WHERE deed = 'apply'",
}


@pytest.fixture
def home(tmp_path, applied):
    """A journal of a hundred commands and more, archived to block 5, and a change applied."""
    write_journal(tmp_path, blocks=60)
    (tmp_path / "archive").mkdir()
    with transaction.atomic():
        cursors.move(Cursor(5, 9, 1), [])
    return tmp_path


def written(home, *moves):
    """Write what this test's database holds into a folder, with its secret, and what was moved."""
    shutil.copy(settings.PILOTHOUSE_HOME / SECRET, home / SECRET)
    (home / DATABASE).unlink(missing_ok=True)
    with closing(sqlite3.connect(home / DATABASE)) as made, made, connection.cursor() as read:
        made.execute("PRAGMA ignore_check_constraints = ON")
        for table in TABLES:
            read.execute("SELECT sql FROM sqlite_master WHERE name = %s", [table])
            made.execute(read.fetchone()[0])
            read.execute(f"SELECT * FROM {table}")
            rows = read.fetchall()
            marks = ", ".join("?" * len(read.description))
            made.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        for one in moves:
            assert made.execute(one).rowcount > 0
    return home


def asked(home, say=pytest.fail):
    return {one.name: (one.block, one.position) for one in other_witnesses(home, say)}


def last_receipt():
    return max(ChangeStep.objects.exclude(position=None).values_list("position", flat=True))


def test_what_is_sealed_is_a_witness(home):
    known = {"the archive": (5, 9), "the last applied change": (0, last_receipt())}
    assert asked(written(home)) == known


@pytest.mark.parametrize("how", MOVES)
def test_what_was_moved_is_said_and_counts_for_nothing(home, how):
    before, said = asked(written(home)), []
    after = asked(written(home, MOVES[how]), said.append)
    assert after.items() <= before.items()
    # A smaller number than the audit proves takes nothing away, and says nothing.
    assert said or after == before
    assert all("the start goes on" in one for one in said)


@pytest.mark.parametrize("how", MOVES)
def test_a_start_goes_on_where_it_was_refused_for_a_loss_that_never_was(home, how):
    witnesses = other_witnesses(written(home, MOVES[how]), [].append)
    leave(writer_of(home, told=Told(witnesses)))


def test_a_true_loss_is_refused_all_the_same(home):
    with transaction.atomic():
        cursors.move(Cursor(10**6, 10**6, 1), [])
    witnesses = other_witnesses(written(home), pytest.fail)
    with pytest.raises(HistoryIsMissing, match="the archive: block 1,000,000"):
        leave(writer_of(home, told=Told(witnesses)))


@pytest.mark.parametrize("secret", ["gone", "another", "open to all"])
def test_without_the_secret_the_database_is_no_witness(home, secret):
    written(home)
    if secret == "open to all":
        (home / SECRET).chmod(0o644)
    else:
        (home / SECRET).unlink()
    if secret == "another":
        make_secret(home)
    said = []
    assert asked(home, said.append) == {} and said
    assert (home / SECRET).exists() == (secret != "gone"), "looking makes none"


def test_receipts_of_before_a_new_secret_are_no_witness_and_no_wonder(home):
    written(home)
    (home / SECRET).unlink()
    make_secret(home)
    with transaction.atomic():
        row = audit.write("machine", believed.FOUNDING, "exchange", "of another secret")
    founding_file.write(home, (home / SECRET).read_bytes(), row.number, row.hash)
    said = []
    assert asked(home, said.append) == {}
    assert len(said) == 1 and "The archive's cursor" in said[0]


def test_one_row_that_was_moved_takes_no_other_witness_with_it(home):
    said = []
    moved = written(home, MOVES["a seal that is no text"], MOVES["the cursor ahead"])
    assert asked(moved, said.append) == {"the last applied change": (0, last_receipt())}
    moved = written(home, MOVES["a receipt that was edited"])
    assert asked(moved, said.append) == {"the archive": (5, 9)}
