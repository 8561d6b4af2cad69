"""What people are told of incidents, and how much one person has them told within a day.

A notice goes to every target its routes name, so one person could ring everybody's phones without
end. What takes an incident further has more room than what leaves it where it stands, and a
critical one as much again, so that no number of small notices keeps a crisis from being told.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from pilothouse.access.models import Person
from pilothouse.control.deed import actor
from pilothouse.control.refusals import Refused
from pilothouse.control.severity import Severity
from pilothouse.desk.many import MOVERS, ROOM_OF_CRITICAL, ROOM_OF_MOVES
from pilothouse.desk.moves import Verb
from pilothouse.desk.refusals import TOO_MANY_TOLD
from pilothouse.records.audit import DONE
from pilothouse.records.counted import count
from pilothouse.records.models import AuditRow

TOLD: Final[dict[Verb, str]] = {
    Verb.OPEN: "opened",
    Verb.REGRADE: "called otherwise",
    Verb.HAND_OVER: "handed over",
    Verb.MITIGATE: "mitigated",
    Verb.RESOLVE: "resolved",
    Verb.REOPEN: "came back",
    Verb.DISMISS: "dismissed",
}
"""What people are notified of, and in which word; the rest stands in the timeline."""
SEND_AGAIN: Final = "notice.send_again"
"""A notice is sent once more, which is told as well."""
A_DAY_MOST: Final = 200
"""Notices of one person within a day, of whatever incidents."""
DAY: Final = timedelta(days=1)


def refuse_too_many_told(verb: str, severity: str, by: Person, now: datetime) -> None:
    """Raise Refused if a notice, not written yet, would be one too many of its person.

    All that a person has people told counts, of whatever severity.
    """
    most = A_DAY_MOST * (ROOM_OF_MOVES if verb in MOVERS else 1)
    most *= ROOM_OF_CRITICAL if severity == Severity.CRITICAL else 1
    if _told_by(by, now, most) >= most:
        raise Refused(TOO_MANY_TOLD, f"{most} within a day")


def _told_by(person: Person, now: datetime, most: int) -> int:
    rows = AuditRow.objects.filter(actor=actor(person), outcome=DONE, at__gt=now - DAY)
    of_incidents = rows.filter(deed__in=list(TOLD), subject__startswith="incident:")
    return count(of_incidents, most) + count(rows.filter(deed=SEND_AGAIN), most)
