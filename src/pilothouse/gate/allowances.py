"""Allowances: how much a sender may ask for over time, in a table that is bounded itself.

A level rises with what is asked for and falls with time, as Kraken's counters do. The table keeps
the senders seen last; a sender that is forgotten had nothing left to pay, or the table was full of
others, whose own allowances are not touched.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

SENDERS_KEPT: Final = 10_000
PPM: Final = 1_000_000

Sender = TypeVar("Sender", bound=Hashable)


@dataclass(frozen=True)
class Rate:
    """How high a level may be, and by how much it falls each second."""

    limit: float
    per_second: float

    @property
    def unlimited(self) -> bool:
        """Tell whether nothing is counted."""
        return self.limit == float("inf")


UNLIMITED: Final = Rate(float("inf"), 0)


class Allowances(Generic[Sender]):
    """The levels of many senders. Safe in one thread."""

    def __init__(
        self,
        rate: Rate,
        kept: int = SENDERS_KEPT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rate, self._kept, self._clock = rate, kept, clock
        self._levels: OrderedDict[Sender, tuple[float, float]] = OrderedDict()
        self._highest = 0.0
        """The highest level that was reached, plus what levels had fallen by then since the start.

        All levels fall alike, so whose it was is the highest until another is set above it.
        """
        self.refused = 0
        """How often something was refused, since the start."""

    def __len__(self) -> int:
        return len(self._levels)

    def level(self, sender: Sender) -> float:
        """Return the sender's level now."""
        found = self._levels.get(sender)
        if found is None:
            return 0
        level, at = found
        return max(0.0, level - (self._clock() - at) * self.rate.per_second)

    def take(self, sender: Sender, cost: float = 1) -> bool:
        """Add a cost to the sender's level; False, and nothing added, if it would pass the limit.

        A cost above the limit passes at level zero: nobody is refused for ever.
        """
        if self.rate.unlimited:
            return True
        if not self.has_room(sender, cost):
            self.refused += 1
            return False
        self._set(sender, self.level(sender) + cost)
        return True

    def has_room(self, sender: Sender, cost: float = 1) -> bool:
        """Tell whether a cost would be taken now."""
        level = self.level(sender)
        return not level or level + cost <= self.rate.limit

    def add(self, sender: Sender, cost: float) -> None:
        """Add a cost that is not asked about; one below zero is given back.

        The limit's double is the most a level reaches, zero the least.
        """
        if not self.rate.unlimited:
            self._set(sender, max(0, min(self.level(sender) + cost, 2 * self.rate.limit)))

    def is_spent(self, sender: Sender) -> bool:
        """Tell whether the sender's level leaves room for nothing more; counts as refused."""
        if self.rate.unlimited or self.level(sender) + 1 <= self.rate.limit:
            return False
        self.refused += 1
        return True

    @property
    def busiest_ppm(self) -> int:
        """Return the highest level of any sender in ppm of the limit, at most a million.

        May be asked from any thread, and costs the same however many senders there are.
        """
        if self.rate.unlimited:
            return 0
        level = max(0.0, self._highest - self._clock() * self.rate.per_second)
        return min(PPM, int(PPM * level / self.rate.limit))

    def _set(self, sender: Sender, level: float) -> None:
        now = self._clock()
        self._levels[sender] = level, now
        self._highest = max(self._highest, level + now * self.rate.per_second)
        self._levels.move_to_end(sender)
        if len(self._levels) > self._kept:
            self._levels.popitem(last=False)


class Remembered(Generic[Sender]):
    """The senders seen last, a bounded number of them."""

    def __init__(self, kept: int = SENDERS_KEPT) -> None:
        self._seen: OrderedDict[Sender, None] = OrderedDict()
        self._kept = kept

    def __contains__(self, sender: Sender) -> bool:
        return sender in self._seen

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, sender: Sender) -> None:
        """Remember a sender; forget the one not seen for longest if there are too many."""
        self._seen[sender] = None
        self._seen.move_to_end(sender)
        if len(self._seen) > self._kept:
            self._seen.popitem(last=False)
