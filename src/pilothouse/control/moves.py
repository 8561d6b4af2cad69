"""The one table of states and moves of a change.

The verbs, the buttons, the diagram of the docs and the tests are all drawn from `MOVES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a change stands."""

    PROPOSED = "proposed"
    PREVIEWED = "previewed"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    APPLYING = "applying"
    APPLIED = "applied"
    VERIFIED = "verified"
    HELD = "held"
    STALE = "stale"
    CONFLICTED = "conflicted"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    REVERTING = "reverting"
    REVERTED = "reverted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Verb(StrEnum):
    """What may be done with a change: by people, and by the machine after them."""

    PROPOSE = "propose"
    EDIT = "edit"
    PREVIEW = "preview"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    SCHEDULE = "schedule"
    ARM = "arm"
    APPLY = "apply"
    VERIFY = "verify"
    REVERT = "revert"
    EXPIRE = "expire"
    CONFLICT = "conflict"
    GIVE_UP = "give up"


class Owner(StrEnum):
    """Whose turn it is in a state. Nothing waits without an owner."""

    PROPOSER = "the proposer"
    SIGNERS = "the signers"
    APPLIER = "anyone who may apply"
    MACHINE = "the machine"
    NOBODY = "nobody: it is closed"


@dataclass(frozen=True)
class Move:
    """One arrow: this verb may take a change from this state to that one, when."""

    verb: Verb
    source: State
    target: State
    when: str = ""


OWNERS: Final[dict[State, Owner]] = {
    State.PROPOSED: Owner.PROPOSER,
    State.PREVIEWED: Owner.SIGNERS,
    State.APPROVED: Owner.APPLIER,
    State.SCHEDULED: Owner.MACHINE,
    State.APPLYING: Owner.MACHINE,
    State.APPLIED: Owner.MACHINE,
    State.VERIFIED: Owner.NOBODY,
    State.HELD: Owner.PROPOSER,
    State.STALE: Owner.PROPOSER,
    State.CONFLICTED: Owner.PROPOSER,
    State.SUSPENDED: Owner.SIGNERS,
    State.EXPIRED: Owner.PROPOSER,
    State.FAILED: Owner.APPLIER,
    State.INCONCLUSIVE: Owner.APPLIER,
    State.REVERTING: Owner.APPLIER,
    State.REVERTED: Owner.NOBODY,
    State.REJECTED: Owner.NOBODY,
    State.WITHDRAWN: Owner.NOBODY,
}

WAITING: Final = (State.PROPOSED, State.PREVIEWED, State.APPROVED, State.SCHEDULED)
"""On the way to being applied."""
MENDABLE: Final = (
    State.HELD,
    State.STALE,
    State.CONFLICTED,
    State.SUSPENDED,
    State.EXPIRED,
)
"""Stopped before the exchange was changed; a person decides how it goes on."""
OPEN: Final = (*WAITING, *MENDABLE, State.APPLYING)
"""Still meant to change the exchange: what another change may conflict with."""
_EDITABLE: Final = (State.PROPOSED, State.PREVIEWED, State.APPROVED, *MENDABLE)
_DONE: Final = (State.VERIFIED, State.INCONCLUSIVE, State.FAILED)


def _each(
    verb: Verb, sources: tuple[State, ...], target: State, when: str = ""
) -> tuple[Move, ...]:
    return tuple(Move(verb, source, target, when) for source in sources)


