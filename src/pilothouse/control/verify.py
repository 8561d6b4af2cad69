"""Verify: read back from the exchange, and set what was predicted beside what happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from pilothouse.access.models import Person
from pilothouse.control import gates, plan
from pilothouse.control.deed import deed, locked, moment, move, note
from pilothouse.control.measures import note_actual
from pilothouse.control.models import Change, ChangeStep
from pilothouse.control.moves import State, Verb
from pilothouse.control.policy import READ_BACK_WITHIN
from pilothouse.control.ports import ports
from pilothouse.control.refusals import WRONG_STATE, Refused

FOLLOW_S: Final = 2.0
"""How long the verb waits for this process's replica to reach the command."""


def verify(change: Change, *, by: Person | None = None, now: datetime | None = None) -> Change:
    """Read the last applied step back; by the machine, or by a person who looks again.

    VERIFIED when it holds (SCHEDULED when further steps wait), FAILED when it does not,
    INCONCLUSIVE when it cannot be read in time or a guard was crossed. While the soak time
    runs the change stays as it is.
    """
    now = moment(now)
    step = plan.last_sent(change)
    if step is not None and step.position is not None:
        plan.hearer(change).wait_for(step.position, FOLLOW_S)
    with deed(Verb.VERIFY, by, change.subject):
        change = locked(change)
        if by is not None:
            gates.pass_gate(Verb.VERIFY, change, by, now)
        elif change.state != State.APPLIED:
            raise Refused(WRONG_STATE, change.state)
        applied = plan.applied_steps(change)
        return _look(change, applied[-1], by, now) if applied else change


def _look(change: Change, step: ChangeStep, by: Person | None, now: datetime) -> Change:
    assert step.position is not None and step.applied_at is not None
    event = plan.hearer(change).event_at(step.position)
    if event is None:
        late = now - step.applied_at > READ_BACK_WITHIN
        if late and change.state == State.APPLIED:
            _inconclusive(change, by, now, "it could not be read back in time")
        return change
    told = plan.kind_of(change).told(event)
    read = told != step.actual
    note_actual(change, step, told)
    crossed = _guard_crossed(change, step)
    if crossed and change.state == State.APPLIED:
        return _inconclusive(change, by, now, crossed)
    if now - step.applied_at < timedelta(seconds=change.guards.get("soak_s", 0)):
        if read:
            change.save()
            note(change, Verb.VERIFY, by, now, "read back", {"step": step.number, "actual": told})
        return change
    return _judge(change, step, by, now)


def _judge(change: Change, step: ChangeStep, by: Person | None, now: datetime) -> Change:
    kind, reader = plan.kind_of(change), ports().reader
    if not kind.holds(step.fields, reader):
        moved_on = kind.base_version(step.fields, reader) > step.base_version + 1
        if moved_on and change.state == State.APPLIED:
            return _inconclusive(change, by, now, "it was changed again before it was read back")
        move(change, Verb.VERIFY, State.FAILED, by=by, now=now, reason="it does not hold")
        return change
    step.state, step.verified_at = ChangeStep.At.VERIFIED, now
    step.save()
    target = State.SCHEDULED if plan.next_step(change) else State.VERIFIED
    compared = {"step": step.number, "predicted": step.predicted, "actual": step.actual}
    move(change, Verb.VERIFY, target, by=by, now=now, facts=compared)
    return change


def _inconclusive(change: Change, by: Person | None, now: datetime, reason: str) -> Change:
    move(change, Verb.VERIFY, State.INCONCLUSIVE, by=by, now=now, reason=reason)
    return change


def _guard_crossed(change: Change, step: ChangeStep) -> str:
    limit = change.guards.get("accounts_below_maintenance")
    if limit is None:
        return ""
    markets = plan.kind_of(change).markets(step.fields)
    below = sum(ports().reader.below_maintenance(one) for one in markets)
    return f"{below} accounts are below maintenance, {limit} were allowed" if below > limit else ""
