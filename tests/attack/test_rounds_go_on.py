"""The round over the whole audit begins again, however steadily new rows come."""

import pytest
from django.conf import settings

from pilothouse.records import audit
from pilothouse.records.checking import CHECKING
from pilothouse.wiring import founding_row
from tests.attack.putting_back import each_deed_is_committed, sql
from tests.attack.reconciling import team

__all__ = ["each_deed_is_committed", "team"]
pytestmark = pytest.mark.django_db
PIECE = 10


def later_rows(many):
    for _ in range(many):
        audit.write("machine", "query", "archive", "a later row")


@pytest.fixture
def followed(team, monkeypatch):
    """An audit of more than four pieces, that was followed to its end."""
    monkeypatch.setattr("pilothouse.records.checking.PIECE", PIECE)
    founding_row.begin(settings.PILOTHOUSE_HOME)
    later_rows(4 * PIECE)
    for _ in range(8):
        CHECKING.go_round()
    assert CHECKING.verdict().whole


SPOILT = {
    "deleted": "DELETE FROM records_auditrow WHERE number = 15",
    "changed": "UPDATE records_auditrow SET sentence = 'another' WHERE number = 15",
}


@pytest.mark.parametrize("a_tick", [0, 1, PIECE - 1])
@pytest.mark.parametrize("looked_at", [False, True])
@pytest.mark.parametrize("how", SPOILT)
def test_a_row_of_long_ago_is_missed_whatever_is_new(followed, how, looked_at, a_tick):
    for _ in range(3):
        later_rows(a_tick)
        CHECKING.go_round()
    sql(SPOILT[how])
    for _ in range(20):
        later_rows(a_tick)
        CHECKING.go_round()
        if looked_at:
            CHECKING.verdict()
    assert CHECKING.broken() is not None and CHECKING.broken().broken_at == 15


@pytest.mark.parametrize("a_tick", [1, PIECE - 1])
def test_what_is_new_is_followed_in_every_tick(followed, a_tick):
    for _ in range(12):
        later_rows(a_tick)
        CHECKING.go_round()
        assert CHECKING._rows == audit.head()[0]
    later_rows(2)
    sql("UPDATE records_auditrow SET sentence = 'another' WHERE number = %s", audit.head()[0] - 1)
    CHECKING.go_round()
    assert CHECKING.broken().broken_at == audit.head()[0] - 1


def test_a_chain_that_was_made_anew_behind_a_round_is_another_one(followed):
    later_rows(1)
    CHECKING.go_round()
    CHECKING._goal = (CHECKING._goal[0], "f" * 64)
    for _ in range(8):
        CHECKING.go_round()
    assert "another one" in CHECKING.broken().reason
