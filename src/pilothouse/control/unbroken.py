"""Whether the audit is whole where a change rests on it: asked before anything is sent.

The newest row about a change is believed for its seal, and a chain that lost its end, or a row in
its middle, still has an older one with a seal. So the rows are followed from the first one about a
change to the end; what this process has seen must still be there; and the journal's newest head
of the audit was compared. What was followed once is not read again. For what stops a market, rows
that somebody put before its first one, or far behind the end, are in the way of nothing. A row far
behind it that was written here shows that those between were taken out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from django.db import transaction

from pilothouse.control import heads
from pilothouse.control.believed import FIRST, Rows, beginning, believed, is_believed
from pilothouse.control.many import is_stop
from pilothouse.control.models import Change
from pilothouse.control.refusals import AUDIT_IS_BROKEN, Refused
from pilothouse.records import audit
from pilothouse.records.checking import CHECKING, CUT
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import Unreadable, stream
from pilothouse.records.seen import ABOUT, SEEN

NOT_COMPARED: Final = "it was not compared with the journal since the start; try again in a moment"
GONE: Final = "a row about a change that was seen before is gone"


@dataclass(frozen=True)
class Followed:
    """A stretch of rows, each sealed and chained to the one before it; `last` has this hash."""

    first: int
    last: int
    hash: str


_kept: Final[list[Followed]] = []


def forget() -> None:
    """Follow from the beginning of a change again, as a process that was just started."""
    _kept.clear()


def check(change: Change) -> None:
    """Raise Refused if the audit is not whole where a change rests on it."""
    why = why_broken(change)
    if why:
        raise Refused(AUDIT_IS_BROKEN, why)


@transaction.atomic
def why_broken(change: Change) -> str:
    """Return why the audit cannot carry a change any further; empty if it can.

    Followed are the rows since its own first one, or that of the change it undoes. A stop that was
    proposed behind every break needs its own rows alone: a market can be halted then too.
    """
    subjects = [one.subject for one in (change, change.reverts) if one is not None]
    end = audit.end() if is_stop(change) else None
    firsts = {one: _first(one, end) for one in subjects}
    first = min(firsts.values())
    broken = CHECKING.broken()
    if broken is not None and not (is_stop(change) and CHECKING.is_behind(first)):
        return f"row {broken.broken_at:,}: {broken.reason}"
    if not heads.are_compared():
        return NOT_COMPARED
    gone = max(map(SEEN.lost_about, subjects))
    if gone:
        CHECKING.found_broken(gone, GONE)
        return f"row {gone:,}: {GONE}"
    odd = (_why_unsealed(one, number, end) for one, number in firsts.items())
    return next(filter(None, odd), "") or _why_not_followed(first, end, broken is None)


def _why_unsealed(subject: str, first: int, end: int | None) -> str:
    # Its own rows are read each time: a seal that is emptied behind what was followed once would
    # take away what it says.
    begun = beginning()
    for row in stream(_about(subject, end).filter(number__gte=first)):
        if isinstance(row, Unreadable) or not is_believed(row, begun):
            return f"row {row.pk!r} was not written by this exchange"
    return ""


def _first(subject: str, end: int | None) -> int:
    # The first row about a stop is written behind all that was put there before.
    rows = _about(subject, end)
    found = (one.pk for one in (stream(rows) if end is None else believed(rows)))
    return next((one for one in found if isinstance(one, int)), FIRST)


def _about(subject: str, end: int | None) -> Rows:
    return _up_to(end, AuditRow.objects.filter(subject=subject, outcome=audit.DONE))


def _up_to(end: int | None, rows: Rows) -> Rows:
    rows = rows.filter(number__gte=FIRST).order_by("number")
    return rows if end is None else rows.filter(number__lte=end)


def _why_not_followed(first: int, end: int | None, keeps: bool) -> str:
    # What lies between what was followed and its first row is no matter of this change.
    reaches = keeps and _kept and _kept[0].first <= first <= _kept[0].last + 1
    known = _kept[0] if reaches else None
    after, before = (known.last, known.hash) if known else (first - 1, _before(first))
    stretch = _Stretch()
    verdict = audit.check_chain(stretch.rows(after, end), after, before)
    if stretch.odd is not None:
        return f"row {stretch.odd!r} was not written by this exchange"
    last = after + verdict.rows
    if verdict.whole and audit.head() != (last, verdict.head):
        verdict = replace(verdict, broken_at=last + 1, reason=CUT)
    if not verdict.whole:
        CHECKING.found_broken(verdict.broken_at, verdict.reason)
        return f"row {verdict.broken_at:,}: {verdict.reason}"
    if keeps:
        stretch.note_when_committed()
        made = Followed(known.first if known else first, last, verdict.head)
        transaction.on_commit(partial(_keep, made))
    return ""


def _before(first: int) -> str:
    row = AuditRow.objects.filter(number=first).first()
    return row.before_hash if row else audit.NO_HASH


class _Stretch:
    """Rows as far as each has its seal: `odd` is the number of the first that lacks it.

    Who hashes a chain anew behind a row that was taken out has no seals for it.
    """

    def __init__(self) -> None:
        self.odd: object = None
        self._newest: dict[str, AuditRow] = {}

    def rows(self, after: int, end: int | None) -> Iterator[AuditRow]:
        begun = beginning()
        for row in stream(_up_to(end, AuditRow.objects.filter(number__gt=after))):
            if isinstance(row, Unreadable):
                self.odd = row.pk
                return
            if not is_believed(row, begun):
                self.odd = row.number
                return
            self._newest[row.subject if row.subject.startswith(ABOUT) else ""] = row
            yield row

    def note_when_committed(self) -> None:
        for row in self._newest.values():
            SEEN.note_when_committed(row)


def _keep(made: Followed) -> None:
    _kept[:] = [made]
