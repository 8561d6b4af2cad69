"""Apply: the one place from which a change's words leave for the exchange or the register.

`APPLYING` is committed before they are said. If this process dies in between, or the
exchange does not answer, `resume` says the same bytes by the same name and gets the first receipt:
words are heard once, however often they are said.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import transaction

from pilothouse.access.models import Person
from pilothouse.control import (
    conditions,
    evidence,
    gates,
    names,
    plan,
    reconcile,
    recorded,
    signing,
    unbroken,
    unreadable,
)
from pilothouse.control.deed import deed, found, locked, moment, move
from pilothouse.control.expire import why_expired
from pilothouse.control.fingerprint import fingerprint_of
from pilothouse.control.hearers.hearer import Answered
from pilothouse.control.measures import note_applied, note_predicted
from pilothouse.control.models import Change, ChangeStep, Preview
from pilothouse.control.moves import State, Verb
from pilothouse.control.ports import ports
from pilothouse.control.preview import above_what_was_signed
from pilothouse.control.questions import answer_of, ask_ahead, question_of
from pilothouse.control.refusals import (
    CONDITIONS_DO_NOT_HOLD,
    NO_RIGHT,
    NOT_AS_RECORDED,
    NOT_RECORDED,
    NOTHING_IS_DUE,
    WRONG_STATE,
    Refused,
    of_the_engine,
)
from pilothouse.language.names import Receipt
from pilothouse.language.refusals import BASE_VERSION_HAS_MOVED, IMPACT_ABOVE_WHAT_WAS_SIGNED

OUTCOMES: Final[dict[int, State]] = {
    0: State.APPLIED,
    int(BASE_VERSION_HAS_MOVED): State.STALE,
    int(IMPACT_ABOVE_WHAT_WAS_SIGNED): State.HELD,
}
"""What a receipt makes of a change; every other refusal is FAILED."""
UNNAMED: Final = f"{unreadable.CANNOT_BE_READ}: its command was sent without the name of a step"
"""Without the name of its command a step is never said again: it could be executed twice."""


def apply(change: Change, *, by: Person | None, now: datetime | None = None) -> Change:
    """Send the step that is due; by a person, or by the machine at its time (`by=None`).

    Rehearses again first. Returns the change APPLIED, or STALE, HELD, SUSPENDED, EXPIRED or
    FAILED; still APPLYING when the exchange did not answer. Raises Refused for what may not be.
    """
    now = moment(now)
    with deed(Verb.APPLY, by, change.subject, reads=True):
        change = found(change)
        if not change.is_recorded:
            return _suspend(change, by, now)
        question = question_of(_pass(change, by, now))
    ahead = ask_ahead([question])
    with deed(Verb.APPLY, by, change.subject, reads=True):
        change = found(change)
        if not change.is_recorded:
            return _suspend(change, by, now)
        step = _pass(change, by, now)
        answer = answer_of(step, ahead)
        target, reason = _before_sending(change, step, answer, now)
        if target is State.APPLYING:
            step.state, step.sent_at = ChangeStep.At.SENT, now
            step.name_number = names.next_number()
            step.save()
            change.scheduled_by = by or change.scheduled_by
        facts = {
            "step": step.number,
            "rehearsed_at": answer["position"],
            "said": reconcile.said(change, step),
            "class": change.change_class,
            "signed_with": signing.carried_by(change).pk,
        }
        move(change, Verb.APPLY, target, by=by, now=now, reason=reason, facts=facts)
    return resume(change, now=now) if target is State.APPLYING else change


def _suspend(change: Change, by: Person | None, now: datetime) -> Change:
    # It leaves the machine's hands: a deed on it leaves no record, so only its end is left.
    if by is not None and not gates.has_right(Verb.APPLY, change.kind, by, now):
        raise Refused(NO_RIGHT, Verb.APPLY)
    if change.state not in (State.APPROVED, State.SCHEDULED):
        raise Refused(NOT_AS_RECORDED)
    move(change, Verb.APPLY, State.SUSPENDED, by=by, now=now, reason=recorded.ODD)
    return change


def _pass(change: Change, by: Person | None, now: datetime) -> ChangeStep:
    if by is not None:
        gates.pass_gate(Verb.APPLY, change, by, now)
    elif change.state != State.SCHEDULED:
        raise Refused(WRONG_STATE, change.state)
    unbroken.check(change)
    step = plan.next_step(change)
    if step is None or (step.not_before and step.not_before > now):
        raise Refused(NOTHING_IS_DUE)
    waits_for = conditions.why_waiting(step, ports().reader, now)
    if waits_for:
        raise Refused(CONDITIONS_DO_NOT_HOLD, waits_for)
    return step


def _before_sending(
    change: Change, step: ChangeStep, answer: dict[str, Any], now: datetime
) -> tuple[State, str]:
    # Everything that was true when it was signed must be true now. The order is the order in
    # which people can do something about it.
    if fingerprint_of(change) != change.fingerprint:
        return State.SUSPENDED, "this change was edited after it was signed"
    expired = why_expired(change, now)
    if expired:
        return State.EXPIRED, expired
    lost = _who_lost_the_right(change, now)
    if lost or not _is_signed(change):
        return State.SUSPENDED, f"the right was lost by {', '.join(lost) or 'a signature'}"
    kind = plan.kind_of(change)
    if step.base_version != kind.base_version(step.fields, ports().reader):
        return State.STALE, "the base version moved"
    return _by_rehearsal(change, step, answer, now)


def _by_rehearsal(
    change: Change, step: ChangeStep, answer: dict[str, Any], now: datetime
) -> tuple[State, str]:
    evidence.keep(change, Preview.Question.FIRST, answer, now=now, step=step.number)
    note_predicted(change, step, plan.kind_of(change).impact(answer))
    above = above_what_was_signed(change, step, answer)
    if above:
        return State.HELD, above
    if answer["outcome"]:
        reason = str(of_the_engine(answer["outcome"]).sentence)
        return OUTCOMES.get(answer["outcome"], State.FAILED), reason
    return State.APPLYING, ""


def _who_lost_the_right(change: Change, now: datetime) -> list[str]:
    lost = signing.who_lost_the_right(change, now)
    sender = change.scheduled_by
    if sender is not None and not gates.has_right(Verb.APPLY, change.kind, sender, now):
        lost.append(sender.username)
    return lost


def _is_signed(change: Change) -> bool:
    carrier = signing.carried_by(change)
    return signing.is_complete(change, signing.live_signatures(carrier))


def resume(change: Change, *, now: datetime | None = None) -> Change:
    """Send the step of a change that is APPLYING, again if need be, and write what came back.

    One whose command has no name, or that is not as recorded, fails, with an alert, and waits for
    a person. While the audit is not whole nothing is said, and it stays APPLYING.
    """
    now = moment(now)
    with transaction.atomic():
        # What is said is read in the transaction in which it was compared with the record.
        change = found(change)
        if change.state != State.APPLYING or unbroken.why_broken(change):
            return change
        say = _to_say(change)
    if isinstance(say, str):
        return unreadable.give_up(change, say, now=now)
    try:
        answered = say()
    except (ConnectionError, TimeoutError):
        return change
    try:
        return _write_down(change, answered, now)
    except Refused as refused:
        if refused.reason is not NOT_RECORDED:
            raise
        # It was said, and that cannot be written down now: it stays APPLYING and is said again.
        change.refresh_from_db()
        return change


def _to_say(change: Change) -> Callable[[], Answered] | str:
    """Return what says the step that was sent last, or why nothing may be said."""
    step = plan.last_sent(change)
    if not change.is_recorded:
        return unreadable.UNRECORDED
    if step is None or step.name_number is None:
        return UNNAMED
    hearer, words = plan.said_by(step)
    return partial(hearer.say, words, change.pk, step.number, step.name_number)


def _write_down(change: Change, answered: Answered, now: datetime) -> Change:
    with deed(Verb.APPLY, None, change.subject):
        change = locked(change)
        step = plan.last_sent(change)
        if change.state != State.APPLYING or step is None:
            return change
        receipt = answered(now)
        _write_receipt(change, step, receipt, now)
        target = OUTCOMES.get(receipt.outcome, State.FAILED)
        reason = "" if receipt.accepted else of_the_engine(receipt.outcome).sentence
        facts = {
            "step": step.number,
            "position": receipt.position,
            "outcome": receipt.outcome,
            "repeated": receipt.repeated,
        }
        move(change, Verb.APPLY, target, by=None, now=now, reason=reason, facts=facts)
        return change


def _write_receipt(change: Change, step: ChangeStep, receipt: Receipt, now: datetime) -> None:
    step.position, step.outcome = receipt.position, receipt.outcome
    if receipt.accepted:
        step.state, step.applied_at = ChangeStep.At.APPLIED, now
        note_applied(change, now)
    else:
        step.state = ChangeStep.At.REFUSED
    step.save()
