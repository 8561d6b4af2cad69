"""The levels of many senders: each rises with what is asked for and falls with time.

The table keeps the senders seen last; a sender that is forgotten had nothing left to pay, or the
table was full of others, whose own levels are not touched.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

PPM: Final = 1_000_000


class Levels:
    """One table: how high a level may be, by how much it falls each second, and whose are kept.

    `now` is a time in seconds that never goes back. Safe in one thread.
    """

    def __init__(self, limit: float, per_second: float, kept: int) -> None:
        self.limit, self._per_second, self._kept = limit, per_second, kept
        self._levels: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        self._highest = 0.0
        """The highest level that was reached, plus what levels had fallen by then since the start.

        All levels fall alike, so whose it was is the highest until another is set above it.
        """

    def __len__(self) -> int:
        return len(self._levels)

    def level(self, sender: Hashable, now: float) -> float:
        """Return the sender's level."""
        found = self._levels.get(sender)
        if found is None:
            return 0
        level, at = found
        return max(0.0, level - (now - at) * self._per_second)

    def has_room(self, sender: Hashable, cost: float, now: float) -> bool:
        """Tell whether a cost may be taken: one above the limit at level zero only."""
        level = self.level(sender, now)
        return not level or level + cost <= self.limit

    def take(self, sender: Hashable, cost: float, now: float) -> None:
        """Add a cost for which there is room."""
        self._set(sender, self.level(sender, now) + cost, now)

    def add(self, sender: Hashable, cost: float, now: float) -> None:
        """Add a cost that is not asked about: twice the limit is the most, zero the least."""
        level = self.level(sender, now) + cost
        self._set(sender, max(0, min(level, 2 * self.limit)), now)

    def highest_ppm(self, now: float) -> int:
        """Return the highest level of any sender in ppm of the limit, at most a million.

        May be asked from any thread, and costs the same however many senders there are.
        """
        level = max(0.0, self._highest - now * self._per_second)
        return min(PPM, int(PPM * level / self.limit))

    def _set(self, sender: Hashable, level: float, now: float) -> None:
        self._levels[sender] = level, now
        self._highest = max(self._highest, level + now * self._per_second)
        self._levels.move_to_end(sender)
        if len(self._levels) > self._kept:
            self._levels.popitem(last=False)
