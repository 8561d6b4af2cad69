"""What the first release left behind is whole, and is what the page beside it says."""

import sqlite3

from pilothouse.journal.reader import Reader
from pilothouse.journal.storage import Files
from pilothouse.language.commands import SetMarginSchedule
from pilothouse.language.rows import from_rows, split
from tests.kept.laying import lay_release_1

DIGEST_1 = "f01f78bca52772d27b934492ea63a34d5e708092ac03e5fc14861160dbb8dd07"


def test_the_journal_of_the_first_release_is_whole(tmp_path):
    home = lay_release_1(tmp_path / "home")
    blocks = list(Reader(Files(home)).read())
    assert len(blocks) == 968
    assert blocks[-1].header.last_position == 19_409
    assert {block.header.release.hex() for block in blocks} == {DIGEST_1}
    said = [from_rows(rows) for block in blocks for rows in split(block.rows)]
    raised = [one for one in said if isinstance(one.command, SetMarginSchedule)]
    assert [one.cause.id for one in raised][-1] == 1


def test_its_database_has_the_changes_the_alert_and_the_people(tmp_path):
    home = lay_release_1(tmp_path / "home")
    database = sqlite3.connect(home / "pilothouse.sqlite3")
    states = database.execute("SELECT id, state FROM control_change ORDER BY id").fetchall()
    alerts = database.execute("SELECT rule, severity FROM watch_alert").fetchall()
    people = database.execute("SELECT count(*) FROM access_person").fetchone()
    database.close()
    assert states[0] == (1, "verified")
    assert states[1][0] == 2
    assert len(alerts) == 1
    assert people == (5,)
