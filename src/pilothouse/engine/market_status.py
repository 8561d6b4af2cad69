"""Setting a market's status."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.margin import account_margin
from pilothouse.engine.markets import market_refusal
from pilothouse.engine.state import State
from pilothouse.language.refusals import (
    BASE_VERSION_HAS_MOVED,
    IMPACT_ABOVE_WHAT_WAS_SIGNED,
    STATUS_MOVE_IS_NOT_ALLOWED,
)
from pilothouse.rules.compiled import entry, inner
from pilothouse.rules.market_status import executes, move_is_allowed


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
    accounts, notional = count_reached(s, c.market, c.status)
    if _is_above(accounts, c.accounts_below_maintenance_max):
        return IMPACT_ABOVE_WHAT_WAS_SIGNED
    if _is_above(notional, c.notional_below_maintenance_max):
        return IMPACT_ABOVE_WHAT_WAS_SIGNED
    before = m.status
    m.status = c.status
    m.status_version += 1
    emit.market_status_set(
        s, 0, c.market, c.status, before, m.status_version, accounts, notional, c.cause, c.cause_id
    )
    return 0


@inner
def _is_above(count: int, limit: int) -> bool:
    return 0 <= limit and limit < count


@inner
def count_reached(s: State, market: int, status: int) -> tuple[int, int]:
    """Return whom liquidation reaches once a market executes again: accounts with a position in
    it that are below maintenance margin, and their notional (micro-dollars).

    Nobody where the market executes already, or still does not.
    """
    accounts = 0
    notional = 0
    if executes(s.markets[market].status) or not executes(status):
        return accounts, notional
    for row in range(1, s.exchange[0].positions_used + 1):
        p = s.positions[row]
        if p.market == market and p.quantity != 0:
            equity, _, _, maintenance, size = account_margin(s, p.account, 0, 0)
            accounts += 1 if equity < maintenance else 0
            notional += size if equity < maintenance else 0
    return accounts, notional


@entry
def read_reached(s: State, market: int, status: int, out: Any) -> None:
    """Write into `out` the accounts and the notional that the command counts."""
    out[0], out[1] = count_reached(s, market, status)
