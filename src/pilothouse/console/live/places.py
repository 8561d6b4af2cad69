"""The places of the live feed: some for each person, a number in all, and a pace of opening."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Final

from pilothouse.gate.allowances import Allowances, Rate

OF_ONE: Final = 8
"""Feeds of one person: a browser needs one, whatever number of its pages are open."""
IN_ALL: Final = 1_200
PACE: Final = Rate(60, 50)
"""Feeds that are opened: sixty at once, then fifty a second. After a restart all come at once."""
PACE_OF_ONE: Final = Rate(30, 5)
"""Feeds that one person opens, so that nobody uses up the pace of all."""


class Places:
    """Who listens. Safe from any thread."""

    def __init__(self, of_one: int = OF_ONE, in_all: int = IN_ALL, pace: Rate = PACE) -> None:
        self.of_one, self.in_all = of_one, in_all
        self._lock = threading.Lock()
        self._of: Counter[int] = Counter()
        self._pace: Allowances[str] = Allowances(pace)
        self._pace_of_one: Allowances[int] = Allowances(PACE_OF_ONE)
        self.refused = 0

    def __len__(self) -> int:
        return self._of.total()

    @property
    def busiest_ppm(self) -> int:
        """Return the share of what one may have that the busiest has, or of all, in ppm."""
        with self._lock:
            most = max(self._of.values(), default=0)
            held = max(1_000_000 * most // self.of_one, 1_000_000 * len(self) // self.in_all)
            return max(held, self._pace.busiest_ppm, self._pace_of_one.busiest_ppm)

    def enter(self, person: int) -> bool:
        """Take a place; False if there is none, or too many were taken just now."""
        with self._lock:
            full = self._of[person] >= self.of_one or len(self) >= self.in_all
            if full or not self._pace_of_one.take(person) or not self._pace.take("all"):
                self.refused += 1
                if not self._of[person]:
                    del self._of[person]
                return False
            self._of[person] += 1
            return True

    def leave(self, person: int) -> None:
        """Give a place back."""
        with self._lock:
            self._of[person] -= 1
            if self._of[person] <= 0:
                del self._of[person]


PLACES: Final = Places()
"""Those of this process."""
