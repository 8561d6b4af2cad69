"""Allowances: how much a sender may ask for over time, in tables that are bounded themselves.

A level rises with what is asked for and falls with time, as Kraken's counters do. Every sender
that has an IPv6 address counts for the networks around it too: nothing has to ask for that.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from pilothouse.gate.around import AROUND, senders_around
from pilothouse.gate.levels import Levels

SENDERS_KEPT: Final = 10_000

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
    """The levels of many senders and of the networks around them. Safe in one thread.

    A sender is a number or a text, or a tuple of such: an address in it is found there.
    """

    def __init__(
        self,
        rate: Rate,
        kept: int = SENDERS_KEPT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rate, self._clock = rate, clock
        self._tables = [
            Levels(rate.limit * times, rate.per_second * times, kept)
            for times in (1, *(times for _, times in AROUND))
        ]
        """The senders' own, then those of the networks, the narrowest first."""
        self.refused = 0
        """How often something was refused, since the start."""

    def __len__(self) -> int:
        return len(self._tables[0])

    def level(self, sender: Sender) -> float:
        """Return the sender's own level now."""
        return self._tables[0].level(sender, self._clock())

    def take(self, sender: Sender, cost: float = 1) -> bool:
        """Add a cost to the sender's level; False, and nothing added, if it would pass the limit
        or that of a network around it.

        A cost above the limit passes at level zero: nobody is refused for ever.
        """
        if self.rate.unlimited:
            return True
        now = self._clock()
        if not all(table.has_room(one, cost, now) for table, one in self._counted(sender)):
            self.refused += 1
            return False
        for table, one in self._counted(sender):
            table.take(one, cost, now)
        return True

    def add(self, sender: Sender, cost: float) -> None:
        """Add a cost that is not asked about; one below zero is given back.

        The limit's double is the most a level reaches, zero the least.
        """
        if self.rate.unlimited:
            return
        now = self._clock()
        for table, one in self._counted(sender):
            table.add(one, cost, now)

    def is_spent(self, sender: Sender) -> bool:
        """Tell whether a sender, or a network around it, has room for nothing more; counts as
        refused.
        """
        if self.rate.unlimited or not self._any_above(sender, 1):
            return False
        self.refused += 1
        return True

    def is_over(self, sender: Sender) -> bool:
        """Tell whether more was added for a sender, or for a network around it, than it may use.

        Counts nothing.
        """
        return self._any_above(sender, 0)

    @property
    def busiest_ppm(self) -> int:
        """Return the highest level of any sender or network in ppm of its limit, up to a million.

        May be asked from any thread, and costs the same however many senders there are.
        """
        if self.rate.unlimited:
            return 0
        now = self._clock()
        return max(table.highest_ppm(now) for table in self._tables)

    def _any_above(self, sender: Sender, cost: float) -> bool:
        now = self._clock()
        counted = self._counted(sender)
        return any(table.level(one, now) + cost > table.limit for table, one in counted)

    def _counted(self, sender: Sender) -> Iterator[tuple[Levels, Hashable]]:
        return zip(self._tables, (sender, *senders_around(sender)), strict=False)


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
