"""Reconcile: one command of the journal against what people signed. Reads, and changes nothing.

The change is found by the command's cause, its step by the position of the receipt, and the words
are compared byte by byte, but for the name. What a signature says is compared with the audit
(`authority`). The same function serves the running exchange and `pilothouse verify`.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Final

from pilothouse.control import audited, authority, plan
from pilothouse.control.hearers import EXCHANGE, exchange
from pilothouse.control.models import Change, ChangeStep
from pilothouse.control.refusals import Refused
from pilothouse.language import commands as asked
from pilothouse.language.doors import numbers
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Sender
from pilothouse.language.schema import COMMANDS
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import attempt, readable
from pilothouse.venue import allowed
from pilothouse.venue.watched_commands import Watched, said_by

At = ChangeStep.At
Verdict = Any


class Difference(StrEnum):
    """What can be wrong between the journal and the records."""

    SENDER = "sender may not say it"
    GENESIS = "after the founding"
    NO_CHANGE = "no such change"
    NOT_SENT = "not sent by the change"
    BYTES = "other words than signed"
    TWICE = "executed twice"
    NOT_WRITTEN_DOWN = "no receipt in the records"
    OUTCOME = "another outcome"
    NOT_SIGNED = "not signed as its class needs"
    NOT_IN_JOURNAL = "not in the journal"
    UNREADABLE = "cannot be read"
    AUDIT = "audit was rewritten"
    AUDIT_CUT = "audit was cut"
    AUDIT_BROKEN = "audit was found broken"
    MOVED = "comparison was moved"


AGREES: Final = ""
WAITS: Final = "waits"
"""The command is under way: its change has not written down the receipt yet."""


@dataclass(frozen=True)
class Found:
    """What a comparison says: AGREES, WAITS, or a difference, and the sentence."""

    verdict: str
    sentence: str = ""


_FINE: Final = Found(AGREES)
_FOUNDS: Final = numbers(
    asked.CreateExchange, asked.OpenAccount, asked.Deposit, asked.SetFeeSchedule
)
"""What the founding alone does: money and accounts from nowhere, and fees."""


def judge(one: Watched, in_use: Set[int], charged: Set[int] = frozenset()) -> Found:
    """Compare a watched command; `in_use` are markets that somebody but the founding used,
    `charged` the fee schedules that markets have.
    """
    why = allowed.why_not(one.sender, one.number, one.cause)
    if why:
        return _differs(one, Difference.SENDER, why)
    if one.number == asked.RecordAuditHead.number:
        return _audit_head(one)
    if one.sender == Sender.GENESIS and in_use and one.number in _FOUNDS:
        return _differs(one, Difference.GENESIS, "clients trade already")
    fees = one.command.fee_schedule if isinstance(one.command, asked.SetFeeSchedule) else 0
    if fees in charged:
        return _differs(one, Difference.GENESIS, f"a market has fee schedule {fees} already")
    if not COMMANDS[one.number].governed:
        return _FINE
    if one.cause.kind == CauseKind.GENESIS:
        return _at_founding(one, in_use)
    return _of_a_change(one)


def charged_by(one: Watched) -> int:
    """Return the fee schedule of the market that a command listed, 0 if there is none."""
    listed = isinstance(one.command, asked.ListMarket) and one.accepted
    return int(getattr(one.command, "fee_schedule", 0)) if listed else 0


def _differs(one: Watched, what: Difference, why: str) -> Found:
    name = COMMANDS[one.number].__name__
    became = "" if one.accepted else " It was not executed."
    return Found(what, f"Command {one.position:,} ({name}): {what}: {why}.{became}")


def _at_founding(one: Watched, in_use: Set[int]) -> Found:
    market = int(getattr(one.command, "market", 0))
    if market in in_use:
        return _differs(
            one, Difference.GENESIS, f"market {market} had orders or changes before it"
        )
    return _FINE


def _audit_head(one: Watched) -> Found:
    head = one.command
    if not isinstance(head, asked.RecordAuditHead):
        return _differs(one, Difference.UNREADABLE, "it is no head of the audit")
    if head.hash == exchange.FOUND_BROKEN:
        return _differs(one, Difference.AUDIT_BROKEN, audited.BROKEN_BEHIND.format(head.row))
    row = AuditRow.objects.filter(number=head.row).values_list("hash", flat=True).first()
    if row is None:
        return _differs(one, Difference.AUDIT_CUT, audited.NO_ROW.format(head.row))
    if row != head.hash or one.outcome:
        return _differs(one, Difference.AUDIT, audited.ANOTHER_ROW.format(head.row))
    return _FINE


def _of_a_change(one: Watched) -> Found:
    # One change that cannot be read must not end the comparison of all that follows.
    why = f"change {one.cause.id} cannot be read"
    found = attempt(partial(_by_its_change, one))
    return found or _differs(one, Difference.UNREADABLE, why)


def _by_its_change(one: Watched) -> Found:
    change = Change.objects.filter(pk=one.cause.id).first()
    if change is None:
        return _differs(one, Difference.NO_CHANGE, f"there is no change {one.cause.id}")
    if one.repeated:
        return _again(one, change)
    step = change.steps.filter(position=one.position).first()
    if step is None:
        return _without_receipt(one, change)
    if not _same_words(one, change, step):
        why = f"step {step.number} of change {change.pk} has other words"
        return _differs(one, Difference.BYTES, why)
    if one.outcome is not None and step.outcome != one.outcome:
        why = f"change {change.pk} wrote down outcome {step.outcome}, it was {one.outcome}"
        return _differs(one, Difference.OUTCOME, why)
    unsigned = authority.why_unsigned(change, step)
    return _differs(one, Difference.NOT_SIGNED, unsigned) if unsigned else _FINE


def _again(one: Watched, change: Change) -> Found:
    # Said again by the same name it is executed once; other words would have been refused.
    if any(_same_words(one, change, step) for step in change.steps.exclude(sent_at=None)):
        return _FINE
    return _differs(one, Difference.NOT_SENT, f"change {change.pk} never said it")


def _without_receipt(one: Watched, change: Change) -> Found:
    same = [step for step in change.steps.all() if _same_words(one, change, step)]
    if any(step.state == At.SENT and step.position is None for step in same):
        return Found(WAITS, f"change {change.pk} has not written down its receipt")
    if any(step.position is not None for step in same):
        why = f"change {change.pk} said it once, and its receipt is of another position"
        return _differs(one, Difference.TWICE, why)
    if same:
        return _differs(one, Difference.NOT_SENT, f"change {change.pk} has not sent this step")
    return _differs(one, Difference.BYTES, f"no step of change {change.pk} has these words")


def _same_words(one: Watched, change: Change, step: ChangeStep) -> bool:
    kept = authority.said_when_sent(change, step)
    return one.said == (kept or said(change, step))


def said(change: Change, step: ChangeStep) -> str:
    """Return the hash of what a step says, but for its name; empty if this release cannot read it
    or if the register hears it.
    """
    try:
        hears, words = plan.said_by(step)
    except (Refused, ValueError, TypeError, LookupError, AttributeError):
        return ""
    if hears is not EXCHANGE:
        return ""
    return said_by(exchange.unnamed(words, change.pk))  # type: ignore[arg-type]


def not_written_down(position: int, change: int) -> Found:
    """Return what is said of a command whose change never wrote down its receipt."""
    what = Difference.NOT_WRITTEN_DOWN
    return Found(what, f"Command {position:,} of change {change}: {what}.")


def missing(positions: set[int], first: int, last: int) -> list[Found]:
    """Return the steps whose receipt is of a position between two, where the journal has no
    command of a change; `positions` are those it has.
    """
    steps = ChangeStep.objects.filter(position__gte=first, position__lte=last)
    return [
        Found(
            Difference.NOT_IN_JOURNAL,
            f"Step {step.number} of change {step.change_id} was received at command "
            f"{step.position:,}: {Difference.NOT_IN_JOURNAL}.",
        )
        for step in readable(steps.select_related("change").order_by("position"))
        if step.position not in positions and _is_of_the_exchange(step)
    ]


def _is_of_the_exchange(step: ChangeStep) -> bool:
    try:
        return plan.hearer(step.change) is EXCHANGE
    except Refused:
        return "number" in step.words


def is_written_down(position: int, change: int, said_in_journal: str) -> bool:
    """Tell whether a change has the receipt of a command by now, with the words it sent.

    One that cannot be read has none.
    """
    return bool(attempt(partial(_is_written_down, position, change, said_in_journal)))


def _is_written_down(position: int, change: int, said_in_journal: str) -> bool:
    step = ChangeStep.objects.filter(change=change, position=position).first()
    if step is None or step.outcome is None:
        return False
    kept = authority.said_when_sent(step.change, step) or said(step.change, step)
    return kept == said_in_journal and not (
        step.outcome == 0 and authority.why_unsigned(step.change, step)
    )
