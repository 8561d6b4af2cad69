"""The one table of states and moves of an incident.

The verbs, the buttons with what they ask for, the diagram of the docs and the tests are drawn from
`MOVES` and `ASKS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where an incident stands."""

    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


class Verb(StrEnum):
    """What may be done with an incident."""

    OPEN = "open"
    ACKNOWLEDGE = "acknowledge"
    MITIGATE = "mitigate"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    DISMISS = "dismiss"
    HAND_OVER = "hand_over"
    REGRADE = "regrade"
    AFFECT = "affect"
    SPARE = "spare"
    JOIN = "join"
    NOTE = "note"
    CORRECT = "correct"


class Ask(StrEnum):
    """What a verb needs to be told."""

    WHY = "why"
    PERSON = "person"
    SEVERITY = "severity"
    AFFECTED = "affected"
    UNAFFECTED = "unaffected"
    ALERT = "alert"
    CLOCK = "clock"
    AT = "at"


@dataclass(frozen=True)
class Move:
    """One arrow: this verb takes an incident from this state to that one."""

    verb: Verb
    source: State
    target: State
    when: str = ""


ACTIVE: Final = (State.OPENED, State.ACKNOWLEDGED, State.MITIGATED)
"""Somebody's turn: what an alert can join and an inbox shows."""

ASKS: Final[dict[Verb, tuple[Ask, ...]]] = {
    Verb.ACKNOWLEDGE: (),
    Verb.MITIGATE: (Ask.WHY,),
    Verb.RESOLVE: (Ask.WHY,),
    Verb.REOPEN: (Ask.WHY,),
    Verb.DISMISS: (Ask.WHY,),
    Verb.HAND_OVER: (Ask.PERSON,),
    Verb.REGRADE: (Ask.SEVERITY, Ask.WHY),
    Verb.AFFECT: (Ask.AFFECTED,),
    Verb.SPARE: (Ask.UNAFFECTED, Ask.WHY),
    Verb.JOIN: (Ask.ALERT,),
    Verb.NOTE: (Ask.WHY,),
    Verb.CORRECT: (Ask.CLOCK, Ask.AT, Ask.WHY),
}
"""What each verb asks for; all of it must be given."""


def _stays(verb: Verb, states: tuple[State, ...], when: str) -> tuple[Move, ...]:
    return tuple(Move(verb, one, one, when) for one in states)


MOVES: Final[tuple[Move, ...]] = (
    Move(
        Verb.ACKNOWLEDGE,
        State.OPENED,
        State.ACKNOWLEDGED,
        "somebody works on it; if it has no commander, they become the commander",
    ),
    Move(Verb.MITIGATE, State.ACKNOWLEDGED, State.MITIGATED, "the impact has ended"),
    Move(Verb.RESOLVE, State.MITIGATED, State.RESOLVED, "service is back to normal"),
    Move(
        Verb.RESOLVE,
        State.ACKNOWLEDGED,
        State.RESOLVED,
        "if it was not mitigated before, it is mitigated at the same time",
    ),
    Move(
        Verb.REOPEN, State.MITIGATED, State.ACKNOWLEDGED, "it came back; its end time is withdrawn"
    ),
    Move(
        Verb.REOPEN, State.RESOLVED, State.ACKNOWLEDGED, "it came back; its end time is withdrawn"
    ),
    Move(Verb.DISMISS, State.OPENED, State.DISMISSED, "it was not an incident"),
    Move(Verb.DISMISS, State.ACKNOWLEDGED, State.DISMISSED, "it was not an incident"),
    *_stays(Verb.HAND_OVER, ACTIVE, "another person commands"),
    *_stays(Verb.REGRADE, ACTIVE, "it is more or less severe than first assumed"),
    *_stays(Verb.AFFECT, ACTIVE, "a market or a product is affected"),
    *_stays(Verb.SPARE, ACTIVE, "a market or a product is not affected after all"),
    *_stays(Verb.JOIN, ACTIVE, "an alert belongs to it"),
    *_stays(Verb.NOTE, tuple(State), "a note for the record"),
    *_stays(Verb.CORRECT, tuple(State), "a clock was wrong; the old reading is kept"),
)
"""Every move there is. A move that is not here cannot happen."""


def target(verb: Verb, source: State) -> State | None:
    """Return the state a verb leads to from this one, or None when it may not be used."""
    return next((one.target for one in MOVES if (one.verb, one.source) == (verb, source)), None)


def diagram() -> str:
    """Return the table as a Mermaid state diagram; what changes no state is listed below it."""
    lines = ["stateDiagram-v2", "    [*] --> opened: open"]
    for one in MOVES:
        if one.source != one.target:
            lines.append(f"    {one.source} --> {one.target}: {one.verb}")
    ends = [one for one in State if one not in ACTIVE]
    return "\n".join([*lines, *(f"    {state} --> [*]" for state in ends)])


def verb_table() -> str:
    """Return the verbs as a table of the docs: where each may be used, what it asks for."""
    lines = ["| verb | from | asks for | when |", "|---|---|---|---|"]
    for verb, asks in ASKS.items():
        sources = ", ".join(one.source for one in MOVES if one.verb == verb)
        when = next(one.when for one in MOVES if one.verb == verb)
        lines.append(f"| `{verb}` | {sources} | {', '.join(asks) or 'nothing'} | {when} |")
    return "\n".join(lines)
