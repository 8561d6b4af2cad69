"""The number of a change that was executed, made free with SQL, is given to no other change."""

import pytest
from django.conf import settings

from pilothouse.control import authority, propose
from pilothouse.control.models import Change
from pilothouse.language.kinds import MarketStatus
from pilothouse.wiring import founding_row
from tests.attack.putting_back import each_deed_is_committed, restart, sql
from tests.attack.reconciling import (
    applied,
    approved,
    exchange,
    journal,
    previewed,
    raise_margin,
    team,
)
from tests.attack.test_numbers_again import made_free, put, rows_of
from tests.control.conftest import NOON
from tests.control.doubles import PERPETUAL

__all__ = [
    "applied", "approved", "each_deed_is_committed", "exchange", "journal", "previewed",
    "raise_margin", "team",
]  # fmt: skip
pytestmark = pytest.mark.django_db
WISH = {"market": PERPETUAL, "status": int(MarketStatus.CANCEL_ONLY)}
PARTS = ("control_preview", "control_signature", "control_changestep", "control_touched")


@pytest.fixture
def begun(team, exchange):
    founding_row.begin(settings.PILOTHOUSE_HOME)


@pytest.fixture
def taken_out(begun, applied):
    for one in PARTS:
        sql(f"DELETE FROM {one} WHERE change_id = %s", applied.pk)
    sql("DELETE FROM control_change WHERE id = %s", applied.pk)
    made_free("control_change", applied.pk)
    return applied


def proposed(team):
    return propose.propose("market_status", WISH, by=team.operator, why="odd", now=NOON)


def test_another_change_does_not_hide_one_that_was_executed(taken_out, team):
    odd = f"Change {taken_out.pk} is not as the audit recorded it (gone)."
    assert odd in list(authority.differences())
    new = proposed(team)
    assert new.pk > taken_out.pk and odd in list(authority.differences())


def test_nor_while_its_rows_of_the_audit_are_out_as_well(taken_out, team):
    about = rows_of("records_auditrow", "subject", f"change:{taken_out.pk}")
    sql("DELETE FROM records_auditrow WHERE subject = %s", f"change:{taken_out.pk}")
    restart()
    assert proposed(team).pk == taken_out.pk
    put("records_auditrow", about)
    odd = f"Change {taken_out.pk} is not as the audit recorded it ("
    assert any(one.startswith(odd) for one in authority.differences())


def test_numbers_go_on_as_ever(begun, applied, team):
    assert proposed(team).pk == applied.pk + 1 == Change.objects.latest("pk").pk
    assert list(authority.differences()) == []


def test_nor_does_it_hide_one_that_was_executed_before_the_records_began(team, exchange, applied):
    founding_row.begin(settings.PILOTHOUSE_HOME)
    about = rows_of("records_auditrow", "subject", f"change:{applied.pk}")
    for one in PARTS:
        sql(f"DELETE FROM {one} WHERE change_id = %s", applied.pk)
    sql("DELETE FROM control_change WHERE id = %s", applied.pk)
    made_free("control_change", applied.pk)
    sql("DELETE FROM records_auditrow WHERE subject = %s", f"change:{applied.pk}")
    restart()
    assert proposed(team).pk == applied.pk
    put("records_auditrow", about)
    odd = f"Change {applied.pk} is not as the audit recorded it ("
    assert any(one.startswith(odd) for one in authority.differences())
