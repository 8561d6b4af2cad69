"""Market statuses: which orders each takes, and the moves between them.

Cancels work in every status. Liquidations need a market that trades: as at Kraken there are no
executions, and so no liquidations, in post_only, cancel_only, halted and delisted. One person may
stop, two must resume: that is change control's business; here stand the moves themselves.
"""

from __future__ import annotations

from pilothouse.language.kinds import MarketStatus, OrderType
from pilothouse.language.refusals import (
    MARKET_IS_CANCEL_ONLY,
    MARKET_IS_HALTED,
    MARKET_IS_LIMIT_ONLY,
    MARKET_IS_POST_ONLY,
)
from pilothouse.rules.compiled import inlined, kernel

MOVES: dict[MarketStatus, tuple[MarketStatus, ...]] = {
    MarketStatus.ONLINE: (
        MarketStatus.POST_ONLY,
        MarketStatus.LIMIT_ONLY,
        MarketStatus.REDUCE_ONLY,
        MarketStatus.CANCEL_ONLY,
        MarketStatus.HALTED,
    ),
    MarketStatus.POST_ONLY: (
        MarketStatus.ONLINE,
        MarketStatus.LIMIT_ONLY,
        MarketStatus.REDUCE_ONLY,
        MarketStatus.CANCEL_ONLY,
        MarketStatus.HALTED,
    ),
    MarketStatus.LIMIT_ONLY: (
        MarketStatus.ONLINE,
        MarketStatus.POST_ONLY,
        MarketStatus.REDUCE_ONLY,
        MarketStatus.CANCEL_ONLY,
        MarketStatus.HALTED,
    ),
    MarketStatus.REDUCE_ONLY: (
        MarketStatus.ONLINE,
        MarketStatus.POST_ONLY,
        MarketStatus.LIMIT_ONLY,
        MarketStatus.CANCEL_ONLY,
        MarketStatus.HALTED,
    ),
    MarketStatus.CANCEL_ONLY: (
        MarketStatus.POST_ONLY,
        MarketStatus.LIMIT_ONLY,
        MarketStatus.REDUCE_ONLY,
        MarketStatus.HALTED,
        MarketStatus.DELISTED,
    ),
    MarketStatus.HALTED: (
        MarketStatus.POST_ONLY,
        MarketStatus.CANCEL_ONLY,
        MarketStatus.REDUCE_ONLY,
    ),
    MarketStatus.DELISTED: (),
}
"""From each status to which. A halted market resumes through post_only; delisted is the end."""

# The same table as one word of bits a status, which compiled code can read.
_MOVES = tuple(
    sum(1 << target for target in MOVES.get(status, ())) if status else 0
    for status in (0, *MarketStatus)
)


@kernel
def move_is_allowed(before: int, after: int) -> bool:
    """Tell whether a market may go from one status to another."""
    if before < 1 or before > 7 or after < 1 or after > 7:
        return False
    return (_MOVES[before] >> after) & 1 == 1


@inlined
def order_refusal(status: int, order_type: int, post_only: bool) -> int:
    """Return why a status does not take an order, or 0. Reduce-only is judged by the engine."""
    if status == MarketStatus.ONLINE or status == MarketStatus.REDUCE_ONLY:
        return 0
    if status == MarketStatus.HALTED or status == MarketStatus.DELISTED:
        return MARKET_IS_HALTED
    if status == MarketStatus.CANCEL_ONLY:
        return MARKET_IS_CANCEL_ONLY
    if status == MarketStatus.POST_ONLY and not post_only:
        return MARKET_IS_POST_ONLY
    if status == MarketStatus.LIMIT_ONLY and order_type != OrderType.LIMIT:
        return MARKET_IS_LIMIT_ONLY
    return 0


@kernel
def takes(status: int, order_type: int, post_only: bool, reduces: bool) -> bool:
    """Tell whether a status takes a sort of order: its type, post-only, reduce-only."""
    if status == MarketStatus.REDUCE_ONLY and not reduces:
        return False
    return order_refusal(status, order_type, post_only) == 0


@kernel
def executes(status: int) -> bool:
    """Tell whether trades, and so liquidations, happen in a status."""
    return (
        status == MarketStatus.ONLINE
        or status == MarketStatus.LIMIT_ONLY
        or status == MarketStatus.REDUCE_ONLY
    )
