"""Doors: where a sender's names begin, given by the journal and never by a clock."""

from __future__ import annotations

from typing import Any

from pilothouse.engine.state import State
from pilothouse.language.names import SENDERS_MAX
from pilothouse.language.refusals import EXCHANGE_IS_NOT_CREATED, UNKNOWN_SENDER
from pilothouse.rules.compiled import inner


@inner
def open_door(s: State, c: Any) -> tuple[int, int]:
    """Open the sender's door; return (refusal, the `hi` of its names from now on).

    A sender that never opened it may have used names before: the ring says which was the highest.
    """
    if c.sender < 1 or c.sender >= SENDERS_MAX:
        return UNKNOWN_SENDER, 0
    if s.exchange[0].created == 0:
        return EXCHANGE_IS_NOT_CREATED, 0
    door = s.doors[c.sender]
    if door.hi == 0:
        names = s.exchange[0].names
        for k in range(c.sender * names, (c.sender + 1) * names):
            if s.names[k].hi > door.hi:
                door.hi = s.names[k].hi
    door.hi += 1
    door.opened_at = s.exchange[0].time
    return 0, door.hi
