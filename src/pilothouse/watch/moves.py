"""The one table of an alert's states and moves. Verbs, buttons and tests are drawn from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where an alert stands."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Verb(StrEnum):
    """What is done with an alert."""

    RAISE = "raise"
    ACKNOWLEDGE = "acknowledge"
    ESCALATE = "escalate"
    RESOLVE = "resolve"


@dataclass(frozen=True)
class Move:
    """One arrow: this verb takes an alert from this state to that one; who may, and when."""

    verb: Verb
    source: State
    target: State
    when: str


MOVES: Final[tuple[Move, ...]] = (
    Move(Verb.ACKNOWLEDGE, State.RAISED, State.ACKNOWLEDGED, "a person acknowledges it"),
    Move(Verb.ESCALATE, State.RAISED, State.RAISED, "nobody acknowledged it in time"),
    Move(
        Verb.RESOLVE, State.RAISED, State.RESOLVED, "it cleared, or a person says why it is over"
    ),
    Move(Verb.RESOLVE, State.ACKNOWLEDGED, State.RESOLVED, "it cleared, or a person says why"),
)
"""Every move there is. Raising makes the alert."""

OPEN: Final = (State.RAISED, State.ACKNOWLEDGED)


def target(verb: Verb, source: State) -> State | None:
    """Return where a verb leads from a state, or None if it may not be used there."""
    return next((one.target for one in MOVES if (one.verb, one.source) == (verb, source)), None)
