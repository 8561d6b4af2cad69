"""How many changes one person proposes, edits and previews: so many open, an hour and a day.

Everybody reads the list of changes, and each change, edit and preview adds rows for ever. A stop
that one person may do alone has as much room again, so that a long list keeps nobody from halting
a market, and is previewed however much else was.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from pilothouse.access.models import Person
from pilothouse.control.kinds.kind import Direction
from pilothouse.control.models import Change
from pilothouse.control.moves import OPEN, Verb
from pilothouse.control.refusals import (
    TOO_MANY_EDITS,
    TOO_MANY_OPEN,
    TOO_MANY_PREVIEWS,
    TOO_MANY_TODAY,
    Refused,
)
from pilothouse.records import audit
from pilothouse.records.counted import count
from pilothouse.records.models import AuditRow

OPEN_MOST: Final = 50
"""Open changes of one person."""
A_DAY_MOST: Final = 200
"""Changes that one person proposes within a day."""
EDITS_OF_ONE: Final = 50
"""Edits of one change within a day, other times for its steps included."""
EDITS_A_DAY: Final = 300
"""Edits of one person within a day, of whatever changes."""
PREVIEWS_AN_HOUR: Final = 20
"""Previews of one change by one person within an hour: a preview lasts as long."""
PREVIEWS_A_DAY: Final = 500
"""Previews of one person within a day, of whatever changes."""
HOUR: Final = timedelta(hours=1)
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


def refuse_too_many_edits(change: Change, by: Person, now: datetime) -> None:
    """Raise Refused if a person has edited this change, or all together, too often already."""
    times = ROOM_OF_STOPS if is_stop(change) else 1
    mine = _done_by(by, (Verb.EDIT, Verb.SCHEDULE), now).filter(at__gt=now - DAY)
    if count(mine.filter(subject=change.subject), EDITS_OF_ONE) >= EDITS_OF_ONE:
        raise Refused(TOO_MANY_EDITS, f"{EDITS_OF_ONE} of this change within a day")
    if count(mine, EDITS_A_DAY * times) >= EDITS_A_DAY * times:
        raise Refused(TOO_MANY_EDITS, f"{EDITS_A_DAY * times} within a day")


def refuse_too_many_previews(change: Change, by: Person, now: datetime) -> None:
    """Raise Refused if a person has previewed this change, or all together, too often already."""
    mine = _done_by(by, (Verb.PREVIEW,), now)
    of_this = mine.filter(subject=change.subject, at__gt=now - HOUR)
    if count(of_this, PREVIEWS_AN_HOUR) >= PREVIEWS_AN_HOUR:
        raise Refused(TOO_MANY_PREVIEWS, f"{PREVIEWS_AN_HOUR} of this change within an hour")
    of_a_day = mine.filter(at__gt=now - DAY)
    if not is_stop(change) and count(of_a_day, PREVIEWS_A_DAY) >= PREVIEWS_A_DAY:
        raise Refused(TOO_MANY_PREVIEWS, f"{PREVIEWS_A_DAY} within a day")


def _done_by(person: Person, verbs: tuple[Verb, ...], now: datetime) -> QuerySet[AuditRow]:
    return AuditRow.objects.filter(
        actor=f"person:{person.pk}", deed__in=verbs, outcome=audit.DONE, at__lte=now
    )
