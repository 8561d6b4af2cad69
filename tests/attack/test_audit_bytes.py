"""One person against the disk, by way of the audit: X6."""

from __future__ import annotations

import hashlib

import pytest
from django.db import connection

from pilothouse.records import audit, refusals, room
from pilothouse.records.archive import ask as asking
from pilothouse.records.archive.ask import SQL_MOST, ask
from pilothouse.records.archive.questions import Chart, save
from pilothouse.records.archive.refusals import ASKED_TOO_MUCH, PURPOSE_IS_MISSING, Refused
from pilothouse.records.models import AuditRow
from pilothouse.records.refusals import PERSON_BYTES, Bound
from pilothouse.records.shortened import ROW_BYTES, TEXT_BYTES, Shortened

ME = "person:1"
FACE = "\U0001f600"


def stored() -> list[int]:
    """Return the bytes of the facts of each row, as they stand in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(CAST(facts AS BLOB)) FROM records_auditrow ORDER BY number")
        return [one for (one,) in cursor.fetchall()]


@pytest.mark.django_db
@pytest.mark.parametrize("one", ["x", "é", FACE])
def test_x6_a_refused_statement_is_kept_cut_with_its_length_and_digest(tmp_path, one):
    sql = "SELECT 1 AS a -- " + one * (SQL_MOST + 500)
    with pytest.raises(Refused) as refused:
        ask(tmp_path, sql, actor=ME, purpose="p")
    assert refused.value.refusal is PURPOSE_IS_MISSING
    assert "three letters" in str(refused.value)
    kept = AuditRow.objects.get().facts["sql"]
    assert kept.startswith("SELECT 1 AS a -- ") and f"{len(sql):,} characters" in kept
    assert hashlib.sha256(sql.encode()).hexdigest() in kept
    assert max(stored()) < TEXT_BYTES + 500, "and no letter is written as an escape"
    assert audit.verify().whole


@pytest.mark.django_db
def test_x6_a_refused_saving_is_cut_as_well(tmp_path):
    sql = "SELECT " + FACE * SQL_MOST
    with pytest.raises(Refused):
        save("", sql, Chart(), actor=ME, owner="me")
    assert max(stored()) < TEXT_BYTES + 500


def test_x6_many_texts_are_bounded_together_and_short_ones_stay():
    assert Shortened().of({"a": ["x" * TEXT_BYTES, 3, None]}) == {"a": ["x" * TEXT_BYTES, 3, None]}
    many = Shortened().of({f"{number}": "é" * 1_000 for number in range(50)})
    begun = sum(len(one.partition("…")[0].encode()) for one in many.values())
    assert begun <= ROW_BYTES


def test_x6_rows_of_refusals_have_bytes_by_the_minute_and_are_counted_beyond():
    now = [0.0]
    bound = Bound(lambda: now[0])
    facts = {"sql": "x" * 8_000}
    told = [bound.is_row(ME, "query", facts) for _ in range(40)]
    assert 0 < sum(told) * 8_000 <= PERSON_BYTES.limit and not told[-1]
    assert [one.count for one in bound.due()] == [40 - sum(told)]
    assert bound.is_row("person:2", "query", facts), "another person has their own"
    now[0] += 60
    assert bound.is_row(ME, "query", facts)
    assert sum(told) < refusals.PERSON.limit


@pytest.fixture
def answered(monkeypatch):
    """Every statement is answered, without a process."""

    class Told:
        rows = ()
        facts = {"truncated": False, "masked": True}

    monkeypatch.setattr(asking, "_told", lambda *_: Told())
    monkeypatch.setattr(asking, "cursor", lambda: None)


@pytest.mark.django_db
def test_x6_answered_queries_have_room_by_the_day(tmp_path, answered, monkeypatch):
    now = [0.0]
    own = room.Room(lambda: now[0])
    monkeypatch.setattr(asking, "ROOM", own)
    sql = "SELECT '" + FACE * (SQL_MOST - 10) + "'"
    ask(tmp_path, sql, actor=ME, purpose="weekly review")
    row = AuditRow.objects.get()
    assert row.facts["sql"] == sql, "what was answered is kept whole"
    assert stored()[0] < 4 * SQL_MOST + 500
    for _ in range(room.DAY_BYTES // (4 * SQL_MOST)):
        own.take(ME, {"sql": sql})
    with pytest.raises(Refused) as refused:
        ask(tmp_path, sql, actor=ME, purpose="weekly review")
    assert refused.value.refusal is ASKED_TOO_MUCH
    ask(tmp_path, sql, actor="person:2", purpose="weekly review")
    now[0] += room.DAY_S
    ask(tmp_path, sql, actor=ME, purpose="weekly review")
    assert audit.verify().whole


@pytest.mark.django_db
def test_x6_rows_that_were_stored_with_escapes_hold_as_before():
    from django.db import transaction

    with transaction.atomic():
        audit.write(ME, "note", "archive", "asked", facts={"sql": f"é{FACE}"})
        audit.write(ME, "note", "archive", "asked", facts={"sql": "next"})
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_auditrow SET facts = %s WHERE number = 1",
            ['{"sql": "\\u00e9\\ud83d\\ude00"}'],
        )
    assert AuditRow.objects.get(number=1).facts == {"sql": f"é{FACE}"}
    assert audit.verify().whole


def test_x6_the_column_is_the_same_as_before():
    _, path, _, options = AuditRow._meta.get_field("facts").deconstruct()
    assert (path, options) == ("django.db.models.JSONField", {"default": dict})
