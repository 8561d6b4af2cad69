"""Setting a market's status."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.margin import account_margin, accrued_funding, margin_at, notional
from pilothouse.engine.mark import restart_premium
from pilothouse.engine.markets import market_refusal
from pilothouse.engine.state import State
from pilothouse.language.kinds import MarketStatus
from pilothouse.language.refusals import (
    BASE_VERSION_HAS_MOVED,
    IMPACT_ABOVE_WHAT_WAS_SIGNED,
    MARKET_IS_NOT_EMPTY,
    STATUS_MOVE_IS_NOT_ALLOWED,
)
from pilothouse.rules.compiled import entry, inner
from pilothouse.rules.market_status import executes, move_is_allowed

CONCERNED = 4
"""How many numbers say who is in a contract."""


@inner
def set_market_status(s: State, c: Any) -> int:
    """Move a market to a status as a command asks; return a refusal or 0."""
    refused = market_refusal(s, c.market)
    if refused != 0:
        return refused
    m = s.markets[c.market]
    if c.base_version != m.status_version:
        return BASE_VERSION_HAS_MOVED
    if not move_is_allowed(m.status, c.status):
        return STATUS_MOVE_IS_NOT_ALLOWED
    if c.status == MarketStatus.DELISTED and not _is_empty(s, c.market):
        return MARKET_IS_NOT_EMPTY
    accounts, reached = count_reached(s, c.market, c.status)
    if _is_above(accounts, c.accounts_below_maintenance_max):
        return IMPACT_ABOVE_WHAT_WAS_SIGNED
    if _is_above(reached, c.notional_below_maintenance_max):
        return IMPACT_ABOVE_WHAT_WAS_SIGNED
    before = m.status
    if executes(c.status) and not executes(before):
        restart_premium(s, c.market)
    m.status = c.status
    m.status_version += 1
    emit.market_status_set(
        s, 0, c.market, c.status, before, m.status_version, accounts, reached, c.cause, c.cause_id
    )
    return 0


@inner
def _is_empty(s: State, market: int) -> bool:
    # Nobody holds a position, and no order rests.
    m = s.markets[market]
    return m.positions_open == 0 and s.books[m.bids].highest == 0 and s.books[m.asks].lowest == 0


@inner
def _is_above(count: int, limit: int) -> bool:
    return 0 <= limit and limit < count


@inner
def count_reached(s: State, market: int, status: int) -> tuple[int, int]:
    """Return whom liquidation reaches once a market executes again: accounts with a position in
    it that are below maintenance margin, and their notional (micro-dollars).

    They are below it at the mark, or at the index, where the premium starts anew then. Nobody
    where the market executes already, or still does not.
    """
    accounts = 0
    reached = 0
    if executes(s.markets[market].status) or not executes(status):
        return accounts, reached
    at_index = max(1, s.markets[market].index) if s.markets[market].mark != 0 else 0
    row = s.markets[market].positions_first
    while row != 0:
        account = s.positions[row].account
        equity, _, _, maintenance, size, _ = account_margin(s, account, 0, 0)
        left, _, _, needed, _, _ = margin_at(s, account, market, 0, at_index)
        is_reached = equity < maintenance or left < needed
        accounts += 1 if is_reached else 0
        reached += size if is_reached else 0
        row = s.positions[row].next
    return accounts, reached


@entry
def read_reached(s: State, market: int, status: int, out: Any) -> None:
    """Write into `out` the accounts and the notional that the command counts."""
    out[0], out[1] = count_reached(s, market, status)


@entry
def read_concerned(s: State, market: int, out: Any) -> None:
    """Write into `out` who is in a contract: accounts with a position, open interest at the mark,
    accounts of these in equity protection, and the funding they have accrued and must pay
    (micro-dollars). All 0 for an unknown market and for spot.
    """
    if market_refusal(s, market) != 0:
        return
    out[1] = notional(s, market, s.markets[market].open_interest)
    row = s.markets[market].positions_first
    while row != 0:
        out[0] += 1
        out[2] += 1 if s.accounts[s.positions[row].account].protection != 0 else 0
        out[3] += max(0, -accrued_funding(s, row))
        row = s.positions[row].next
