"""How often one person may sign in and change credentials: each time is a row of the audit.

The levels fall with time, so a person who reached one waits minutes and is never locked out.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from pilothouse.gate.allowances import Allowances, Rate

HOUR_S: Final = 3_600
SIGN_INS_AN_HOUR: Final = Rate(60, 60 / HOUR_S)
CHANGES_AN_HOUR: Final = Rate(20, 20 / HOUR_S)
SESSIONS_MOST: Final = 20
"""Sessions of one person that live at one time."""
BEGUN_MOST: Final = 500
"""Sign-ins of one person that wait for the second factor: more than a passer-by pushes out."""


class Often:
    """How often each person did one thing. Safe from any thread."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self._clock, self._lock = rate, clock, threading.Lock()
        self._levels: Allowances[int] = Allowances(rate, clock=clock)

    def take(self, person: int) -> bool:
        """Count one more time; False, and nothing counted, where it is one too many."""
        with self._lock:
            return self._levels.take(person)

    def forget(self) -> None:
        """Begin anew."""
        self.__init__(self.rate, self._clock)  # type: ignore[misc]


class Newest:
    """The newest sessions of each person. Safe from any thread."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._of: dict[int, OrderedDict[str, None]] = {}

    def add(self, person: int, session: str) -> list[str]:
        """Note a session; return the oldest ones, which are too many and are to end."""
        with self._lock:
            kept = self._of.setdefault(person, OrderedDict())
            kept[session] = None
            kept.move_to_end(session)
            return [kept.popitem(last=False)[0] for _ in range(len(kept) - self._most)]

    def remove(self, person: int, session: str) -> None:
        """Forget a session that ended."""
        with self._lock:
            self._of.get(person, OrderedDict()).pop(session, None)

    def forget(self) -> None:
        """Begin anew."""
        self.__init__(self._most)  # type: ignore[misc]


SIGN_INS: Final = Often(SIGN_INS_AN_HOUR)
CHANGES: Final = Often(CHANGES_AN_HOUR)
LIVE: Final = Newest(SESSIONS_MOST)
BEGUN: Final = Newest(BEGUN_MOST)
"""Those of this process: one console runs on a folder."""
