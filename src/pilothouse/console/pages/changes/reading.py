"""Changes as lines of a table: what other pages show of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from pilothouse.console.query import row_number
from pilothouse.control.inherited import inherited
from pilothouse.control.models import Change, ChangeStep
from pilothouse.control.moves import OPEN, Owner, State
from pilothouse.control.signing import need_of
from pilothouse.control.touching import caused_by, touching_markets
from pilothouse.records.readable import Unreadable, attempt, each, readable

LINES_MOST: Final = 100
A_PAGE: Final = 50
UNREADABLE: Final = "This change cannot be read: somebody changed it beside this exchange"
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
    signed_with: str = ""
    """The change whose signatures carry it: "CH-1"; empty if it has its own."""

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
    short: str
    address: str


def microseconds(at: datetime) -> int:
    """Return a moment in microseconds since the epoch, exact."""
    passed = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def line(change: Change | Unreadable) -> ChangeLine:
    """Return a change as a line; one that cannot be read is named by its number alone."""
    made = None if isinstance(change, Unreadable) else attempt(partial(_line, change))
    return made or ChangeLine(change.pk, UNREADABLE, "", "unreadable", "", "", 0, 0, 0)


def _line(change: Change) -> ChangeLine:
    for text in (change.title, change.change_class, str(change.proposer)):
        # Bytes are no words: nobody is shown how Python writes them.
        text.encode()
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
        signed_with=_signed_with(change) if change.preapproved and not signed else "",
    )


def _signed_with(change: Change) -> str:
    found = inherited(change, timezone.now())
    return f"CH-{found.change}" if found is not None and not found.over else ""


def _lines(changes: QuerySet[Change]) -> list[ChangeLine]:
    wanted = changes.select_related("proposer").prefetch_related("signatures")
    return [line(one) for one in each(wanted.order_by("-id"), LINES_MOST)]


def open_changes() -> list[ChangeLine]:
    """Return what waits for a person: for a signature, for its proposer, for an owner."""
    waiting = _lines(Change.objects.filter(state__in=(*OPEN, *STOPPED)))
    return sorted(waiting, key=lambda one: (one.owner == Owner.MACHINE, -one.number))


@dataclass(frozen=True)
class Page:
    """A part of a list, the newest first. `older` is where the next part begins, 0 at the end."""

    lines: list[ChangeLine]
    count: int
    older: int


def page_of_open(before: int | None = None) -> Page:
    """Return a part of what waits; within it, what waits for the machine stands last."""
    page = _page(Change.objects.filter(state__in=(*OPEN, *STOPPED)), before)
    by_owner = sorted(page.lines, key=lambda one: one.owner == Owner.MACHINE)
    return replace(page, lines=by_owner)


def page_of_all(before: int | None = None) -> Page:
    """Return a part of the changes of any state."""
    return _page(Change.objects.all(), before)


def _page(changes: QuerySet[Change], before: int | None) -> Page:
    part = changes if before is None else changes.filter(pk__lt=before)
    wanted = part.select_related("proposer").prefetch_related("signatures").order_by("-id")
    found = each(wanted, A_PAGE + 1)
    older = found[A_PAGE - 1].pk if len(found) > A_PAGE else 0
    return Page([line(one) for one in found[:A_PAGE]], changes.count(), older)


def changes_touching(market: int) -> list[ChangeLine]:
    """Return the newest changes of one market."""
    return _lines(touching_markets(market))


def open_changes_touching(markets: list[int]) -> list[ChangeLine]:
    """Return the changes of some markets that wait for somebody."""
    return _lines(touching_markets(*markets).filter(state__in=(*OPEN, *STOPPED)))


def open_changes_of(name: str) -> list[ChangeLine]:
    """Return the changes that touch an object, by its name there, and wait for somebody."""
    return _lines(Change.objects.filter(touched__name=name, state__in=(*OPEN, *STOPPED)))


def changes_caused_by(subject: str) -> list[ChangeLine]:
    """Return the newest changes that something led to, by what the audit calls it."""
    return _lines(caused_by(subject))


def changes_like(wanted: str) -> list[ChangeLine]:
    """Return the changes whose number or title has these letters."""
    number = row_number(wanted.removeprefix("ch-").removeprefix("#"))
    named = Q(title__icontains=wanted)
    return _lines(Change.objects.filter(named if number is None else named | Q(pk=number)))


def due_changes() -> list[Due]:
    """Return the steps that are armed, and the ends of windows, with their times."""
    steps = ChangeStep.objects.filter(
        state=ChangeStep.At.WAITING, change__state=State.SCHEDULED, not_before__isnull=False
    ).select_related("change")
    return [
        Due(
            microseconds(step.not_before),
            f"Step {step.number} of CH-{step.change_id}: {step.change.title}",
            f"CH-{step.change_id} step {step.number}",
            f"/changes/{step.change_id}",
        )
        for step in readable(steps)
        if step.not_before is not None and isinstance(step.change.title, str)
    ]
