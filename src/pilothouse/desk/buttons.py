"""The buttons of an incident: the moves its state has, each allowed for this person or why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pilothouse.access.models import Person
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.control.deed import moment
from pilothouse.desk import gates
from pilothouse.desk.models import Incident
from pilothouse.desk.moves import ASKS, Ask, State, Verb, target

LABELS: Final[dict[Verb, str]] = {
    Verb.ACKNOWLEDGE: "Acknowledge",
    Verb.MITIGATE: "Mitigated",
    Verb.RESOLVE: "Resolved",
    Verb.REOPEN: "Reopen",
    Verb.NOTE: "Note",
    Verb.JOIN: "Add an alert",
    Verb.REGRADE: "Severity",
    Verb.HAND_OVER: "Hand over",
    Verb.AFFECT: "Affects",
    Verb.SPARE: "Does not affect",
    Verb.CORRECT: "Correct a clock",
    Verb.DISMISS: "Dismiss",
}
"""The verbs in the order of their buttons."""


@dataclass(frozen=True)
class MoveView:
    """One button: what it says, what it asks for, whether it may be pressed, and else why not."""

    verb: str
    label: str
    asks: tuple[Ask, ...]
    allowed: bool
    reason: str


def allowed_moves(
    incident: Incident, person: Person, now: datetime | None = None
) -> list[MoveView]:
    """Return the buttons of an incident for a person; none for those whose role never responds."""
    now = moment(now)
    if not may(person, Right.RESPOND, now):
        return []
    state = State(incident.state)
    shown = [verb for verb in LABELS if target(verb, state) is not None]
    return [_button(verb, incident, person, now) for verb in shown]


def _button(verb: Verb, incident: Incident, person: Person, now: datetime) -> MoveView:
    refused = gates.why_not(verb, incident, person, now)
    return MoveView(verb, LABELS[verb], ASKS[verb], refused is None, str(refused or ""))
