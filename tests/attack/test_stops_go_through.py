"""Rows put behind the audit's end, and a head that was moved: a market is stopped all the same.

The break is found and alerted, and nothing else is executed.
"""

import pytest
from django.conf import settings
from django.db.models import Q

from pilothouse.control import apply, authority, believed, preview, propose, reconciler, rounds
from pilothouse.control import reject as rejecting
from pilothouse.control.refusals import Refused
from pilothouse.language.kinds import MarketStatus
from pilothouse.records.checking import CHECKING
from pilothouse.watch import alerts
from pilothouse.wiring import founding_row
from tests.attack.forging import append_row
from tests.attack.putting_back import restart, sql
from tests.attack.reconciling import approved, exchange, previewed, raise_margin, team
from tests.control.conftest import NOON
from tests.control.doubles import PERPETUAL
from tests.watch.conftest import Looks

__all__ = ["approved", "exchange", "previewed", "raise_margin", "team"]
pytestmark = pytest.mark.django_db
COLUMNS = "number, at, actor, deed, subject, outcome, sentence, facts, before_hash, hash, seal"
HIGHEST = 2**63 - 1
LAST = "(SELECT max(number) FROM records_auditrow WHERE number < 1000000)"


def put(number, deed="query", subject="'archive'", hash="'0'", tail=""):
    words = f"'2026-11-23 12:00:00', 'machine', '{deed}', {subject}, 'done', 'x', '{{}}', '0'"
    asked = f"SELECT {number}, {words}, {hash}, '' {tail}"
    sql(f"INSERT INTO records_auditrow ({COLUMNS}) {asked}")


def move(what):
    sql(f"UPDATE records_audithead SET {what}")


def move_to_a_row(number):
    put(number, hash="'f'")
    move(f"number = {number}, hash = 'f'")


COUNTED = (
    "(WITH RECURSIVE a(n) AS (SELECT 1 UNION SELECT n + 1 FROM a WHERE n < 60) SELECT n FROM a)"
)
MOVED = {
    "a row right behind the end": lambda: put(f"{LAST} + 1"),
    "a row further behind it": lambda: put(f"{LAST} + 900"),
    "a row far behind it": lambda: put(f"{LAST} + 5000"),
    "the highest row": lambda: put(HIGHEST),
    "a row that cannot be read": lambda: put(f"{LAST} + 1", hash="CAST(x'ff' AS TEXT)"),
    "a number that is a text": lambda: put("'zzz'"),
    "a number that is bytes": lambda: put("x'ff'"),
    "rows about all changes to come": lambda: put(
        f"{LAST} + n", "reject", "'change:' || n", tail=f"FROM {COUNTED}"
    ),
    "far rows about all changes to come": lambda: put(
        f"{HIGHEST} - n", "reject", "'change:' || n", tail=f"FROM {COUNTED}"
    ),
    "the head one back": lambda: move("number = number - 1"),
    "the head at the row before": lambda: move(
        f"(number, hash) = (SELECT number, hash FROM records_auditrow WHERE number = {LAST} - 1)"
    ),
    "the head one on": lambda: move("number = number + 1"),
    "the head at the beginning": lambda: move("number = 0"),
    "the head at the end of all numbers": lambda: move(f"number = {HIGHEST}"),
    "the head at a far row": lambda: move_to_a_row(HIGHEST),
    "the head at a further row": lambda: move_to_a_row(f"{LAST} + 1"),
    "no head": lambda: sql("DELETE FROM records_audithead"),
    "a head that cannot be read": lambda: move("hash = CAST(x'ff' AS TEXT)"),
    "a head of bytes": lambda: move("hash = x'ff'"),
    "a head without a number": lambda: move("number = 'zzz'"),
}


@pytest.fixture
def begun(team, exchange):
    founding_row.begin(settings.PILOTHOUSE_HOME)
    yield team
    rounds.forget()


def stop(team):
    fields = {"market": PERPETUAL, "status": int(MarketStatus.CANCEL_ONLY)}
    change = propose.propose("market_status", fields, by=team.operator, why="odd", now=NOON)
    change = preview.first(change, by=team.operator, now=NOON)
    return apply.apply(change, by=team.operator, now=NOON)


def look():
    for _ in range(4):
        CHECKING.go_round()
    return CHECKING.broken()


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("how", MOVED)
def test_a_stop_goes_through_and_nothing_else_does(begun, exchange, approved, how, restarts):
    change = approved()
    compares = reconciler.Reconciler()
    compares.tick(NOON)
    assert not rounds.differences()
    MOVED[how]()
    if restarts:
        restart()
        assert look()
    assert stop(begun).state == "applied"
    assert look(), "it is found"
    compares.tick(NOON)
    assert rounds.differences()
    with pytest.raises(Refused, match=r"audit is not whole|not as the audit recorded"):
        apply.apply(change, by=begun.operator, now=NOON)
    assert [type(one.command).__name__ for one in exchange.sent] == ["SetMarketStatus"]


@pytest.mark.parametrize("how", MOVED)
def test_the_alert_is_raised(founded, how):
    looks = Looks()
    looks.look({}, times=1)
    MOVED[how]()
    looks.look({("journal_differences", "exchange"): 1}, times=3)
    assert [one.about for one in alerts.open_alerts()] == ["value"]


def test_a_stop_that_was_rejected_is_not_brought_back(begun, exchange):
    """By an emptied seal of the rejection, with a head moved before it, and a restart."""
    fields = {"market": PERPETUAL, "status": int(MarketStatus.CANCEL_ONLY)}
    change = propose.propose("market_status", fields, by=begun.operator, why="odd", now=NOON)
    change = preview.first(change, by=begun.operator, now=NOON)
    was = sql("SELECT state, state_reason, state_at FROM control_change WHERE id = %s", change.pk)
    rejecting.reject(change, "no", by=begun.risk, now=NOON)
    sql("UPDATE control_change SET state = %s, state_reason = %s, state_at = %s", *was[0])
    sql(f"UPDATE records_auditrow SET seal = '' WHERE number = {LAST}")
    MOVED["the head at the row before"]()
    restart()
    with pytest.raises(Refused):
        apply.apply(change, by=begun.operator, now=NOON)
    assert not exchange.sent


def test_a_row_of_strangers_that_the_head_follows_stops_no_later_change(begun, exchange, approved):
    assert apply.apply(approved(), by=begun.operator, now=NOON).state == "applied"
    append_row("machine", "query", "archive", {})
    assert stop(begun).state == "applied"
    assert look() is None, "its chain is whole"
    differing = [*authority.differences(), *believed.unsealed(Q())]
    assert any("was not written by this exchange" in one for one in differing)
