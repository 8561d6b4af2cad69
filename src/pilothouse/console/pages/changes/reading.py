"""Changes as lines of a table: what other pages show of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.db.models import Q, QuerySet

from pilothouse.control.models import Change, ChangeStep
from pilothouse.control.moves import OPEN, Owner, State
from pilothouse.control.signing import need_of
from pilothouse.control.touching import caused_by, touching_markets

LINES_MOST: Final = 100
STOPPED: Final = (State.FAILED, State.INCONCLUSIVE, State.REVERTING)
"""Past being sent, and still somebody's turn."""


@dataclass(frozen=True)
class ChangeLine:
    """One change in a table. `since` is when it came into its state, microseconds."""

    number: int
    title: str
    change_class: str
    state: str
    owner: str
    proposer: str
    signatures: int
    signatures_needed: int
    since: int

    @property
    def label(self) -> str:
        """Return what people call it."""
        return f"CH-{self.number}"

    @property
    def address(self) -> str:
        """Return its page."""
        return f"/changes/{self.number}"


@dataclass(frozen=True)
class Due:
    """Something of a change that comes at a time of its own."""

    time: int
    sentence: str
    address: str


def microseconds(at: datetime) -> int:
    """Return a moment in microseconds since the epoch, exact."""
    passed = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def line(change: Change) -> ChangeLine:
    """Return a change as a line."""
    signed = [one for one in change.signatures.all() if one.void_at is None]
    return ChangeLine(
        number=change.pk,
        title=change.title,
        change_class=change.change_class,
        state=change.state,
        owner=str(change.owner),
        proposer=str(change.proposer),
        signatures=len(signed),
        signatures_needed=need_of(change).signatures,
        since=microseconds(change.state_at),
    )


def _lines(changes: QuerySet[Change]) -> list[ChangeLine]:
    wanted = changes.select_related("proposer").prefetch_related("signatures")
    return [line(one) for one in wanted.order_by("-id")[:LINES_MOST]]


def open_changes() -> list[ChangeLine]:
    """Return what waits for a person: for a signature, for its proposer, for an owner."""
    waiting = _lines(Change.objects.filter(state__in=(*OPEN, *STOPPED)))
    return sorted(waiting, key=lambda one: (one.owner == Owner.MACHINE, -one.number))


def all_changes() -> list[ChangeLine]:
    """Return the newest changes of any state."""
    return _lines(Change.objects.all())


def changes_touching(market: int) -> list[ChangeLine]:
    """Return the newest changes of one market."""
    return _lines(touching_markets(market))


def open_changes_touching(markets: list[int]) -> list[ChangeLine]:
    """Return the changes of some markets that wait for somebody."""
    return _lines(touching_markets(*markets).filter(state__in=(*OPEN, *STOPPED)))


def changes_caused_by(subject: str) -> list[ChangeLine]:
    """Return the newest changes that something led to, by what the audit calls it."""
    return _lines(caused_by(subject))


def changes_like(wanted: str) -> list[ChangeLine]:
    """Return the changes whose number or title has these letters."""
    digits = wanted.removeprefix("ch-").removeprefix("#")
    named = Q(title__icontains=wanted)
    return _lines(
        Change.objects.filter(named | Q(pk=int(digits)) if digits.isdecimal() else named)
    )


def due_changes() -> list[Due]:
    """Return the steps that are armed, and the ends of windows, with their times."""
    steps = ChangeStep.objects.filter(
        state=ChangeStep.At.WAITING, change__state=State.SCHEDULED, not_before__isnull=False
    ).select_related("change")
    return [
        Due(
            microseconds(step.not_before),
            f"Step {step.number} of CH-{step.change_id}: {step.change.title}",
            f"/changes/{step.change_id}",
        )
        for step in steps
        if step.not_before is not None
    ]
