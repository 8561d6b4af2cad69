"""Open: a sign becomes an incident, with its clocks and its audit row, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pilothouse.access.models import Person
from pilothouse.access.rights import may
from pilothouse.access.roles import Right, Role
from pilothouse.control.deed import moment
from pilothouse.control.refusals import NO_RIGHT, Refused
from pilothouse.control.said import TITLE_MOST, not_too_long, said
from pilothouse.control.severity import Severity
from pilothouse.desk import clocks, subjects
from pilothouse.desk.clocks import Clock
from pilothouse.desk.deed import deed, note
from pilothouse.desk.many import refuse_too_many, refuse_too_many_opened
from pilothouse.desk.models import Incident
from pilothouse.desk.moves import State, Verb
from pilothouse.desk.refusals import TITLE_IS_MISSING


def open_incident(
    title: str,
    severity: Severity,
    *,
    by: Person,
    what: str = "",
    owner: Role = Role.OPERATOR,
    affected: Iterable[str] = (),
    occurred: datetime | None = None,
    detected: datetime | None = None,
    now: datetime | None = None,
) -> Incident:
    """Open an incident. Raises Refused; the attempt is recorded either way.

    Without other words it was detected now; the one who opens it is aware of it now. When it
    occurred is often learnt later.
    """
    now = moment(now)
    with deed(Verb.OPEN, by, "incident"):
        if not may(by, Right.RESPOND, now):
            raise Refused(NO_RIGHT, Verb.OPEN)
        refuse_too_many(Verb.OPEN, by, now)
        incident = Incident.objects.create(
            title=said(title, TITLE_IS_MISSING, TITLE_MOST),
            what=not_too_long(what),
            severity=Severity(severity),
            state=State.OPENED,
            state_at=now,
            owner=owner,
            opened_by=by,
            opened_at=now,
        )
        refuse_too_many_opened(incident, by, now)
        for subject in dict.fromkeys(affected):
            incident.affected.create(subject=subjects.known(subject))
        _read_first(incident, occurred, detected or now, by, now)
        touched = [one.subject for one in incident.affected.all()]
        note(incident, Verb.OPEN, by=by, now=now, why=incident.what, facts={"affected": touched})
        return incident


def _read_first(
    incident: Incident, occurred: datetime | None, detected: datetime, by: Person, now: datetime
) -> None:
    if occurred is not None:
        clocks.read(incident, Clock.OCCURRED, occurred, by=by, now=now)
    clocks.read(incident, Clock.DETECTED, detected, by=by, now=now)
    clocks.read(incident, Clock.AWARE, now, by=by, now=now)
