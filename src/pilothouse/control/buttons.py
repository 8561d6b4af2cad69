"""The buttons of a change: the moves its state has, each allowed for this person or why not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pilothouse.access.models import Person
from pilothouse.control import gates
from pilothouse.control.deed import moment
from pilothouse.control.models import Change
from pilothouse.control.moves import State, Verb, leads_on

LABELS: Final[dict[Verb, str]] = {
    Verb.PREVIEW: "Preview",
    Verb.EDIT: "Edit",
    Verb.APPROVE: "Approve",
    Verb.REJECT: "Reject",
    Verb.SCHEDULE: "Schedule",
    Verb.APPLY: "Apply",
    Verb.ARM: "Apply as planned",
    Verb.VERIFY: "Verify again",
    Verb.REVERT: "Revert",
    Verb.WITHDRAW: "Withdraw",
}
"""The verbs people use on a change, in the order of their buttons."""

_WITHOUT_BUTTON: Final = frozenset({(Verb.VERIFY, State.APPLIED)})
"""What the machine does by itself within seconds: no button stands for it."""


@dataclass(frozen=True)
class MoveView:
    """One button. `right_missing` tells that no state of the change would ever allow it here."""

    verb: str
    label: str
    allowed: bool
    reason: str
    right_missing: bool


def allowed_moves(
    change: Change,
    person: Person,
    now: datetime | None = None,
    among: Collection[Verb] = tuple(LABELS),
) -> list[MoveView]:
    """Return the buttons of a change for a person: the moves its state has, allowed or not."""
    now, state = moment(now), State(change.state)
    return [
        _button(verb, label, change, person, now)
        for verb, label in LABELS.items()
        if verb in among and leads_on(verb, state) and (verb, state) not in _WITHOUT_BUTTON
    ]


def _button(verb: Verb, label: str, change: Change, person: Person, now: datetime) -> MoveView:
    refused = gates.why_not(verb, change, person, now)
    missing = not gates.has_right(verb, change.kind, person, now)
    return MoveView(verb, label, refused is None, str(refused or ""), missing)
