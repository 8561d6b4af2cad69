"""Two open changes that touch the same object."""

import pytest

from pilothouse.control import apply, preview, propose, withdraw
from pilothouse.control.moves import State
from pilothouse.control.refusals import CONFLICT_IS_OPEN, Refused
from pilothouse.language.kinds import MarketStatus
from pilothouse.records import audit
from tests.control.conftest import NOON, wish


def test_the_later_is_conflicted_and_both_are_told(team, exchange, approved, raise_margin):
    first = approved()
    second = raise_margin(wish(5, 3))
    assert second.state == State.CONFLICTED
    first.refresh_from_db()
    assert first.state == State.APPROVED
    for change in (first, second):
        assert "conflict" in [row.deed for row in audit.rows_about(change.subject)]


def test_it_waits_until_the_other_is_over(team, exchange, previewed, raise_margin):
    first, second = previewed(), raise_margin(wish(5, 3))
    with pytest.raises(Refused) as refused:
        preview.first(second, by=team.operator, now=NOON)
    assert refused.value.reason is CONFLICT_IS_OPEN
    withdraw.withdraw(first, by=team.operator, now=NOON)
    assert preview.first(second, by=team.operator, now=NOON).state == State.PREVIEWED


def test_different_objects_do_not_conflict(team, exchange, previewed):
    previewed()
    fields = {"market": 1, "band_ppm": 30_000}
    change = propose.propose("price_band", fields, by=team.operator, why="x", now=NOON)
    assert change.state == State.PROPOSED


def test_a_stop_is_not_kept_waiting(team, exchange):
    post_only = {"market": 1, "status": int(MarketStatus.DELISTED)}
    exchange.market(1).status = MarketStatus.CANCEL_ONLY
    waiting = propose.propose("market_status", post_only, by=team.operator, why="x", now=NOON)
    halt = {"market": 1, "status": int(MarketStatus.HALTED)}
    change = propose.propose("market_status", halt, by=team.risk, why="hack", now=NOON)
    waiting.refresh_from_db()
    assert (change.state, waiting.state) == (State.PROPOSED, State.CONFLICTED)
    change = preview.first(change, by=team.risk, now=NOON)
    assert apply.apply(change, by=team.operator, now=NOON).state == State.APPLIED
