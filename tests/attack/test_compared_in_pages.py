"""All changes are compared with the audit while people write, a bounded number at a time."""

import pytest
from django.db import connection

from pilothouse.control import authority, reconciler, recorded, withdraw
from pilothouse.control.models import Change, ChangeStep, Touched
from pilothouse.records import audit
from tests.attack.reconciling import (
    applied,
    approved,
    exchange,
    journal,
    previewed,
    raise_margin,
    team,
)
from tests.control.conftest import NOON

__all__ = ["applied", "approved", "exchange", "journal", "previewed", "raise_margin", "team"]


@pytest.fixture
def several(team, exchange, previewed, monkeypatch):
    monkeypatch.setattr(recorded, "OF_A_PAGE", 2)
    ended = [withdraw.withdraw(previewed(), by=team.operator, now=NOON) for _ in range(4)]
    return [*ended, previewed()]


def sql(words, *values):
    with connection.cursor() as asked:
        asked.execute(words, values)


class Asked:
    """What is asked of the database meanwhile."""

    def __init__(self):
        self.begun, self.changes = [], []

    def __call__(self, execute, words, values, many, context):
        if words.startswith("BEGIN"):
            self.begun.append(words)
        if "control_change" in words and words.startswith("SELECT") and "CAST" in words:
            self.changes.append(len(values or ()))
        return execute(words, values, many, context)


@pytest.mark.django_db(transaction=True)
def test_nobody_is_kept_from_writing_while_the_records_are_compared(several):
    asked = Asked()
    with connection.execute_wrapper(asked):
        assert list(authority.differences()) == []
    assert len(asked.begun) > 5 and set(asked.begun) == {"BEGIN DEFERRED"}
    assert asked.changes and max(asked.changes) <= 2, "a page at a time"
    with connection.execute_wrapper(asked):
        reconciler.look_at_authority(NOON)
    assert asked.begun[-1] == "BEGIN IMMEDIATE", "what is found is written at once"


def test_what_differs_is_found_on_every_page(several):
    for one in several:
        Change.objects.filter(pk=one.pk).update(title=f"other {one.pk}")
    found = [sentence.split()[1] for sentence in recorded.differences()]
    assert found == [str(one.pk) for one in several]


def test_what_is_gone_and_what_belongs_to_none_is_found(several):
    sql("PRAGMA defer_foreign_keys = ON")
    gone, *_ = several
    for table in ("touched", "changestep", "signature", "preview"):
        sql(f"DELETE FROM control_{table} WHERE change_id = %s", gone.pk)
    sql("DELETE FROM control_change WHERE id = %s", gone.pk)
    ChangeStep.objects.filter(change=several[1]).update(change_id=7_001)
    sql("UPDATE control_touched SET change_id = 'odd' WHERE change_id = %s", several[2].pk)
    found = {sentence.split()[1]: sentence for sentence in recorded.differences()}
    assert {str(gone.pk), str(several[1].pk), "7001", str(several[2].pk), "odd"} == set(found)
    assert "(gone)" in found[str(gone.pk)]
    sql("DELETE FROM control_changestep WHERE change_id = 7001")
    Touched.objects.all().delete()


def test_a_deed_between_two_pages_is_no_difference(several, team, monkeypatch):
    of_page, done = recorded._of_page, []

    def between(numbers, begun):
        made = of_page(numbers, begun)
        if not done:
            done.append(withdraw.withdraw(several[-1], by=team.operator, now=NOON))
        return made

    monkeypatch.setattr(recorded, "_of_page", between)
    assert list(recorded.differences()) == [] and done


def test_rows_of_the_audit_with_odd_subjects_hide_nothing(several):
    row = audit.rows_about(several[0].subject)[0]
    for k, odd in enumerate(("", "x", "-1", "9" * 30, "\u0663", "0x10", "1 ")):
        row.number, row.subject = audit.head()[0] + 100 + k, f"change:{odd}"
        type(row).objects.bulk_create([row])
    Change.objects.filter(pk=several[-1].pk).update(title="other")
    assert [one.split()[1] for one in recorded.differences()] == [str(several[-1].pk)]
