"""The audit's chain followed piece by piece: what was followed before is not read again at once.

A page reads the new rows only; a worker goes round the whole chain, a piece at a time, so that a
row changed long ago shows too. Head and rows are compared as `audit.verify` compares them, and
with the newest row that this process has seen. What was found broken stays so until a restart.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Final

from pilothouse.records.audit import NO_HASH, Verdict, below_the_first, check_chain, head
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import each
from pilothouse.records.seen import SEEN

PIECE: Final = 500
"""Rows that are read at one time."""
CUT: Final = "rows at the end are missing or added"
MOVED: Final = "the head was not at the last row"


class Checking:
    """How far the chain was followed, and where it first broke."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows, self._hash = 0, NO_HASH
        self._round_rows, self._round_hash = 0, NO_HASH
        self._goal = (0, NO_HASH)
        self._broken: Verdict | None = None
        self._unsure = 0

    def forget(self) -> None:
        """Begin from nothing, as a process does."""
        SEEN.forget()
        self.__init__()  # type: ignore[misc]

    def broken(self) -> Verdict | None:
        """Return what was found broken so far, or that what was seen is gone; follow nothing."""
        with self._lock:
            self._miss_what_was_seen()
            return self._broken

    def found_broken(self, at: int, why: str, unsure: int = 0) -> None:
        """Note what another look found: the chain counts as broken from row `at` on.

        What was taken out behind that, before row `unsure`, is not known.
        """
        with self._lock:
            self._broken = self._broken or Verdict(at - 1, at, why, self._hash)
            self._unsure = max(self._unsure, at, unsure)

    def is_behind(self, number: int) -> bool:
        """Tell whether a row stands behind every break that was found."""
        broken = self.broken()
        return broken is not None and number >= max(broken.broken_at, self._unsure)

    def verdict(self) -> Verdict:
        """Follow the rows that are new, one piece of them, and say what is known.

        `rows` of the verdict is how far the chain was followed; `head` is the last hash there.
        """
        with self._lock:
            if self._broken is None:
                self._follow_new()
            return self._broken or Verdict(self._rows, 0, "", self._hash)

    def go_round(self) -> None:
        """Follow one piece of the whole chain again, from its beginning when it has come round.

        A round ends where the chain was when it began: what is new since then delays none.
        """
        with self._lock:
            if self._broken is None:
                self._follow_new()
            if self._broken is None:
                self._go_on()

    def _go_on(self) -> None:
        if self._round_rows >= self._goal[0]:
            self._round_rows, self._round_hash = 0, NO_HASH
            self._goal = (self._rows, self._hash)
        last, told = self._goal
        most = min(PIECE, last - self._round_rows)
        found = _follow(self._round_rows, self._round_hash, most)
        if found.whole and found.rows == most:
            self._round_rows += found.rows
            self._round_hash = found.head
            if self._round_rows == last and self._round_hash != told:
                found = replace(found, broken_at=last, reason="the chain is another one")
        elif found.whole:
            gone = self._round_rows + found.rows + 1
            found = replace(found, broken_at=gone, reason=f"row {gone} is missing")
        if not found.whole:
            self._broken = found

    def _miss_what_was_seen(self) -> None:
        at = SEEN.moved
        if at and self._broken is None:
            self._broken = Verdict(at - 1, at, f"{MOVED} when row {at:,} was written", NO_HASH)
        gone = 0 if self._broken else SEEN.lost()
        if gone:
            number, told = head()
            at = min(gone, number + 1)
            self._broken = Verdict(at - 1, at, f"{CUT}: row {gone:,} was seen before", told)

    def _follow_new(self) -> None:
        self._miss_what_was_seen()
        if self._broken is not None:
            return
        # The chain is followed upwards from row 1: what was put below it is no part of it.
        below = below_the_first()
        if below:
            self._broken = Verdict(0, 1, below, NO_HASH)
            return
        number, told = head()
        if number < self._rows:
            self._broken = Verdict(number, number + 1, CUT, told)
            return
        found = _follow(self._rows, self._hash, PIECE)
        if not found.whole:
            self._broken = found
            return
        self._rows, self._hash = self._rows + found.rows, found.head
        differs = found.rows < PIECE and (self._rows, self._hash) != (number, told)
        # A row may have been written between the two readings: the head is asked once more.
        if differs and head() == (number, told):
            self._broken = Verdict(self._rows, self._rows + 1, CUT, self._hash)


def _follow(after: int, before: str, most: int) -> Verdict:
    rows = each(AuditRow.objects.filter(number__gt=after).order_by("number"), most)
    return check_chain(rows, after, before)


CHECKING: Final = Checking()
"""That of this process."""
