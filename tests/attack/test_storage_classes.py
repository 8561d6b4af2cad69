"""One value stored in another way: bytes of the same letters, a moment written otherwise."""

import os
import subprocess
import sys

import pytest
from django.db import IntegrityError, connection, transaction

from pilothouse.control import approve, authority, odd_schema, recorded, register, stored
from pilothouse.control.models import Change
from pilothouse.control.refusals import NOT_AS_RECORDED, Refused
from pilothouse.records import audit
from tests.attack.reconciling import team
from tests.control.conftest import NOON, approved, exchange, previewed, raise_margin
from tests.control.recording import record_changes
from tests.kept.laying import lay_release_1

__all__ = ["approved", "exchange", "previewed", "raise_margin", "team"]


def sql(text, *given):
    with connection.cursor() as cursor:
        cursor.execute(text, given)
        return cursor.fetchall() if cursor.description else cursor.rowcount


CASTS = (
    "CAST({0} AS BLOB)",
    "CAST(CAST({0} AS TEXT) AS BLOB)",
    "{0} || char(0)",
    "CAST({0} || x'ff' AS TEXT)",
    "{0} + 0.5",
    "'0x' || {0}",
)
"""The same letters as bytes, letters behind the end of a text, no UTF-8, a broken number."""


def cells():
    """Yield each column of each row of a change."""
    for model in recorded.MODELS:
        for field in recorded.columns(model):
            yield model._meta.db_table, field.column, "id" if model is Change else "change_id"


def is_blind(change, table, column, about, cast):
    """Cast a column and tell whether it is another value and the change still as recorded."""
    held = f'SELECT typeof("{column}"), hex("{column}") FROM "{table}"'
    before = sql(held)
    point = transaction.savepoint()
    try:
        with transaction.atomic():
            new = cast.format(f'"{column}"')
            sql(f'UPDATE "{table}" SET "{column}" = {new} WHERE "{about}" = {change.pk}')
        return sql(held) != before and recorded.is_as_recorded(change)
    except IntegrityError:
        return False
    finally:
        transaction.savepoint_rollback(point)


@pytest.mark.django_db(transaction=True)
def test_a_change_is_recorded_with_the_storage_class_of_every_column(team, exchange, approved):
    change = approved()
    sql("PRAGMA foreign_keys = OFF")
    sql("PRAGMA ignore_check_constraints = ON")
    with transaction.atomic():
        blind = [(*one, cast) for one in cells() for cast in CASTS if is_blind(change, *one, cast)]
    sql("PRAGMA ignore_check_constraints = OFF")
    sql("PRAGMA foreign_keys = ON")
    assert not blind and recorded.is_as_recorded(change)


def test_bytes_hide_no_preview_from_who_signs(team, exchange, previewed):
    change = previewed()
    sql("UPDATE control_preview SET question = CAST(question AS BLOB)")
    with pytest.raises(Refused) as refused:
        approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    assert refused.value.reason is NOT_AS_RECORDED and list(recorded.differences())


def test_what_was_bytes_when_the_records_began_is_not_believed(team, exchange, previewed):
    change = previewed()
    sql("UPDATE control_change SET direction = CAST(direction AS BLOB)")
    record_changes()
    assert not recorded.is_as_recorded(change)
    (one,) = recorded.differences()
    assert one.startswith(f"Change {change.pk} ")


VALUES = {
    "a role as bytes": "UPDATE access_grant SET role = CAST(role AS BLOB) WHERE id = 1",
    "an end as bytes": "UPDATE access_grant SET until = CAST('2026-01-01 00:00:00' AS BLOB)",
    "a week for a day": "UPDATE access_grant SET revoked_at = '2026-W49-1T00:00:00'",
    "no time at all": "UPDATE access_grant SET given_at = 'soon'",
    "a T between": "UPDATE access_grant SET given_at = replace(given_at, ' ', 'T')",
    "noughts behind": "UPDATE access_grant SET given_at = '2026-01-01 00:00:00.000000'",
    "the year 0": "UPDATE access_grant SET given_at = '0000-01-01 00:00:00'",
    "a 30th of February": "UPDATE access_grant SET given_at = '2026-02-30 00:00:00'",
    "nothing as a word": "UPDATE control_registerrow SET body = 'null'",
    "a body as bytes": "UPDATE control_registerrow SET body = CAST(body AS BLOB)",
    "a version as bytes": "UPDATE control_registerrow SET version = CAST(version AS BLOB)",
    "an end of a row": "UPDATE records_auditrow SET at = CAST(at AS BLOB) WHERE number = 1",
    "facts as bytes": "UPDATE records_auditrow SET facts = CAST(facts AS BLOB) WHERE number = 1",
    "a name as bytes": "UPDATE access_person SET username = CAST(username AS BLOB)",
    "active as bytes": "UPDATE access_person SET is_active = CAST(is_active AS BLOB)",
}


