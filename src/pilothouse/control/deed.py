"""How every verb is done: in one transaction with its audit row; refusals are recorded too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from pilothouse.access.models import Person
from pilothouse.access.one_look import anew
from pilothouse.control import as_read, recorded
from pilothouse.control.models import Change
from pilothouse.control.moves import NoSuchMove, State, Verb, check_move
from pilothouse.control.ports import reach
from pilothouse.control.refusals import NOT_AS_RECORDED, NOT_RECORDED, WRONG_STATE, Refused
from pilothouse.records import audit


def moment(now: datetime | None) -> datetime:
    """Return the given moment, or the present one."""
    return now or timezone.now()


def actor(by: Person | None) -> str:
    """Return what the audit calls a person: a number, for names are looked up elsewhere."""
    return f"person:{by.pk}" if by else "machine"


@contextmanager
def deed(verb: str, by: Person | None, subject: str, *, reads: bool = False) -> Iterator[None]:
    """Run a verb: all of it or nothing; what was refused is recorded when it is undone.

    A verb that `reads` the exchange waits for it before its transaction begins, so that nobody
    else waits for the database meanwhile.
    """
    try:
        if reads:
            reach()
        with anew(), _of_a_person(by), transaction.atomic():
            yield
    except Refused as refused:
        facts = {"reason": refused.reason.name, "detail": refused.detail}
        sentence = f"{verb} was refused: {refused}"
        with suppress(audit.NotRecorded):
            audit.write_refusal(actor(by), verb, subject, sentence, facts)
        raise
    except audit.NotRecorded as lost:
        # Without its audit row a deed is not done: the transaction is undone.
        raise Refused(NOT_RECORDED) from lost


@contextmanager
def _of_a_person(by: Person | None) -> Iterator[None]:
    """Refuse a person the move that the table does not have; for the machine it is a fault."""
    try:
        yield
    except NoSuchMove as fault:
        if by is None:
            raise
        raise Refused(WRONG_STATE, str(fault)) from fault


def locked(change: Change) -> Change:
    """Return the change as it is now, held until the transaction ends.

    Raises Refused if that is not how the last deed on it left it.
    """
    change = found(change)
    if not change.is_recorded:
        raise Refused(NOT_AS_RECORDED)
    return change


def found(change: Change) -> Change:
    """Return the change held as it is, recorded or not: for what stops it or ends it.

    One that cannot be read is not recorded, and is held as far as it can be.
    """
    change = as_read.read(Change.objects.select_for_update(), change.pk)
    change.is_recorded = not change.unread and recorded.is_as_recorded(change)
    return change if change.is_recorded else as_read.as_said(change)


def move(
    change: Change,
    verb: Verb,
    target: State,
    *,
    by: Person | None,
    now: datetime,
    reason: str = "",
    facts: dict[str, Any] | None = None,
) -> None:
    """Take a change along one arrow of the table and write its audit row."""
    source = State(change.state)
    check_move(verb, source, target)
    change.state, change.state_reason = target, reason
    if target != source:
        change.state_at = now
    as_read.save(change)
    note(change, verb, by, now, reason, {"from": source, "to": target} | (facts or {}))
    _tell_what_it_reverts(change, target, now)


def note(
    change: Change,
    verb: Verb,
    by: Person | None,
    now: datetime,
    reason: str = "",
    facts: dict[str, Any] | None = None,
) -> None:
    """Write the audit row of a deed on a change, behind all that the deed wrote."""
    who = str(by) if by else "the machine"
    sentence = f"{verb} by {who}: {change}, now {change.state}"
    sentence += f" ({reason})" if reason else ""
    all_facts = {"fingerprint": change.fingerprint} | (facts or {})
    all_facts[recorded.RECORD] = recorded.left(change)
    audit.write(actor(by), verb, change.subject, sentence, facts=all_facts, at=now)


def _tell_what_it_reverts(change: Change, target: State, now: datetime) -> None:
    # The change that is undone follows its undo.
    reverts = found(Change(pk=change.reverts_id)) if change.reverts_id else None
    if reverts is None or reverts.state != State.REVERTING:
        return
    if target is State.VERIFIED:
        outcome, reason = State.REVERTED, f"{change} is verified"
    elif target in (State.WITHDRAWN, State.REJECTED, State.FAILED):
        outcome, reason = State.INCONCLUSIVE, f"its undo, change {change.pk}, was not done"
    else:
        return
    move(reverts, Verb.REVERT, outcome, by=None, now=now, reason=reason)
