"""What became of market statuses, heard from the exchange itself: by whom does not matter.

The follower replays the journal from its first block, so what is heard here is complete once it
has caught up, and needs no place of its own to be kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, Final

from pilothouse.language.events import MarketStatusSet
from pilothouse.language.kinds import CauseKind, MarketStatus
from pilothouse.language.rows import from_event_row

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_lock: Final = Lock()


@dataclass(frozen=True)
class StatusMove:
    """A market's status changed. `change` is the change that caused it, 0 if none did."""

    at: datetime
    market: int
    before: MarketStatus
    status: MarketStatus
    change: int


_heard: Final[list[StatusMove]] = []


def hear(span: Any) -> None:
    """Note the status moves of a span of the journal. Called by the follower's thread."""
    if not len(span.events):
        return
    for row in span.events[span.events[:, 0] == MarketStatusSet.number]:
        told = from_event_row(row)
        assert isinstance(told.event, MarketStatusSet)
        note(told.time, told.event)


def note(time_us: int, event: MarketStatusSet) -> None:
    """Note one move at a time in microseconds since the epoch."""
    change = event.cause_id if event.cause == CauseKind.CHANGE else 0
    at = EPOCH + timedelta(microseconds=time_us)
    move = StatusMove(
        at, event.market, MarketStatus(event.before), MarketStatus(event.status), change
    )
    with _lock:
        _heard.append(move)


def between(markets: Iterable[int], start: datetime, end: datetime) -> list[StatusMove]:
    """Return the moves of markets between two moments, oldest first."""
    wanted = set(markets)
    with _lock:
        return [one for one in _heard if one.market in wanted and start <= one.at <= end]


def forget() -> None:
    """Forget everything: another exchange is connected."""
    with _lock:
        _heard.clear()
