"""Whether a person may use a verb on a change now, and if not, why. One place for verb and button.

The order of checks is the order in which people are told: what they are to the change, what their
role allows, where the change stands, and then the particulars of the verb.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from pilothouse.access.models import Person
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.control import conditions, evidence, plan, refusals, signing, standing
from pilothouse.control.kinds import KINDS
from pilothouse.control.kinds.kind import Kind, Reversible
from pilothouse.control.many import is_stop
from pilothouse.control.models import Change
from pilothouse.control.moves import State, Verb, leads_on
from pilothouse.control.ports import ports, reach
from pilothouse.control.refusals import Refused

RIGHTS: Final[dict[Verb, tuple[Right, ...]]] = {
    Verb.PROPOSE: (Right.PROPOSE,),
    Verb.EDIT: (Right.PROPOSE,),
    Verb.PREVIEW: (Right.PROPOSE, Right.SIGN),
    Verb.APPROVE: (Right.SIGN,),
    Verb.REJECT: (Right.SIGN,),
    Verb.WITHDRAW: (Right.PROPOSE,),
    Verb.SCHEDULE: (Right.PROPOSE,),
    Verb.ARM: (Right.APPLY,),
    Verb.APPLY: (Right.APPLY,),
    Verb.VERIFY: (Right.APPLY,),
    Verb.REVERT: (Right.APPLY,),
}
"""The right each verb asks for: one of these. A verb that is not here is the machine's."""
_MANAGED: Final = frozenset({Right.PROPOSE, Right.APPLY})
"""The rights in whose place a kind's own stands, where it is managed by one."""

_PROPOSERS_OWN: Final = (Verb.EDIT, Verb.WITHDRAW, Verb.SCHEDULE)


def why_not(verb: Verb, change: Change, person: Person, now: datetime) -> Refused | None:
    """Return why a person may not use a verb on a change now, or nothing if they may."""
    if verb is Verb.APPROVE and person.pk == change.proposer_id:
        return Refused(refusals.PROPOSER_MAY_NOT_SIGN)
    if not has_right(verb, change.kind, person, now):
        return Refused(refusals.NO_RIGHT, verb)
    if not is_stop(change) and standing.why_doubted(person):
        return Refused(refusals.CREDENTIALS_DIFFER)
    if verb in _PROPOSERS_OWN and person.pk != change.proposer_id:
        return Refused(refusals.NOT_ITS_PROPOSER)
    if not leads_on(verb, State(change.state)):
        return Refused(refusals.WRONG_STATE, change.state)
    particular = _PARTICULARS.get(verb)
    return particular(change, person, now) if particular else None


def has_right(verb: Verb, kind: str, person: Person, now: datetime) -> bool:
    """Tell whether a person's roles give the right a verb asks for on changes of a kind."""
    return any(may(person, right, now) for right in rights_for(verb, kind))


def kinds_for(person: Person, now: datetime) -> list[Kind]:
    """Return the kinds of change that a person may propose, in the order of their list."""
    return [one for name, one in KINDS.items() if has_right(Verb.PROPOSE, name, person, now)]


def rights_for(verb: Verb, kind: str) -> tuple[Right, ...]:
    """Return the rights of which a verb asks for one on changes of a kind, none for the machine's.

    Who manages people proposes and applies what gives them powers, and nothing else.
    """
    known = KINDS.get(kind)
    own = known.MANAGED_BY if known else None
    return tuple(own if own and one in _MANAGED else one for one in RIGHTS.get(verb, ()))


def is_about(change: Change, person: Person) -> bool:
    """Tell whether a change gives this very person a power, or takes one from them."""
    if plan.kind_of(change).MANAGED_BY is None:
        return False
    wishes = [change.fields, *(one.fields for one in plan.waiting_steps(change))]
    return any(one.get("person") == person.pk for one in wishes)


def pass_gate(verb: Verb, change: Change, person: Person, now: datetime) -> None:
    """Raise Refused unless the person may use the verb on the change now."""
    refused = why_not(verb, change, person, now)
    if refused is not None:
        raise refused


def _approve(change: Change, person: Person, now: datetime) -> Refused | None:
    if is_about(change, person):
        return Refused(refusals.IT_IS_ABOUT_YOU)
    if any(one.person_id == person.pk for one in signing.live_signatures(change)):
        return Refused(refusals.SIGNED_ALREADY)
    if not signing.counts_for(change, person, now):
        return Refused(refusals.ROLE_MAY_NOT_SIGN_THIS_CLASS, signing.need_of(change).sentence)
    waiting = plan.waiting_steps(change)
    if any(step.not_after and step.not_after < now for step in waiting):
        return Refused(refusals.TIME_IS_PAST)
    return evidence.why_not_enough(change, waiting, now)


def _arm(change: Change, person: Person, now: datetime) -> Refused | None:
    if signing.need_of(change).applier_differs and person.pk == change.proposer_id:
        return Refused(refusals.APPLIER_MUST_DIFFER)
    return None


def _apply(change: Change, person: Person, now: datetime) -> Refused | None:
    refused = _arm(change, person, now)
    if refused is not None:
        return refused
    step = plan.next_step(change)
    if step is None or (step.not_before and step.not_before > now):
        return Refused(refusals.NOTHING_IS_DUE)
    waits_for = conditions.why_waiting(step, ports().reader, now)
    return Refused(refusals.CONDITIONS_DO_NOT_HOLD, waits_for) if waits_for else None


def _revert(change: Change, person: Person, now: datetime) -> Refused | None:
    if change.reversible == Reversible.NO:
        return Refused(refusals.UNDO_IS_NOT_POSSIBLE)
    if not plan.applied_steps(change):
        return Refused(refusals.NOTHING_WAS_APPLIED)
    try:
        reach()
    except Refused as away:
        return away
    kind, reader = plan.kind_of(change), ports().reader
    reasons = (kind.check(wish, reader, now) for wish in change.rollback)
    return next((Refused(one) for one in reasons if one is not None), None)


_PARTICULARS: Final[dict[Verb, Callable[[Change, Person, datetime], Refused | None]]] = {
    Verb.APPROVE: _approve,
    Verb.ARM: _arm,
    Verb.APPLY: _apply,
    Verb.REVERT: _revert,
}
