"""Rows put into the audit, as many as a bound allows, keep nobody from what it bounds."""

import pytest

from pilothouse.access.models import Person
from pilothouse.control import edit, many, preview, propose
from pilothouse.control.severity import Severity
from pilothouse.desk import many as desk_many
from pilothouse.desk import told
from pilothouse.desk.moves import Verb
from pilothouse.records import counted
from tests.attack.putting_back import sql
from tests.attack.reconciling import team
from tests.control.conftest import NOON, approved, exchange, previewed, raise_margin, wish

__all__ = ["approved", "exchange", "previewed", "raise_margin", "team"]
pytestmark = pytest.mark.django_db
STOP = {"market": 2, "status": 5}


def plant(deed, subject, many, number="1.5"):
    """Rows of everybody, each like one of before: with its seal, which is none for them."""
    for person in Person.objects.all():
        sql(
            "WITH RECURSIVE a(n) AS (SELECT 1 UNION SELECT n + 1 FROM a WHERE n < %s) INSERT INTO "
            f"records_auditrow SELECT {number} + (n + %s * 10000) * {number} / 1000000, %s, %s, "
            "%s, %s, 'done', '', '{}', before_hash, hash, seal FROM a, records_auditrow "
            "WHERE number = 1",
            many, person.pk, "2026-11-23 11:59:00", f"person:{person.pk}", deed, subject,
        )  # fmt: skip


@pytest.mark.parametrize("number", ["1.5", "7000000"])
def test_everybody_previews_and_edits(team, exchange, number):
    stop = propose.propose("market_status", STOP, by=team.operator, why="odd", now=NOON)
    plant("preview", stop.subject, many.PREVIEWS_A_DAY, number)
    plant("edit", stop.subject, many.EDITS_A_DAY * 2, number + "1")
    assert edit.edit(stop, STOP, by=team.operator, now=NOON)
    assert preview.first(stop, by=team.operator, now=NOON).state == "approved"


def test_what_is_no_stop_is_previewed_as_well(team, raise_margin):
    change = raise_margin()
    plant("preview", change.subject, many.PREVIEWS_A_DAY + counted.BESIDE_MOST)
    assert preview.first(change, by=team.operator, now=NOON)
    assert edit.edit(change, wish(4, 2), by=team.operator, now=NOON)


def test_incidents_are_opened_and_told(team):
    plant(Verb.OPEN, "incident:1", desk_many.A_DAY_MOST * 2)
    told.refuse_too_many_told(Verb.OPEN, Severity.CRITICAL, team.operator, NOON)
    desk_many.refuse_too_many(Verb.OPEN, team.operator, NOON)