@pytest.mark.parametrize("how", VALUES)
def test_what_is_compared_with_the_audit_is_stored_as_a_release_does(team, how):
    with transaction.atomic():
        register.found([("rule", "a", {"x": 1})], NOON)
    assert list(stored.differences()) == []
    sql(VALUES[how])
    assert list(stored.differences())
    assert [one for one in authority.differences() if "no release stores" in one]


def test_many_rows_are_counted(team):
    with transaction.atomic():
        for _ in range(stored.NAMED_MOST + 7):
            audit.write("machine", "test", "x", "")
    sql("UPDATE records_auditrow SET at = CAST(at AS BLOB)")
    *_, last = stored.differences()
    assert len(list(stored.differences())) == stored.NAMED_MOST + 1 and "further rows" in last


def test_the_tables_are_as_a_release_makes_them(db):
    assert list(odd_schema.differences()) == []


UPGRADED = """
import os, pathlib
from pilothouse.wiring import people
people.open_django(pathlib.Path(os.environ["PILOTHOUSE_HOME"]))
from pilothouse.control import odd_schema, stored
print([*odd_schema.differences(), *stored.differences()])
"""


def test_the_tables_of_the_first_release_become_those_of_this_one(tmp_path):
    home = lay_release_1(tmp_path / "home")
    env = {**os.environ, "PILOTHOUSE_HOME": str(home), "PYTHONPATH": "src"}
    env["DJANGO_SETTINGS_MODULE"] = "pilothouse.wiring.settings"
    told = subprocess.run(
        [sys.executable, "-c", UPGRADED], env=env, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip().splitlines()[-1] == "[]"


def made_otherwise(table, old, new):
    (text,) = sql("SELECT sql FROM sqlite_master WHERE name = %s", table)[0]
    assert old in text
    sql("PRAGMA writable_schema = ON")
    sql("UPDATE sqlite_master SET sql = %s WHERE name = %s", text.replace(old, new), table)
    sql("PRAGMA writable_schema = RESET")
    return text


SCHEMAS = {
    "no constraint": (
        "control_signature",
        ', CONSTRAINT "proposer_does_not_sign" CHECK (NOT ("person_id" = ("proposer_id")))',
        "",
    ),
    "another collation": ("control_touched", "varchar(128)", "varchar(128) COLLATE NOCASE"),
    "another affinity": ("access_grant", '"role" varchar(32)', '"role" blob'),
    "an index of no row": (
        "one_live_signature_a_person",
        '"void_at" IS NULL',
        '"void_at" IS NULL AND "change_id" < 0',
    ),
}


@pytest.mark.parametrize("how", SCHEMAS)
@pytest.mark.django_db(transaction=True)
def test_another_table_or_index_is_a_difference(how):
    text = made_otherwise(*SCHEMAS[how])
    try:
        (found,) = odd_schema.differences()
        assert repr(SCHEMAS[how][0]) in found and "as a release makes it" in found
    finally:
        sql("PRAGMA writable_schema = ON")
        sql("UPDATE sqlite_master SET sql = %s WHERE name = %s", text, SCHEMAS[how][0])
        sql("PRAGMA writable_schema = RESET")


@pytest.mark.parametrize("more", ["CREATE INDEX aside ON control_change (title COLLATE NOCASE)",
    "ALTER TABLE control_change ADD COLUMN aside AS (title || 'x')"])  # fmt: skip
def test_an_index_or_a_column_more_is_a_difference(db, more):
    sql(more)
    (found,) = odd_schema.differences()
    assert "as a release makes it" in found


@pytest.mark.django_db(transaction=True)
def test_an_index_that_lost_a_row_is_a_difference(team, exchange, previewed):
    """Made empty for a moment, an index does not find a row that the table has."""
    (name,) = sql(
        "SELECT name FROM sqlite_master WHERE tbl_name = 'control_preview' AND type = 'index'"
    )[0]
    old = sql("SELECT sql FROM sqlite_master WHERE name = %s", name)[0][0]
    made_otherwise(name, '("change_id")', '("change_id") WHERE "change_id" < 0')
    previewed()
    sql("PRAGMA writable_schema = ON")
    sql("UPDATE sqlite_master SET sql = %s WHERE name = %s", old, name)
    sql("PRAGMA writable_schema = RESET")
    (found,) = odd_schema.differences()
    assert "'control_preview' is not whole" in found
    sql(f'REINDEX "{name}"')
