"""Refused attempts in the audit, bounded: nobody fills the audit by being refused.

A person's refusals are rows up to a rate; above it, and for requests of nobody always, they are
counted, and at most once a minute one row says how many there were.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from pilothouse.gate.allowances import Allowances, Rate
from pilothouse.records.room import size_of

NOBODY: Final = "nobody"
PERSON: Final = Rate(60, 0.5)
"""Rows of refused attempts of one person: sixty at once, then thirty a minute."""
STRANGER: Final = Rate(20, 0.2)
"""Rows of refused sign-ins of people who are not signed in."""
PERSON_BYTES: Final = Rate(64 << 10, (64 << 10) / 60)
"""Bytes of such rows of one person: 64 KiB at once, then as many a minute."""
SUMMARY_EVERY_S: Final = 60
KINDS_MAX: Final = 1_000
OTHERS: Final = ("others", "request")

Kind = tuple[str, str]
"""Who was refused, and what."""


@dataclass
class _Counted:
    count: int = 0
    last: dict[str, Any] = field(default_factory=dict)
    told_s: float = float("-inf")


@dataclass(frozen=True)
class Summary:
    """What a row says of attempts that were only counted."""

    actor: str
    deed: str
    count: int
    last: dict[str, Any]


class Bound:
    """What may be written, and what was counted instead. Safe from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._people: Allowances[str] = Allowances(PERSON, clock=clock)
        self._bytes: Allowances[str] = Allowances(PERSON_BYTES, clock=clock)
        self._strangers: Allowances[str] = Allowances(STRANGER, clock=clock)
        self._counted: dict[Kind, _Counted] = {}
        self.counted_in_all = 0

    def is_row(self, actor: str, deed: str, facts: dict[str, Any]) -> bool:
        """Tell whether a refused attempt is a row of its own; count it otherwise."""
        with self._lock:
            if self._is_within(actor, deed, facts):
                return True
            kind = actor, deed
            if kind not in self._counted and len(self._counted) >= KINDS_MAX:
                kind = OTHERS
            counted = self._counted.setdefault(kind, _Counted())
            counted.count += 1
            counted.last = facts
            self.counted_in_all += 1
            return False

    def _is_within(self, actor: str, deed: str, facts: dict[str, Any]) -> bool:
        if actor != NOBODY:
            return self._bytes.take(actor, size_of(facts)) and self._people.take(actor)
        return deed != "request" and self._strangers.take(deed)

    def due(self) -> list[Summary]:
        """Return the summaries that are due, and begin to count anew."""
        now = self._clock()
        with self._lock:
            made = []
            for (actor, deed), one in list(self._counted.items()):
                if now - one.told_s < SUMMARY_EVERY_S:
                    continue
                if one.count:
                    made.append(Summary(actor, deed, one.count, one.last))
                    self._counted[actor, deed] = _Counted(told_s=now)
                else:
                    del self._counted[actor, deed]
            return made

    def forget(self) -> None:
        """Begin anew."""
        self.__init__(self._clock)  # type: ignore[misc]


BOUND: Final = Bound()
"""That of this process."""
