"""A stop that was rejected is not brought back behind a gap that was cut into the audit.

Somebody takes out more rows than may be free before a row counts no more, the rejection with
them, and puts the head before them while the console restarts. A new stop still goes through.
"""

import pytest

from pilothouse.control import apply, arm, preview, propose, reject, unbroken, worker
from pilothouse.control.models import Change
from pilothouse.language.kinds import MarketStatus
from pilothouse.records import audit
from pilothouse.records.checking import CHECKING
from pilothouse.records.models import AuditRow
from tests.attack.putting_back import (
    LATER,
    begun,
    changes_of,
    each_deed_is_committed,
    exchanger,
    keep,
    put_back,
    sql,
    started,
)
from tests.attack.reconciling import approved, exchange, journal, previewed, raise_margin, team
from tests.attack.test_far_rows import ROWS
from tests.attack.test_stops_go_through import MOVED
from tests.control.conftest import NOON
from tests.control.doubles import PERPETUAL

__all__ = [
    "approved",
    "begun",
    "each_deed_is_committed",
    "exchange",
    "exchanger",
    "journal",
    "previewed",
    "raise_margin",
    "team",
]
pytestmark = pytest.mark.django_db
FREE = 40
TAKEN = FREE + 1
FIRST_QUERY = "SELECT min(number) FROM records_auditrow WHERE deed = 'query'"


@pytest.fixture(autouse=True)
def a_small_gap(monkeypatch):
    """As many rows more as a release leaves would say nothing else."""
    monkeypatch.setattr(audit, "GAP_MOST", FREE)


def later_rows(many):
    for _ in range(many):
        audit.write("machine", "query", "archive", "a later row")


def proposed(team):
    fields = {"market": PERPETUAL, "status": int(MarketStatus.CANCEL_ONLY)}
    stop = propose.propose("market_status", fields, by=team.operator, why="odd", now=NOON)
    return preview.first(stop, by=team.operator, now=NOON)


def exchanged(exchanger):
    exchanger.clock.now += 1_000
    assert exchanger.exchange(NOON)


@pytest.fixture
def rejected(begun, team, exchanger):
    """A stop that was armed and rejected; its rows of before are put back by `attack`."""
    later_rows(1)
    exchanger.tick(NOON)
    stop = arm.arm(proposed(team), by=team.operator, now=NOON)
    keep()
    end = audit.head()
    reject.reject(stop, "no", by=team.risk, now=NOON)
    return stop, end


def attack(end, taken=TAKEN):
    number, told = end
    sql("DELETE FROM records_auditrow WHERE number > %s AND number <= %s", number, number + taken)
    sql("UPDATE records_audithead SET number = %s, hash = %s", number, told)
    put_back()


def nothing(end):
    """Only the rows are taken."""


def unsealed_behind(end):
    sql("UPDATE records_auditrow SET seal = '' WHERE number > %s", end[0])


def unreadable_behind(end):
    sql("UPDATE records_auditrow SET sentence = CAST(x'ff' AS TEXT) WHERE number > %s", end[0])


def rows_around(end):
    sql(ROWS, 100, end[0] + 500)
    sql(ROWS, 100, end[0] + 900_000)


def unchained_before(end):
    sql(f"DELETE FROM records_auditrow WHERE number = ({FIRST_QUERY})")
    for _ in range(4):
        CHECKING.go_round()
    assert CHECKING.broken() is not None


BESIDES = (nothing, unsealed_behind, unreadable_behind, rows_around, unchained_before)


def is_not_sent(stop, exchange):
    worker.tick(LATER)
    assert unbroken.why_broken(Change.objects.get(pk=stop.pk))
    assert not changes_of(exchange)


def a_new_one_goes_through(team, exchange):
    assert apply.apply(proposed(team), by=team.operator, now=LATER).state == "applied"
    assert [type(one.command).__name__ for one in changes_of(exchange)] == ["SetMarketStatus"]


@pytest.mark.parametrize("besides", BESIDES)
@pytest.mark.parametrize("taken", [FREE // 2, TAKEN])
def test_a_gap_with_the_rejection_in_it(rejected, team, exchange, exchanger, taken, besides):
    stop, end = rejected
    later_rows(TAKEN + 30)
    exchanged(exchanger)
    attack(end, taken)
    if besides is not unchained_before:
        besides(end)
    again = started(exchanger)
    if besides is unchained_before:
        besides(end)
    worker.tick(LATER)
    again.tick(NOON)
    is_not_sent(stop, exchange)
    a_new_one_goes_through(team, exchange)


def test_rows_that_the_journal_does_not_hold_are_seen_by_their_seals(rejected, team, exchange):
    stop, end = rejected
    later_rows(TAKEN + 30)
    attack(end)
    CHECKING.forget()
    unbroken.forget()
    is_not_sent(stop, exchange)


def test_all_behind_it_is_cut_beside_an_earlier_break(rejected, team, exchange, exchanger):
    stop, end = rejected
    exchanged(exchanger)
    attack(end)
    again = started(exchanger)
    unchained_before(end)
    worker.tick(LATER)
    assert not changes_of(exchange), "it waits until the heads are compared"
    again.tick(NOON)
    is_not_sent(stop, exchange)
    a_new_one_goes_through(team, exchange)


def test_a_stop_that_was_rejected_while_the_audit_was_broken(begun, team, exchange, exchanger):
    """The journal holds the break, and no row behind it."""
    later_rows(1)
    exchanger.tick(NOON)
    unchained_before(None)
    exchanger.tick(NOON)
    stop = arm.arm(proposed(team), by=team.operator, now=NOON)
    keep()
    end = audit.head()
    reject.reject(stop, "no", by=team.risk, now=NOON)
    attack(end)
    again = started(exchanger)
    again.tick(NOON)
    is_not_sent(stop, exchange)
    a_new_one_goes_through(team, exchange)


def test_what_the_journal_holds_is_cut_right_after_the_comparison(
    rejected, team, exchange, exchanger
):
    stop, end = rejected
    exchanged(exchanger)
    again = started(exchanger)
    again._held.look()
    attack(end)
    is_not_sent(stop, exchange)
    a_new_one_goes_through(team, exchange)


@pytest.mark.parametrize("how", MOVED)
def test_what_was_put_there_is_compared_and_a_stop_goes_through(
    begun, team, exchange, exchanger, how
):
    exchanger.tick(NOON)
    MOVED[how]()
    again = started(exchanger)
    again.tick(NOON)
    assert again.is_compared
    a_new_one_goes_through(team, exchange)


def test_a_stop_that_was_rejected_behind_a_cut_is_not_brought_back_in_the_same_process(
    begun, team, exchange, exchanger
):
    later_rows(3)
    exchanger.tick(NOON)
    last, _ = audit.head()
    before = AuditRow.objects.get(number=last - 1)
    sql("DELETE FROM records_auditrow WHERE number = %s", last)
    sql("UPDATE records_audithead SET number = %s, hash = %s", before.number, before.hash)
    later_rows(2)
    stop = arm.arm(proposed(team), by=team.operator, now=NOON)
    keep()
    number, told = audit.head()
    reject.reject(stop, "no", by=team.risk, now=NOON)
    sql("DELETE FROM records_auditrow WHERE number > %s", number)
    sql("UPDATE records_audithead SET number = %s, hash = %s", number, told)
    put_back()
    assert unbroken.why_broken(Change.objects.get(pk=stop.pk))
    worker.tick(LATER)
    assert not changes_of(exchange)
