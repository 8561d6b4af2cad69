"""Shares: how much each sender holds of what is bounded in all, and the network around it.

Whoever owns a /48 has 65,536 of what counts as one client. So its widest network holds less than
all as well: half as much again as one client may.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import ItemsView
from typing import Final

from pilothouse.gate.around import AROUND, networks_around

PPM: Final = 1_000_000
_WIDE: Final = f"/{AROUND[-1][0]}"


def holders(key: str) -> tuple[str, ...]:
    """Return who holds what a sender takes: itself, then of IPv6 the widest network around it."""
    return (key, *networks_around(key)[-1:])


def most_of(holder: str, of_one: int) -> int:
    """Return how much a holder may have where one sender may have `of_one`; rounded down."""
    return of_one * 3 // 2 if holder.endswith(_WIDE) else of_one


class Shares:
    """What is held, by holder. Safe in one thread."""

    def __init__(self, of_one: int) -> None:
        self.of_one = of_one
        self._held: Counter[str] = Counter()

    def __getitem__(self, holder: str) -> int:
        return self._held[holder]

    def items(self) -> ItemsView[str, int]:
        """Return the holders, senders before their networks, and what each has."""
        return self._held.items()

    def has_room(self, key: str, count: int = 1) -> bool:
        """Tell whether a sender may take so much more, and the network around it."""
        return all(self._held[one] + count <= most_of(one, self.of_one) for one in holders(key))

    def add(self, key: str, count: int = 1) -> None:
        """Count what a sender takes; below zero what it gives back."""
        for one in holders(key):
            self._held[one] += count
            if not self._held[one]:
                del self._held[one]

    def use_ppm(self) -> int:
        """Return the largest part in ppm that a holder has of what it may; from any thread."""
        held = list(self._held.items())
        return max((PPM * count // most_of(one, self.of_one) for one, count in held), default=0)
