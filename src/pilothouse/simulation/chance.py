"""Chance from one seed: the same numbers on every machine and in every release of Python.

The generator is SplitMix64 (Steele, Lea, Flood 2014): a counter and a mixer over 64-bit words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

MASK: Final = (1 << 64) - 1
GOLDEN: Final = 0x9E3779B97F4A7C15

T = TypeVar("T")


class Chance:
    """A stream of numbers that its seed determines."""

    def __init__(self, seed: int) -> None:
        self._state = seed & MASK

    def word(self) -> int:
        """Return the next number from 0 to 2^64 - 1."""
        self._state = (self._state + GOLDEN) & MASK
        word = self._state
        word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB & MASK
        return word ^ (word >> 31)

    def below(self, limit: int) -> int:
        """Return a number from 0 to limit - 1; the bias of the last part in 2^64 is accepted."""
        return self.word() * limit >> 64

    def between(self, least: int, most: int) -> int:
        """Return a number from least to most, both included."""
        return least + self.below(most - least + 1)

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[self.below(len(choices))]

    def one_in(self, count: int) -> bool:
        """Tell, once in so many times, yes."""
        return self.below(count) == 0

    def around(self, spread: int) -> int:
        """Return a number between -3 spread and 3 spread, bell-shaped around 0."""
        return sum(self.between(-spread, spread) for _ in range(3))

    def fork(self) -> Chance:
        """Return a stream of its own, so that one user's draws do not move another's."""
        return Chance(self.word())
