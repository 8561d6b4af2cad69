"""A folder whose name means something in an address is read like any other, nothing beside it."""

import sqlite3
from contextlib import closing

import pytest

from pilothouse.wiring.drill.copying import DATABASE
from pilothouse.wiring.sealed_rows import looked_at, sealed_rows
from pilothouse.wiring.witnesses import other_witnesses
from tests.faults.sealed import write_cursor

NAMES = ("ex#1", "ex?mode=rwc", "ex%41", "ex 1", "é", "ex&x", "plain")


@pytest.fixture(params=NAMES)
def home(tmp_path, request):
    made = tmp_path / request.param
    made.mkdir()
    write_cursor(made, 42, 84)
    with closing(sqlite3.connect(made / DATABASE)) as database:
        database.execute("CREATE TABLE access_storedkey (public, sealed_secret, account)")
        database.execute("INSERT INTO access_storedkey VALUES ('k', X'00', 1)")
        database.commit()
    yield made
    assert [one.name for one in tmp_path.iterdir()] == [made.name], "nothing was made beside it"


def test_its_database_is_a_witness_and_its_sealed_rows_are_read(home):
    (witness,) = other_witnesses(home, lambda sentence: pytest.fail(sentence))
    assert (witness.block, witness.position) == (42, 84)
    assert [one.name for one in sealed_rows(home)] == ["k"]
    with closing(looked_at(home / DATABASE)) as read, pytest.raises(sqlite3.OperationalError):
        read.execute("DELETE FROM records_archivecursor")
