"""SQLite's own numbers moved to their end: a stop, a signature, a role and an alert go through."""

import sqlite3
from contextlib import closing

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models, transaction

from pilothouse.control import apply, approve, audited, authority, preview, propose, reconciler
from pilothouse.control.models import Change
from pilothouse.language.kinds import MarketStatus
from pilothouse.records import audit, numbering
from pilothouse.watch import alerts
from pilothouse.wiring import founding_row, people, sequences
from pilothouse.wiring.home import DATABASE
from tests.attack.putting_back import sql
from tests.attack.reconciling import approved, exchange, previewed, raise_margin, team
from tests.control.conftest import NOON
from tests.control.doubles import PERPETUAL
from tests.watch.conftest import Looks

__all__ = ["approved", "exchange", "previewed", "raise_margin", "team"]
HIGHEST = 2**63 - 1
NUMBERED = [
    one._meta.db_table
    for one in apps.get_models(include_auto_created=True)
    if isinstance(one._meta.pk, models.AutoField)
]


@pytest.fixture
def begun(team, exchange):
    founding_row.begin(settings.PILOTHOUSE_HOME)
    return team


def move(table, number=HIGHEST):
    sql("DELETE FROM sqlite_sequence WHERE name = %s", table)
    sql("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", table, number)


def plant(table, number=HIGHEST):
    """A row like the newest one, with another number."""
    names = [name for (name,) in sql(f"SELECT name FROM pragma_table_info('{table}')")]
    rest = ", ".join(f'"{one}"' for one in names if one != "id")
    rows = f"SELECT {number}, {rest} FROM {table} ORDER BY id DESC LIMIT 1"
    sql(f"INSERT INTO {table} (id, {rest}) {rows}")


def stop(team):
    fields = {"market": PERPETUAL, "status": int(MarketStatus.CANCEL_ONLY)}
    change = propose.propose("market_status", fields, by=team.operator, why="odd", now=NOON)
    change = preview.first(change, by=team.operator, now=NOON)
    return apply.apply(change, by=team.operator, now=NOON)


def differing():
    reconciler.look_at_authority(NOON)
    return [one.sentence for one in audited.said().open()]


@pytest.mark.django_db
@pytest.mark.parametrize("number", [HIGHEST, HIGHEST - 1, 9.3e18, str(HIGHEST)])
def test_all_is_done_with_every_sequence_at_its_end(begun, previewed, number):
    change = previewed()
    last = Change.objects.latest("pk").pk
    for table in NUMBERED:
        move(table, number)
    assert approve.approve(change, change.fingerprint, by=begun.risk, now=NOON).signatures.get()
    made = stop(begun)
    assert (made.state, made.pk) == ("applied", last + 1)
    with transaction.atomic():
        people._give(begun.viewer, "operator", "x")
    said = differing()
    assert audit.verify().whole
    assert all(any(repr(one) in sentence for sentence in said) for one in NUMBERED)


@pytest.mark.django_db
@pytest.mark.parametrize("numbers", [[HIGHEST], [HIGHEST, numbering.FAR, numbering.FAR + 1]])
def test_a_stop_goes_through_beside_rows_with_the_highest_numbers(begun, previewed, numbers):
    change = previewed()
    for number in numbers:
        plant("control_change", number)
        sql("UPDATE control_change SET state = 'rejected' WHERE id = %s", number)
    made = stop(begun)
    assert (made.state, made.pk) == ("applied", change.pk + 1)
    assert any("'control_change'" in one for one in differing())


@pytest.mark.django_db
def test_an_alert_is_raised_with_every_sequence_at_its_end(founded):
    looks = Looks()
    looks.look({}, times=1)
    for table in NUMBERED:
        move(table)
    looks.look({("journal_differences", "exchange"): 1}, times=3)
    assert [one.about for one in alerts.open_alerts()] == ["value"]


@pytest.mark.django_db
def test_numbers_as_a_release_gives_them_are_no_difference(begun, previewed):
    previewed()
    stop(begun)
    assert not list(numbering.differences()) and not list(authority.differences())


@pytest.mark.django_db
def test_what_was_moved_is_put_back_by_a_start_and_noted(begun, tmp_path):
    with closing(sqlite3.connect(tmp_path / DATABASE)) as made, made:
        for name in ("one", "odd ' name"):
            made.execute(f'CREATE TABLE "{name}" (id integer PRIMARY KEY AUTOINCREMENT, at text)')
            made.executemany(f'INSERT INTO "{name}" (at) VALUES (?)', [("a",)] * 3)
        made.execute("UPDATE sqlite_sequence SET seq = ?", (HIGHEST,))
        made.execute("INSERT INTO sqlite_sequence VALUES ('gone', ?)", (HIGHEST,))
    said = sequences.put_back(tmp_path)
    assert said == [sequences.WHAT.format(one, 3) for one in ("odd ' name", "one")]
    with closing(sqlite3.connect(tmp_path / DATABASE)) as made, made:
        made.execute("INSERT INTO one (at) VALUES ('b')")
        assert made.execute("SELECT max(id) FROM one").fetchone() == (4,)
    assert sequences.put_back(tmp_path) == []
    people._note(said)
    assert len([one for one in audited.said().open() if "put back to 3" in one.sentence]) == 2


@pytest.mark.django_db
def test_a_table_that_cannot_be_put_back_keeps_no_other_from_it(begun, tmp_path):
    with closing(sqlite3.connect(tmp_path / DATABASE)) as made, made:
        made.execute("CREATE TABLE one (id integer PRIMARY KEY AUTOINCREMENT, at text)")
        made.execute("INSERT INTO one (at) VALUES ('a')")
        made.execute("CREATE TABLE bare (id integer PRIMARY KEY, at text) WITHOUT ROWID")
        made.execute("UPDATE sqlite_sequence SET seq = ?", (HIGHEST,))
        made.execute("INSERT INTO sqlite_sequence VALUES ('bare', ?)", (HIGHEST,))
    left = sequences.LEFT.format("bare", "OperationalError")
    said = sequences.put_back(tmp_path)
    assert said == [left, sequences.WHAT.format("one", 1)]
    with closing(sqlite3.connect(tmp_path / DATABASE)) as made, made:
        made.execute("INSERT INTO one (at) VALUES ('b')")
        assert made.execute("SELECT max(id) FROM one").fetchone() == (2,)
    people._note(said)
    assert [one for one in audited.said().open() if left in one.sentence]
