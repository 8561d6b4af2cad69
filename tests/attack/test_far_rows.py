"""Rows that somebody put far behind the audit's end make no work for who asks for its end."""

import pytest
from django.db import connection

from pilothouse.records import audit
from tests.attack.putting_back import sql

pytestmark = pytest.mark.django_db
FAR = 1_000_000
STEPS_A_CALL = 1_000
"""Instructions of SQLite between two calls of its progress handler."""
ROWS = (
    "INSERT INTO records_auditrow (number, at, actor, deed, subject, outcome, sentence, facts, "
    "before_hash, hash, seal) WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a "
    "WHERE n < %s) SELECT %s + n, '2026-11-23 12:00:00', 'machine', 'query', 'archive', 'done', "
    "'x', '{}', '0', '0', '' FROM a"
)


def calls_of(question):
    """Return what a question answers, and how many thousand instructions SQLite needed for it."""
    calls = []
    connection.connection.set_progress_handler(lambda: calls.append(1), STEPS_A_CALL)
    try:
        return question(), len(calls)
    finally:
        connection.connection.set_progress_handler(None, 0)


@pytest.mark.parametrize("head", [None, 0, 3])
def test_the_work_for_the_end_does_not_grow_with_far_rows(head):
    for _ in range(5):
        audit.write("machine", "query", "archive", "a row")
    if head is not None:
        sql("UPDATE records_audithead SET number = %s", head)
    sql(ROWS, 1_000, FAR)
    sql(ROWS, 30_000, 2 * FAR)
    last, calls = calls_of(audit.end)
    assert last == 5 and calls < 20


def test_a_long_audit_is_passed_in_few_steps():
    sql(ROWS, 50_000, 0)
    last, calls = calls_of(audit.end)
    assert last == 50_000 and calls < 20


@pytest.mark.parametrize(("number", "last"), [(1_001, 1_001), (1_002, 1)])
def test_behind_more_than_a_thousand_free_numbers_a_row_is_far(number, last):
    audit.write("machine", "query", "archive", "a row")
    sql(ROWS, 1, number - 1)
    assert audit.end() == last
