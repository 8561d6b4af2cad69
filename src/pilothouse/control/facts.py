"""What the exchange told of our commands: the events of changes, by the change's number.

What was told before this process began is looked up in the journal, so it needs no place of its
own to be kept.
"""

from __future__ import annotations

from collections.abc import Callable
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
_look_back: Final[list[Callable[[int], Any] | None]] = [None]
_lock: Final = Lock()


def hear(span: Any) -> None:
    """Note the events of changes in a span of the journal. Called by the follower's thread."""
    if not len(span.events):
        return
    _note_rows(span.events)


def _note_rows(events: Any) -> None:
    for row in events[np.isin(events[:, 0], _NUMBERS)]:
        told = from_event_row(row)
        note(told.position, told.time, told.event)


def note(position: int, time_us: int, event: Event) -> None:
    """Note one event if a change caused it."""
    plain = as_json(event) | {"position": position, "time_us": time_us}
    if plain["cause"] == CauseKind.CHANGE:
        with _lock:
            _heard[position] = plain


def event_at(position: int) -> dict[str, Any] | None:
    """Return the event of the change's command at a position, or nothing if there is none."""
    with _lock:
        heard, look_back = _heard.get(position), _look_back[0]
    if heard is None and look_back is not None:
        _note_rows(look_back(position))
        with _lock:
            heard = _heard.get(position)
    return heard


def forget(look_back: Callable[[int], Any] | None = None) -> None:
    """Forget everything: another exchange is connected, and `look_back` reads its journal.

    It is given a command's position and returns the events of that command as rows.
    """
    with _lock:
        _heard.clear()
        _look_back[0] = look_back
