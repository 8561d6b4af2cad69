"""How many changes one person proposes: so many open, so many a day.

Everybody reads the list of changes, and each change adds rows to the audit. A stop that one person
may do alone has as much room again, so that a long list keeps nobody from halting a market.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from pilothouse.access.models import Person
from pilothouse.control.kinds.kind import Direction
from pilothouse.control.models import Change
from pilothouse.control.moves import OPEN
from pilothouse.control.refusals import TOO_MANY_OPEN, TOO_MANY_TODAY, Refused

OPEN_MOST: Final = 50
"""Open changes of one person."""
A_DAY_MOST: Final = 200
"""Changes that one person proposes within a day."""
DAY: Final = timedelta(days=1)
ROOM_OF_STOPS: Final = 2


def is_stop(change: Change) -> bool:
    """Tell whether a change stops something and needs no second person."""
    return change.change_class == "A" and change.direction == Direction.PROTECTS


def refuse_too_many(change: Change, by: Person, now: datetime) -> None:
    """Raise Refused if a change that was just opened is one too many of its proposer."""
    times = ROOM_OF_STOPS if is_stop(change) else 1
    mine = Change.objects.filter(proposer=by)
    if mine.filter(state__in=OPEN).count() > OPEN_MOST * times:
        raise Refused(TOO_MANY_OPEN, f"{OPEN_MOST * times} are open")
    if mine.filter(proposed_at__gt=now - DAY).count() > A_DAY_MOST * times:
        raise Refused(TOO_MANY_TODAY, f"{A_DAY_MOST * times} within a day")
