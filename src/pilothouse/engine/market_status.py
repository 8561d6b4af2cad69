"""Setting a market's status."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.markets import market_refusal
from pilothouse.engine.state import State
from pilothouse.language.refusals import BASE_VERSION_HAS_MOVED, STATUS_MOVE_IS_NOT_ALLOWED
from pilothouse.rules.compiled import inner
from pilothouse.rules.market_status import move_is_allowed


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
    before = m.status
    m.status = c.status
    m.status_version += 1
    emit.market_status_set(s, 0, c.market, c.status, before, m.status_version, c.cause, c.cause_id)
    return 0
