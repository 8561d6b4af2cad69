"""The buttons of an alert, drawn from the table of its moves and the rights of the person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pilothouse.access.models import Person
from pilothouse.watch import alerts
from pilothouse.watch.models import Alert
from pilothouse.watch.moves import State, Verb, target
from pilothouse.watch.refusals import NO_RIGHT

PEOPLES: Final = {Verb.ACKNOWLEDGE: "Acknowledge", Verb.RESOLVE: "Resolve"}
"""The verbs people use, in the order of their buttons; the machine raises and escalates."""


@dataclass(frozen=True)
class Button:
    """One button: what it says, whether it may be pressed, else why not."""

    verb: str
    label: str
    allowed: bool
    reason: str
    needs_reason: bool


def buttons(alert: Alert, person: Person, now: datetime) -> list[Button]:
    """Return the buttons that the alert's state has; none at all for who answers no alerts."""
    made = []
    for verb, label in PEOPLES.items():
        reason = alerts.why_not(verb, alert, person, now)
        if reason is NO_RIGHT or target(verb, State(alert.state)) is None:
            continue
        why = f"{reason.sentence}: {reason.remedy}" if reason else ""
        made.append(Button(verb, label, reason is None, why, verb is Verb.RESOLVE))
    return made
