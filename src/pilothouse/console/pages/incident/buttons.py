"""The buttons of an incident with the fields of what each asks for; nothing is listed by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pilothouse.access.models import Person
from pilothouse.access.rights import people_who_may
from pilothouse.access.roles import Right
from pilothouse.control.said import SENTENCE_MOST
from pilothouse.control.severity import Severity
from pilothouse.desk import from_alert, subjects
from pilothouse.desk.buttons import MoveView, allowed_moves
from pilothouse.desk.clocks import Clock
from pilothouse.desk.models import Incident
from pilothouse.desk.moves import Ask, Verb

Choices = list[tuple[str, str]]
TONES: Final = {Verb.ACKNOWLEDGE: "primary", Verb.RESOLVE: "primary", Verb.DISMISS: "danger"}
WORDS: Final[dict[Ask, str]] = {
    Ask.WHY: "In a sentence",
    Ask.PERSON: "To",
    Ask.SEVERITY: "Severity",
    Ask.AFFECTED: "Market or product",
    Ask.UNAFFECTED: "Market or product",
    Ask.ALERT: "Alert",
    Ask.CLOCK: "Clock",
    Ask.AT: "When, UTC",
}
MAIN: Final = (Verb.ACKNOWLEDGE, Verb.MITIGATE, Verb.RESOLVE, Verb.REOPEN, Verb.NOTE)
"""The verbs that stand in the head; the others are in the menu beside them."""


@dataclass(frozen=True)
class AskField:
    """One field of a button's form; `choices` are values with their words, if it is a choice."""

    name: str
    label: str
    choices: Choices
    letters_most: int = SENTENCE_MOST


@dataclass(frozen=True)
class Button:
    """One button: what it says, the fields of its form, and its reason if it is not allowed."""

    verb: str
    label: str
    allowed: bool
    reason: str
    tone: str
    main: bool
    fields: list[AskField]


def buttons(incident: Incident, person: Person, now: datetime) -> list[Button]:
    """Return the buttons of an incident for a person; a choice of nothing is none."""
    made = [_button(one, incident) for one in allowed_moves(incident, person, now)]
    return [one for one in made if all(_can_be_answered(field) for field in one.fields)]


def _can_be_answered(field: AskField) -> bool:
    return Ask(field.name) not in CHOICES or bool(field.choices)


def _button(move: MoveView, incident: Incident) -> Button:
    verb = Verb(move.verb)
    fields = [AskField(ask, WORDS[ask], _choices(ask, incident)) for ask in move.asks]
    return Button(
        verb=move.verb,
        label=move.label,
        allowed=move.allowed,
        reason=move.reason,
        tone=TONES.get(verb, ""),
        main=verb in MAIN,
        fields=fields,
    )


def _choices(ask: Ask, incident: Incident) -> Choices:
    return CHOICES[ask](incident) if ask in CHOICES else []


def _people(incident: Incident) -> Choices:
    able = people_who_may(Right.RESPOND)
    return [(str(one.pk), str(one)) for one in able if one.pk != incident.commander_id]


def _severities(incident: Incident) -> Choices:
    return [(one, one) for one in Severity if one != incident.severity]


def _affected(incident: Incident) -> Choices:
    held = {one.subject for one in incident.affected.all()}
    return [(one, one.partition(":")[2]) for one in subjects.all_known() if one not in held]


def _unaffected(incident: Incident) -> Choices:
    return [(one.subject, one.subject.partition(":")[2]) for one in incident.affected.all()]


def _alerts(incident: Incident) -> Choices:
    free = from_alert.free_alerts()
    return [(str(one.pk), f"AL-{one.pk} {one.title}, {one.where}") for one in free]


def _clocks(incident: Incident) -> Choices:
    return [(one, one) for one in Clock]


CHOICES: Final[dict[Ask, Callable[[Incident], Choices]]] = {
    Ask.PERSON: _people,
    Ask.SEVERITY: _severities,
    Ask.AFFECTED: _affected,
    Ask.UNAFFECTED: _unaffected,
    Ask.ALERT: _alerts,
    Ask.CLOCK: _clocks,
}
"""What can be chosen where a verb asks for a choice."""
