"""Reopening: the stages in which a market that was stopped takes orders again.

Makers first build a book nobody can hit (post_only), then limit orders trade, then all. Between
two stages the market has to be well for a while; `conditions.py` says what that means.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pilothouse.control.kinds.kind import Fields, PlannedStep
from pilothouse.language.kinds import MarketStatus
from pilothouse.rules.market_status import MOVES

OPENING: Final = (MarketStatus.POST_ONLY, MarketStatus.LIMIT_ONLY, MarketStatus.ONLINE)
CONDITIONS: Final[dict[MarketStatus, tuple[str, ...]]] = {
    MarketStatus.POST_ONLY: ("index_is_live", "replica_is_fresh"),
    MarketStatus.LIMIT_ONLY: ("index_is_live", "replica_is_fresh", "book_has_both_sides"),
    MarketStatus.ONLINE: (
        "index_is_live",
        "replica_is_fresh",
        "book_has_both_sides",
        "nobody_waits_for_protection",
    ),
}
"""What must hold before a market enters a stage."""
STAGES_APART: Final = timedelta(minutes=2)
SOAK_S: Final = 60
"""How long the conditions of a later stage must have held without a break."""


def way(before: int, after: int) -> tuple[MarketStatus, ...]:
    """Return the statuses that lead from one to another: one if that is allowed at once, the
    stages of an opening if those lead there, none if there is no way.
    """
    if after in MOVES[MarketStatus(before)]:
        return (MarketStatus(after),)
    return slow_way(before, after)


def slow_way(before: int, after: int) -> tuple[MarketStatus, ...]:
    """Return the stages of an opening from one status to another, none if they lead elsewhere."""
    if after not in OPENING:
        return ()
    behind = OPENING.index(MarketStatus(before)) + 1 if before in OPENING else 0
    stages = OPENING[behind : OPENING.index(MarketStatus(after)) + 1]
    allowed = bool(stages) and stages[0] in MOVES[MarketStatus(before)]
    return stages if allowed else ()


def stages(
    fields: Fields, statuses: Sequence[MarketStatus], now: datetime
) -> tuple[PlannedStep, ...]:
    """Return the plan that leads a market through statuses; a single one is no stage."""
    if len(statuses) < 2:
        return (PlannedStep(fields),)
    return tuple(
        PlannedStep(
            fields | {"status": int(status)},
            not_before=now + place * STAGES_APART if place else None,
            conditions=CONDITIONS[status],
            soak_s=SOAK_S if place else 0,
        )
        for place, status in enumerate(statuses)
    )


def said(steps: Sequence[PlannedStep]) -> str:
    """Return the stages of a plan in words."""
    return ", then ".join(MarketStatus(one.fields["status"]).name.lower() for one in steps)
