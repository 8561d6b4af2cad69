"""Whose question is answered next: few at once, one of each person, in the order asked.

Everybody who waits is counted, and beyond a bound the answer is at once that others are before.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pilothouse.records.archive.refusals import IS_BUSY, Refused

AT_ONCE: Final = 2
OF_A_PERSON: Final = 1
WAITING_MOST: Final = 8
WAITING_OF_A_PERSON: Final = 2
WAIT_S: Final = 20
"""Longer than a question before one's own may take."""


@dataclass(eq=False)
class Ticket:
    """Somebody who waits or is being answered."""

    person: str


class Turns:
    """The turns of one process's questions."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._running: list[Ticket] = []
        self._waiting: deque[Ticket] = deque()

    @property
    def running(self) -> int:
        """Return how many are being answered."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    @contextmanager
    def of(self, person: str, wait_s: float = WAIT_S) -> Iterator[None]:
        """Hold a turn of a person. Raises Refused where too many wait, or after `wait_s`."""
        mine = self._begin(person, time.monotonic() + wait_s)
        try:
            yield
        finally:
            with self._moved:
                self._running.remove(mine)
                self._moved.notify_all()

    def _begin(self, person: str, until: float) -> Ticket:
        with self._moved:
            theirs = sum(1 for one in self._waiting if one.person == person)
            if theirs >= WAITING_OF_A_PERSON or len(self._waiting) >= WAITING_MOST:
                raise Refused(IS_BUSY, "you wait for others already" if theirs else "many wait")
            mine = Ticket(person)
            self._waiting.append(mine)
            try:
                ready = self._moved.wait_for(
                    lambda: self._next() is mine, max(0.0, until - time.monotonic())
                )
            finally:
                self._waiting.remove(mine)
                self._moved.notify_all()
            if not ready:
                raise Refused(IS_BUSY, "none ended in time")
            self._running.append(mine)
            return mine

    def _next(self) -> Ticket | None:
        # The first who waits and is not being answered already.
        if len(self._running) >= AT_ONCE:
            return None
        persons = [one.person for one in self._running]
        free = (one for one in self._waiting if persons.count(one.person) < OF_A_PERSON)
        return next(free, None)


TURNS: Final = Turns()
"""Those of this process for SQL."""
EXPLANATIONS: Final = Turns()
"""Those of this process for explanations, which step the journal in the process itself: whoever
waits for one never stands in the way of SQL."""
