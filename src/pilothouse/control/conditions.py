"""Conditions: what must be true of a market before a stage of a plan is sent, and for how long.

They are signed with the plan and looked at once a second. A second in which nobody looked counts
as one in which they did not hold: what is not known never lets a market go on. So a process that
begins anew has seen nothing yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pilothouse.control.models import ChangeStep
from pilothouse.control.ports import MarketFacts, Reader
from pilothouse.language.kinds import MarketKind

SOURCES_LEAST: Final = 2
"""An index of one source alone is not trusted."""
REPLICA_LATE_S: Final = 5
UNWATCHED_MAX: Final = timedelta(seconds=5)
"""A longer pause between two looks breaks the soak."""


@dataclass(frozen=True)
class Condition:
    """One condition: what people call it, and why it does not hold now, empty if it does."""

    label: str
    unmet: Callable[[MarketFacts, Reader, datetime], str]


def _index(market: MarketFacts, reader: Reader, now: datetime) -> str:
    if market.kind == MarketKind.SPOT:
        return ""
    live = reader.sources_live(market.number)
    return "" if live >= SOURCES_LEAST else f"{live} of at least {SOURCES_LEAST} sources are live"


def _replica(market: MarketFacts, reader: Reader, now: datetime) -> str:
    late_s = int(now.timestamp()) - reader.time() // 1_000_000
    return "" if late_s <= REPLICA_LATE_S else f"the replica is {late_s} s behind"


def _book(market: MarketFacts, reader: Reader, now: datetime) -> str:
    missing = [side for side, best in (("bid", market.bid), ("ask", market.ask)) if not best]
    if missing:
        return f"the book has no {' and no '.join(missing)}"
    return "" if market.bid < market.ask else "the book is crossed"


def _protection(market: MarketFacts, reader: Reader, now: datetime) -> str:
    # Of this market alone: a client who waits in another one must not keep this one shut.
    waiting = reader.accounts_waiting(market.number)
    return f"{waiting} of its holders wait for equity protection" if waiting else ""


CONDITIONS: Final[dict[str, Condition]] = {
    "index_is_live": Condition("the index is live on at least two sources", _index),
    "replica_is_fresh": Condition("the replica follows the exchange", _replica),
    "book_has_both_sides": Condition("the book has both sides and is not crossed", _book),
    "nobody_waits_for_protection": Condition(
        "none of its holders waits for equity protection", _protection
    ),
}
"""Every condition by the name under which it is signed."""


@dataclass(frozen=True)
class Watched:
    """Since when the conditions of a step held at a look, None if they did not, and the look.

    `waits_for` says in words what was waited for; empty for nothing.
    """

    held_since: datetime | None
    at: datetime
    waits_for: str


_watched: Final[dict[int, Watched]] = {}
"""What this process saw, by the step's row; what that row says is not read."""


def forget() -> None:
    """Forget what was watched: another exchange is connected."""
    _watched.clear()


def watch(step: ChangeStep, reader: Reader, now: datetime) -> str:
    """Note whether the conditions of a step hold; return what it waits for, empty for nothing."""
    unmet = _unmet(step, reader, now)
    before = _watched.get(step.pk)
    held_since = None if unmet else _unbroken(before, now) or now
    _watched[step.pk] = Watched(held_since, now, "")
    waits_for = unmet or _soaks(step, now)
    _watched[step.pk] = Watched(held_since, now, waits_for)
    step.held_since, step.watched_at, step.waits_for = held_since, now, waits_for
    step.save(update_fields=["held_since", "watched_at", "waits_for"])
    return waits_for


def seen_waiting_for(step: ChangeStep) -> str:
    """Return what a step waited for when this process last looked; empty if it never did."""
    seen = _watched.get(step.pk)
    return seen.waits_for if seen else ""


def _unbroken(seen: Watched | None, now: datetime) -> datetime | None:
    fresh = seen is not None and now - seen.at <= UNWATCHED_MAX
    return seen.held_since if seen is not None and fresh else None


def why_waiting(step: ChangeStep, reader: Reader, now: datetime) -> str:
    """Return what a step waits for, as far as it has been watched; empty for nothing."""
    return _unmet(step, reader, now) or _soaks(step, now)


def _unmet(step: ChangeStep, reader: Reader, now: datetime) -> str:
    if not step.conditions:
        return ""
    market = reader.market(step.fields["market"])
    if market is None:
        return "there is no such market"
    found = [CONDITIONS[name].unmet(market, reader, now) for name in step.conditions]
    return "; ".join(one for one in found if one)


def _soaks(step: ChangeStep, now: datetime) -> str:
    if not step.soak_s:
        return ""
    since = _unbroken(_watched.get(step.pk), now)
    held = now - since if since else timedelta(0)
    left = timedelta(seconds=step.soak_s) - held
    return (
        f"all conditions hold; {-(-left // timedelta(seconds=1))} s more"
        if left > timedelta(0)
        else ""
    )
