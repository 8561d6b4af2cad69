"""How much one person does with incidents: so many open, so many opened and done in a day.

Everybody reads the list of incidents, each one is told to people, and each deed is a row of the
audit for ever. A critical one has as much room again, so that a long list hides no crisis.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import QuerySet

from pilothouse.access.models import Person
from pilothouse.control.deed import actor
from pilothouse.control.refusals import Refused
from pilothouse.control.severity import Severity
from pilothouse.desk.models import Incident
from pilothouse.desk.moves import ACTIVE, MOVES, Verb
from pilothouse.desk.refusals import TOO_MANY_DEEDS, TOO_MANY_OPEN, TOO_MANY_TODAY
from pilothouse.records.audit import DONE
from pilothouse.records.counted import count
from pilothouse.records.models import AuditRow

OPEN_MOST: Final = 30
"""Active incidents that one person opened."""
OPENED_A_DAY_MOST: Final = 100
"""Incidents that one person opens within a day."""
ROOM_OF_CRITICAL: Final = 2
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
    of_a_day = rows.filter(at__gt=now - DAY, subject__startswith="incident:")
    if count(of_a_day, most) >= most:
        raise Refused(TOO_MANY_DEEDS, f"{most:,} within a day")


def refuse_too_many_opened(incident: Incident, by: Person, now: datetime) -> None:
    """Raise Refused if an incident that was just opened is one too many of its person."""
    refuse_too_many_open(incident, by)
    most = OPENED_A_DAY_MOST * _times(incident)
    if _opened_by(by).filter(opened_at__gt=now - DAY).count() > most:
        raise Refused(TOO_MANY_TODAY, f"{most} within a day")


def refuse_too_many_open(incident: Incident, by: Person) -> None:
    """Raise Refused if an incident of a person that just became active is one too many."""
    most = OPEN_MOST * _times(incident)
    if _opened_by(by).filter(state__in=ACTIVE).count() > most:
        raise Refused(TOO_MANY_OPEN, f"{most} are open")


def _opened_by(person: Person) -> QuerySet[Incident]:
    return Incident.objects.filter(opened_by=person)


def _times(incident: Incident) -> int:
    return ROOM_OF_CRITICAL if incident.severity == Severity.CRITICAL else 1
