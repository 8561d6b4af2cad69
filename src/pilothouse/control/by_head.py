"""What the audit says of somebody, read once for each state of the audit.

A page asks for a person's rights dozens of times. Every row that could change the answer moves the
audit's head on, so answers are kept for its newest state alone: the highest head that this process
has seen, at a row that was written here and is the last. Whoever sets the head back brings no
answer of before with it. A row that is changed with SQL moves none: then what was read before
stays, and it was sealed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from django.conf import settings
from django.db.models import Subquery

from pilothouse.records import audit
from pilothouse.records.models import AuditHead, AuditRow
from pilothouse.records.readable import attempt
from pilothouse.records.seen import SEEN, Known

T = TypeVar("T")
NO_HEAD: Final = (0, "", 0)
KEPT: Final = 1_000
"""Answers of one kind that are kept: many more than people who are signed in."""


class ByHead(Generic[T]):
    """Answers to one question about many things, for the audit's newest head. For any thread."""

    def __init__(self, read: Callable[[Any], T]) -> None:
        self._read = read
        self._kept: tuple[Any, dict[Any, T]] = (None, {})

    def of(self, about: Any) -> T:
        """Return the answer about something: at the price of one row where it was read before."""
        head = _newest()
        if head is None:
            return self._read(about)
        now, (state, kept) = (str(settings.PILOTHOUSE_HOME), head), self._kept
        if state != now or len(kept) >= KEPT:
            kept = {}
            self._kept = now, kept
        if about not in kept:
            kept[about] = self._read(about)
        return kept[about]


def _newest() -> Known | None:
    """Return the head where it is at the last row, and none behind it was seen; else None."""
    last = AuditRow.objects.order_by("-number").values("number")[:1]
    heads = AuditHead.objects.filter(pk=1).annotate(last=Subquery(last))
    number, told, last_row = attempt(heads.values_list("number", "hash", "last").first) or NO_HEAD
    is_last = isinstance(number, int) and 0 < number == last_row
    if not is_last or not SEEN.is_newest(number):
        return None
    return (number, told) if SEEN.head == (number, told) or _is_ours(number, told) else None


def _is_ours(number: int, told: str) -> bool:
    row = attempt(AuditRow.objects.filter(number=number).first)
    is_ours = bool(row and row.hash == told and audit.is_sealed(row))
    if is_ours:
        SEEN.note_head(number, told)
    return is_ours
