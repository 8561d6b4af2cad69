"""Whether a person may use a verb on an incident now, and if not, why: for verb and button."""

from __future__ import annotations

from datetime import datetime

from pilothouse.access.models import Person
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.control.refusals import NO_RIGHT, Refused
from pilothouse.desk.many import refuse_too_many
from pilothouse.desk.models import Incident
from pilothouse.desk.moves import State, Verb, target
from pilothouse.desk.refusals import WRONG_STATE


def why_not(verb: Verb, incident: Incident, person: Person, now: datetime) -> Refused | None:
    """Return why a person may not use a verb on an incident now, or nothing if they may."""
    if not may(person, Right.RESPOND, now):
        return Refused(NO_RIGHT, verb)
    if target(verb, State(incident.state)) is None:
        return Refused(WRONG_STATE, incident.state)
    return None


def pass_gate(verb: Verb, incident: Incident, person: Person, now: datetime) -> None:
    """Raise Refused unless the person may use the verb on the incident now, and has room to."""
    refused = why_not(verb, incident, person, now)
    if refused is not None:
        raise refused
    refuse_too_many(verb, person, now)
