"""How much one person does with incidents in a day: each deed is a row of the audit for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from pilothouse.access.models import Person
from pilothouse.control.deed import actor
from pilothouse.control.refusals import Refused
from pilothouse.desk.moves import MOVES, Verb
from pilothouse.desk.refusals import TOO_MANY_DEEDS
from pilothouse.records.audit import DONE
from pilothouse.records.models import AuditRow

A_DAY_MOST: Final = 1_000
"""Notes, corrections and the like of one person within a day."""
ROOM_OF_MOVES: Final = 2
"""What opens an incident or takes it further has as much room again."""
MOVERS: Final = {Verb.OPEN} | {one.verb for one in MOVES if one.source != one.target}
DAY: Final = timedelta(days=1)


def refuse_too_many(verb: Verb, by: Person, now: datetime) -> None:
    """Raise Refused if a person has done what is for one person to do within a day."""
    rows = AuditRow.objects.filter(actor=actor(by), deed__in=list(Verb), outcome=DONE)
    most = A_DAY_MOST * (ROOM_OF_MOVES if verb in MOVERS else 1)
    if rows.filter(at__gt=now - DAY, subject__startswith="incident:").count() >= most:
        raise Refused(TOO_MANY_DEEDS, f"{most:,} within a day")
