"""The audit: one transaction with the deed, chained, and tampering shows."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from pilothouse.records import audit
from pilothouse.records.fixed import RowIsFixed
from pilothouse.records.models import AuditHead, AuditRow

NOON = datetime(2026, 11, 23, 12, 0, 0, 123_456, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def five():
    for number in range(1, 6):
        audit.write(
            "person:1", "propose", f"change:{number}", "said", facts={"n": number}, at=NOON
        )


def sql(text, *values):
    """What someone with the file and an editor can do."""
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def test_an_untouched_chain_is_whole(five):
    verdict = audit.verify()
    assert (verdict.whole, verdict.rows, verdict.broken_at) == (True, 5, 0)
    assert audit.head() == (5, verdict.head)


def test_an_empty_chain_is_whole():
    assert audit.verify().whole and audit.head() == (0, audit.NO_HASH)


TAMPERING = {
    "a sentence": ("UPDATE records_auditrow SET sentence='other' WHERE number=3", 3, "changed"),
    "an actor": ("UPDATE records_auditrow SET actor='person:2' WHERE number=3", 3, "changed"),
    "an outcome": ("UPDATE records_auditrow SET outcome='refused' WHERE number=2", 2, "changed"),
    "a fact": ("UPDATE records_auditrow SET facts='{\"n\": 9}' WHERE number=4", 4, "changed"),
    "a time": (
        "UPDATE records_auditrow SET at='2026-11-23 12:00:00.123457' WHERE number=1",
        1,
        "changed",
    ),
    "a row away": ("DELETE FROM records_auditrow WHERE number=3", 3, "missing"),
    "the first row away": ("DELETE FROM records_auditrow WHERE number=1", 1, "missing"),
    "the last row away": ("DELETE FROM records_auditrow WHERE number=5", 5, "missing"),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_shows(five, what):
    text, number, word = TAMPERING[what]
    sql(text)
    verdict = audit.verify()
    assert not verdict.whole and verdict.broken_at == number and word in verdict.reason


def test_a_row_with_a_hash_made_anew_does_not_fit_its_follower(five):
    row = AuditRow.objects.get(number=3)
    row.sentence = "other"
    sql(
        "UPDATE records_auditrow SET sentence=%s, hash=%s WHERE number=3",
        "other",
        audit.row_hash(row),
    )
    verdict = audit.verify()
    assert verdict.broken_at == 4 and "does not follow" in verdict.reason


def test_rows_and_head_cut_together_show_against_a_head_noted_elsewhere(five):
    noted = audit.head()
    fourth = AuditRow.objects.get(number=4)
    sql("DELETE FROM records_auditrow WHERE number=5")
    AuditHead.objects.update(number=4, hash=fourth.hash)
    assert audit.verify().whole
    assert audit.head() != noted


def test_rows_are_never_changed_or_deleted_by_the_program(five):
    row = AuditRow.objects.get(number=2)
    row.sentence = "other"
    for deed in (
        row.save,
        row.delete,
        AuditRow.objects.all().delete,
        lambda: AuditRow.objects.update(sentence="other"),
    ):
        with pytest.raises(RowIsFixed):
            deed()


@pytest.mark.django_db(transaction=True)
def test_there_is_no_row_outside_a_transaction():
    with pytest.raises(audit.NoTransaction):
        audit.write("person:1", "propose", "change:1", "said")


def test_a_deed_that_is_undone_leaves_no_row(five):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit.write("person:1", "propose", "change:6", "said")
        raise ZeroDivisionError
    assert audit.verify().rows == 5


def test_a_refusal_stays_when_its_deed_is_undone(five):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit.write("person:1", "approve", "change:6", "said")
        raise ZeroDivisionError
    audit.write_refusal("person:1", "approve", "change:6", "refused")
    (row,) = audit.rows_about("change:6")
    assert row.outcome == audit.REFUSED and audit.verify().rows == 6
