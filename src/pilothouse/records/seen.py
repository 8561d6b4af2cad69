"""The newest rows of the audit that this process has seen: what is taken away is missed at once.

A row that was cut off at the end, or that a change's rows end before, leaves a chain that looks
whole. Only rows that were committed are kept here, so a transaction that is undone takes none.
What is written behind a cut is another chain: of it only what is about a change is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from threading import Lock
from typing import Final

from django.db import transaction

from pilothouse.records.models import AuditRow

DONE: Final = "done"
ABOUT: Final = "change:"
"""The subjects of which the newest row is kept beside that of the whole audit."""
RECENT_MOST: Final = 4_096
"""Rows whose hashes are kept, so that none is written twice by one number."""
Known = tuple[int, str]
NOTHING: Final[Known] = (0, "")
Sealed = tuple[int, str, str]
"""A row's number, its hash and its seal: who empties a seal takes away what the row says."""
NONE: Final[Sealed] = (0, "", "")


class Seen:
    """The number, hash and seal of the newest row, of that about each change, and of each deed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last, self._gone = NONE, 0
        self.moved = 0
        """The row that was written first behind a head that was not at the end; else 0."""
        self._held = NOTHING
        self.head = NOTHING
        """The highest head that was at its row when this process asked."""
        self._recent: dict[int, str] = {}
        self._about: dict[str, Sealed] = {}
        self._by: dict[str, Sealed] = {}
        self._ended: dict[str, tuple[int, str]] = {}

    def forget(self) -> None:
        """Begin from nothing."""
        self.__init__()  # type: ignore[misc]

    def note_written(self, row: AuditRow) -> None:
        """Keep a row that this transaction writes, once it has ended well.

        The rows that were seen before must be there: what the transaction reads is as it writes.
        """
        if (row.number - 1, row.before_hash) != self._last[:2]:
            gone = self.lost()
            with self._lock:
                self._gone = gone
        deed = row.deed if row.outcome == DONE else ""
        transaction.on_commit(partial(self._note, _sealed(row), _about(row), deed))

    def note_moved(self, number: int) -> None:
        """Keep that the head was not at the end when the row with this number was written."""
        with self._lock:
            self.moved = self.moved or number

    def note_held(self, number: int, told: str) -> None:
        """Keep a row by its hash which the journal holds, and the audit had when it was asked."""
        with self._lock:
            self._held = max(self._held, (number, told))

    def is_newest(self, number: int) -> bool:
        """Tell whether neither a row nor a head was seen behind this number."""
        with self._lock:
            return number >= max(self.head[0], self._last[0])

    def note_head(self, number: int, told: str) -> None:
        """Keep a head that is at its row, unless one behind it was seen."""
        with self._lock:
            if number >= self.head[0]:
                self.head = number, told

    def last_there(self) -> int:
        """Return the highest number of a row that was seen, or is held, and is there; 0 if none.

        It counts by its hash: a row whose seal was emptied is not one that was put there.
        """
        known = {self._last[:2], self._held} - {NOTHING}
        return max((number for number, told in known if _is_there(number, told)), default=0)

    def note_when_committed(self, row: AuditRow) -> None:
        """Keep a row once the transaction in which it was read has ended well."""
        transaction.on_commit(partial(self._note, _sealed(row), _about(row)))

    def note_ended(self, what: str, row: AuditRow, at: str = "") -> None:
        """Keep that a sealed row ended something, once the transaction has ended well.

        It stays ended here when that row is taken out of the audit, changed or no longer found.
        """
        transaction.on_commit(partial(self._end, what, (row.number, at)))

    def _end(self, what: str, said: tuple[int, str]) -> None:
        with self._lock:
            self._ended[what] = max(self._ended.get(what, said), said)

    def ended(self, what: str) -> str | None:
        """Return when something ended, as the newest row that was seen says; None if none does."""
        said = self._ended.get(what)
        return said[1] if said else None

    def _note(self, one: Sealed, about: str, deed: str = "") -> None:
        number, told, _ = one
        with self._lock:
            # A row that was written where another one was seen: the end was cut in between.
            if self._recent.setdefault(number, told) != told:
                self._gone = self._gone or number
            while len(self._recent) > RECENT_MOST:
                self._recent.pop(next(iter(self._recent)))
            if about:
                self._about[about] = max(self._about.get(about, NONE), one)
            if self._gone:
                return
            self._last = max(self._last, one)
            if deed:
                self._by[deed] = max(self._by.get(deed, NONE), one)

    def newest(self, deeds: Iterable[str]) -> Known:
        """Return the newest row that this process wrote of what was done by these deeds.

        It asks memory alone, so nobody who holds the database keeps it from being known.
        """
        with self._lock:
            return max((self._by.get(one, NONE) for one in deeds), default=NONE)[:2]

    def lost(self) -> int:
        """Return the number of the newest row if the audit does not have it any more, else 0."""
        return self._gone or _lost(self._last) or self._lost_held()

    def _lost_held(self) -> int:
        number, told = self._held
        is_there = self._held in (NOTHING, self._last[:2]) or _is_there(number, told)
        return 0 if is_there else number

    def lost_about(self, subject: str) -> int:
        """Return the number of the newest row about a change if it is gone, else 0."""
        return _lost(self._about.get(subject, NONE), subject)


def _sealed(row: AuditRow) -> Sealed:
    return row.number, row.hash, row.seal


def _about(row: AuditRow) -> str:
    return row.subject if row.subject.startswith(ABOUT) and row.outcome == DONE else ""


def _is_there(number: int, told: str) -> bool:
    return AuditRow.objects.filter(number=number, hash=told).exists()


def _lost(known: Sealed, subject: str = "") -> int:
    number, told, seal = known
    rows = AuditRow.objects.filter(number=number, hash=told, seal=seal)
    if subject:
        rows = rows.filter(subject=subject, outcome=DONE)
    return number if number and not rows.exists() else 0


SEEN: Final = Seen()
"""Those of this process."""
