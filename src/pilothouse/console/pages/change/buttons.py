"""The buttons of a change, drawn from the moves its state has; nothing is listed by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilothouse.access.models import Person
from pilothouse.control import plan
from pilothouse.control.buttons import MoveView, allowed_moves
from pilothouse.control.models import Change
from pilothouse.control.moves import State, Verb

TONES: Final = {Verb.APPROVE: "primary", Verb.APPLY: "primary", Verb.REJECT: "danger"}
ASK_WHY: Final = (Verb.REJECT, Verb.WITHDRAW, Verb.REVERT)


@dataclass(frozen=True)
class Button:
    """One button: what it says, whether it may be pressed, and else why not."""

    verb: str
    label: str
    allowed: bool
    reason: str
    tone: str
    needs_reason: bool
    needs_time: bool

    @property
    def asks(self) -> bool:
        """Tell whether it opens a small form first."""
        return self.needs_reason or self.needs_time


ENDS: Final = (Verb.WITHDRAW, Verb.REJECT)
"""What people can still do with a change that is not as the audit recorded it."""


def ends(change: Change, person: Person) -> list[Button]:
    """Return the buttons of a change that is not as recorded: none if its state is none either."""
    if change.state not in set(State):
        return []
    shown = allowed_moves(change, person, among=ENDS)
    return [_button(one, change) for one in shown if not one.right_missing]


def buttons(change: Change, person: Person) -> list[Button]:
    """Return the buttons for a person. What their role never allows is not shown at all,
    except that a proposer is told why they may not sign.
    """
    own = change.proposer_id == person.pk
    shown = [
        one
        for one in allowed_moves(change, person)
        if not one.right_missing or (own and one.verb == Verb.APPROVE)
    ]
    return [_button(one, change) for one in shown if _stands_on_its_own(one, change)]


def _stands_on_its_own(move: MoveView, change: Change) -> bool:
    """An edit is the ceiling's form or an alternative; a plan has its times and conditions."""
    if move.verb == Verb.EDIT:
        return False
    if move.verb == Verb.ARM:
        first = plan.next_step(change)
        return first is not None and bool(first.not_before or first.conditions)
    return move.verb != Verb.SCHEDULE or len(plan.waiting_steps(change)) == 1


def _button(move: MoveView, change: Change) -> Button:
    verb = Verb(move.verb)
    return Button(
        verb=move.verb,
        label=move.label,
        allowed=move.allowed,
        reason=move.reason,
        tone=TONES.get(verb, ""),
        needs_reason=verb in ASK_WHY,
        needs_time=verb is Verb.SCHEDULE,
    )