MOVES: Final[tuple[Move, ...]] = (
    *_each(Verb.EDIT, _EDITABLE, State.PROPOSED, "anything signed changes; signatures are void"),
    *_each(
        Verb.PREVIEW,
        (State.PROPOSED, State.PREVIEWED, State.STALE, State.CONFLICTED),
        State.PREVIEWED,
        "the rehearsal answered",
    ),
    Move(Verb.PREVIEW, State.HELD, State.PREVIEWED, "a new ceiling waits for signatures"),
    Move(Verb.PREVIEW, State.SUSPENDED, State.PREVIEWED, "new signatures are needed"),
    Move(Verb.PREVIEW, State.EXPIRED, State.PREVIEWED, "new signatures are needed"),
    *_each(
        Verb.PREVIEW,
        (State.PROPOSED, State.PREVIEWED, *MENDABLE),
        State.APPROVED,
        "its class needs no second person, or it is a signed undo",
    ),
    Move(Verb.PREVIEW, State.APPROVED, State.APPROVED, "the impact is inside the ceiling"),
    *_each(
        Verb.PREVIEW,
        (State.APPROVED, State.SCHEDULED),
        State.HELD,
        "the impact or the class is above what was signed",
    ),
    *_each(Verb.PREVIEW, (State.APPROVED, State.SCHEDULED), State.STALE, "the base moved"),
    Move(Verb.PREVIEW, State.SCHEDULED, State.SCHEDULED, "the impact is inside the ceiling"),
    Move(Verb.APPROVE, State.PREVIEWED, State.PREVIEWED, "further signatures are needed"),
    Move(Verb.APPROVE, State.PREVIEWED, State.APPROVED, "all signatures are there"),
    *_each(
        Verb.REJECT,
        (State.PROPOSED, State.PREVIEWED, State.APPROVED, State.SCHEDULED, *MENDABLE),
        State.REJECTED,
    ),
    *_each(Verb.WITHDRAW, (*WAITING, *MENDABLE, State.FAILED), State.WITHDRAWN),
    *_each(
        Verb.SCHEDULE,
        (State.PROPOSED, State.PREVIEWED, State.APPROVED),
        State.PROPOSED,
        "other times than those signed; signatures are void",
    ),
    Move(Verb.ARM, State.APPROVED, State.SCHEDULED, "the control center keeps the signed times"),
    *_each(Verb.APPLY, (State.APPROVED, State.SCHEDULED), State.APPLYING, "before it is sent"),
    *_each(Verb.APPLY, (State.APPROVED, State.SCHEDULED), State.STALE, "the base moved"),
    *_each(
        Verb.APPLY,
        (State.APPROVED, State.SCHEDULED),
        State.HELD,
        "the rehearsal counted more than was signed",
    ),
    *_each(
        Verb.APPLY, (State.APPROVED, State.SCHEDULED), State.SUSPENDED, "a signer lost the right"
    ),
    *_each(
        Verb.APPLY,
        (State.APPROVED, State.SCHEDULED),
        State.FAILED,
        "the rehearsal was refused for another reason",
    ),
    *_each(
        Verb.APPLY,
        (State.APPROVED, State.SCHEDULED),
        State.EXPIRED,
        "its window is over: it is never run late",
    ),
    Move(Verb.APPLY, State.APPLYING, State.APPLIED, "the exchange executed it"),
    *_each(Verb.APPLY, (State.APPLYING,), State.HELD, "the engine counted more than was signed"),
    *_each(Verb.APPLY, (State.APPLYING,), State.STALE, "the engine saw another base version"),
    *_each(Verb.APPLY, (State.APPLYING,), State.FAILED, "the engine refused for another reason"),
    Move(Verb.VERIFY, State.APPLIED, State.VERIFIED, "it holds"),
    Move(Verb.VERIFY, State.APPLIED, State.SCHEDULED, "it holds and further steps wait"),
    Move(Verb.VERIFY, State.APPLIED, State.FAILED, "it does not hold"),
    Move(Verb.VERIFY, State.APPLIED, State.INCONCLUSIVE, "it could not be read back in time"),
    Move(Verb.VERIFY, State.INCONCLUSIVE, State.VERIFIED, "a person looked again: it holds"),
    Move(Verb.VERIFY, State.INCONCLUSIVE, State.SCHEDULED, "it holds and further steps wait"),
    Move(Verb.VERIFY, State.INCONCLUSIVE, State.FAILED, "a person looked again: it does not"),
    *_each(Verb.REVERT, _DONE, State.REVERTING, "its undo is opened as a change"),
    *_each(
        Verb.REVERT,
        (State.WITHDRAWN, State.REJECTED, *MENDABLE),
        State.REVERTING,
        "some steps were applied",
    ),
    Move(Verb.REVERT, State.REVERTING, State.REVERTED, "its undo is verified"),
    Move(Verb.REVERT, State.REVERTING, State.INCONCLUSIVE, "its undo was not done"),
    *_each(
        Verb.EXPIRE,
        (State.PROPOSED, State.PREVIEWED, State.APPROVED, State.SCHEDULED),
        State.EXPIRED,
        "its window or its signatures ran out",
    ),
    *_each(
        Verb.CONFLICT,
        (State.PROPOSED, State.PREVIEWED, State.APPROVED, State.SCHEDULED),
        State.CONFLICTED,
        "another open change touches the same object",
    ),
    *_each(
        Verb.GIVE_UP,
        (*WAITING, State.APPLYING, State.APPLIED),
        State.FAILED,
        "this release cannot read it",
    ),
)
"""Every move there is. A move that is not here cannot happen."""


MACHINES_OWN: Final = frozenset({(Verb.APPLY, State.APPLYING), (Verb.REVERT, State.REVERTING)})
"""From these states only the machine goes on by these verbs."""


class NoSuchMove(RuntimeError):
    """The table has no such move."""


def targets(verb: Verb, source: State) -> tuple[State, ...]:
    """Return the states this verb may lead to from this one; empty when it may not be used."""
    return tuple(one.target for one in MOVES if one.verb == verb and one.source == source)


def leads_on(verb: Verb, source: State) -> bool:
    """Tell whether a person may use a verb in a state."""
    return bool(targets(verb, source)) and (verb, source) not in MACHINES_OWN


def check_move(verb: Verb, source: State, target: State) -> None:
    """Raise NoSuchMove unless the table has this move."""
    if target not in targets(verb, source):
        raise NoSuchMove(f"{verb} does not lead from {source} to {target}")


def states_for(verb: Verb) -> tuple[State, ...]:
    """Return the states from which a verb may be used, in the order of the table."""
    return tuple(dict.fromkeys(one.source for one in MOVES if one.verb == verb))


def diagram() -> str:
    """Return the table as a Mermaid state diagram, one arrow a pair of states."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for one in MOVES:
        arrows.setdefault((one.source, one.target), []).append(one.verb)
    lines = ["stateDiagram-v2", "    [*] --> proposed: propose"]
    for (source, target), verbs in arrows.items():
        lines.append(f"    {source} --> {target}: {', '.join(dict.fromkeys(verbs))}")
    ends = [state for state, owner in OWNERS.items() if owner == Owner.NOBODY]
    return "\n".join([*lines, *(f"    {state} --> [*]" for state in ends)])
