"""What the machine does for changes by itself, once a second: send again, read back, run out, send
what is due. Missing one second loses nothing: each tick looks at what is true then.

A change that cannot be done stops only itself. One whose words this release cannot read fails and
has an owner; any other fault is tried again each second, and `rounds` counts who is held up.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from django.db import transaction

from pilothouse.control import (
    apply,
    as_read,
    conditions,
    expire,
    plan,
    rounds,
    unbroken,
    unreadable,
    verify,
)
from pilothouse.control.deed import found
from pilothouse.control.models import Change
from pilothouse.control.moves import State
from pilothouse.control.ports import NotConnected, ports, reach
from pilothouse.control.refusals import NOT_AS_RECORDED, UNKNOWN_KIND, Refused
from pilothouse.records.held import is_passing

log = structlog.get_logger()
Act = Callable[[Change, datetime], Change]


def tick(now: datetime) -> list[Change]:
    """Do what is due for every change at a moment; return the changes whose state moved."""
    moved, held_up, possible = [], set(), _possible()
    # Their numbers first: one that cannot be read keeps no other from being done.
    for number in _due(possible):
        try:
            change = as_read.read(Change.objects.all(), number)
            if as_read.with_state(change).state not in possible:
                continue
            before = change.state
            after = _do(change, now)
            if change.unread:
                held_up.add(number)
        except Exception:
            log.exception("change_held_up", change=number)
            held_up.add(number)
            continue
        if after.state != before:
            moved.append(after)
    rounds.finished(held_up | unreadable.failed())
    return moved


def _due(possible: list[State]) -> list[int]:
    # A state that no release writes hides nothing: the audit says where such a change stands.
    changes = Change.objects.order_by()
    wanted = (changes.filter(state__in=possible), changes.exclude(state__in=list(State)))
    return sorted(pk for each in wanted for pk in each.values_list("pk", flat=True))


def _do(change: Change, now: datetime) -> Change:
    try:
        return ACTS[State(change.state)](change, now)
    except NotConnected:
        return change
    except Exception as error:
        if isinstance(error, Refused) and error.reason is NOT_AS_RECORDED:
            return unreadable.give_up(change, unreadable.UNRECORDED, now=now)
        if isinstance(error, Refused) and error.reason is not UNKNOWN_KIND:
            # A refusal is in the audit already; the change stays where it is, with its owner.
            return change
        if is_passing(error):
            raise
        why = _why_unreadable(change)
        if not why:
            raise
        log.exception("change_unreadable", change=change.pk)
        return unreadable.give_up(change, why, now=now)


def _why_unreadable(change: Change) -> str:
    with transaction.atomic():
        is_recorded = found(change).is_recorded
    return unreadable.why_unreadable(change) if is_recorded else unreadable.UNRECORDED


def _possible() -> list[State]:
    # While the replica cannot be read, what needs it waits, and no refusal fills the audit.
    try:
        reach()
    except Refused:
        return [state for state in ACTS if state not in (State.APPLIED, State.SCHEDULED)]
    return list(ACTS)


def _send_again(change: Change, now: datetime) -> Change:
    return apply.resume(change, now=now)


def _read_back(change: Change, now: datetime) -> Change:
    return verify.verify(change, now=now)


def _run_out(change: Change, now: datetime) -> Change:
    return expire.expire(change, now=now) if expire.why_expired(change, now) else change


def _send_what_is_due(change: Change, now: datetime) -> Change:
    change = _run_out(change, now)
    step = plan.next_step(change)
    if change.state != State.SCHEDULED or step is None:
        return change
    if step.not_before is not None and step.not_before > now:
        return change
    if step.conditions and conditions.watch(step, ports().reader, now):
        return change
    if unbroken.why_broken(change):
        # It waits, without a refusal each second; the alert says that the audit is broken.
        return change
    return apply.apply(change, by=None, now=now)


ACTS: Final[dict[State, Act]] = {
    State.APPLYING: _send_again,
    State.APPLIED: _read_back,
    State.PROPOSED: _run_out,
    State.PREVIEWED: _run_out,
    State.APPROVED: _run_out,
    State.SCHEDULED: _send_what_is_due,
}
"""What the machine does with a change in a state; in every other it waits for a person."""
