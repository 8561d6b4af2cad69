"""What the exchange told of our commands: the events of changes, by the change's number.

The follower replays the journal from its first block, so what is heard here is complete once it
has caught up, and needs no place of its own to be kept.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, Final

import numpy as np

from pilothouse.language.events import MarginScheduleSet, MarketStatusSet, PriceBandSet
from pilothouse.language.kinds import CauseKind
from pilothouse.language.rows import from_event_row
from pilothouse.language.schema import Event, as_json

GOVERNED_EVENTS: Final = (MarginScheduleSet, MarketStatusSet, PriceBandSet)
_NUMBERS: Final = np.array([one.number for one in GOVERNED_EVENTS])
_heard: Final[dict[int, dict[str, Any]]] = {}
_lock: Final = Lock()


def hear(span: Any) -> None:
    """Note the events of changes in a span of the journal. Called by the follower's thread."""
    if not len(span.events):
        return
    rows = span.events[np.isin(span.events[:, 0], _NUMBERS)]
    for row in rows:
        told = from_event_row(row)
        note(told.position, told.time, told.event)


def note(position: int, time_us: int, event: Event) -> None:
    """Note one event if a change caused it."""
    plain = as_json(event) | {"position": position, "time_us": time_us}
    if plain["cause"] == CauseKind.CHANGE:
        with _lock:
            _heard[position] = plain


def event_at(position: int) -> dict[str, Any] | None:
    """Return the event of the change's command at a position, or nothing if none was heard."""
    with _lock:
        return _heard.get(position)


def forget() -> None:
    """Forget everything: another exchange is connected."""
    with _lock:
        _heard.clear()
