"""A market's own normal: medians and median deviations of what was seen of it, in integers.

They are robust: while less than half of the window is unlike the rest, they hardly move. They are
learnt again after a start, and until enough was seen nothing is called unlike itself.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from pilothouse.language.numbers import PPM

WINDOW: Final = 900
"""Samples, one a second: fifteen minutes."""
SAMPLES_BEFORE_JUDGING: Final = 60
ANEW_EVERY: Final = 10
"""Samples between two computations of a median."""
DEVIATION_PPM: Final = 1_482_600
"""Of the median deviation to the standard deviation of what is normally distributed."""
FLOOR_OF_MEDIAN: Final = 20
"""A deviation is at least this part of the median, lest a market that never moves be nervous."""
MOVE_WINDOW: Final = 300
"""Samples over which a move of the price is measured: five minutes."""


def median(values: list[int]) -> int:
    """Return the lower median of values that are not empty: always one of them."""
    middle = (len(values) - 1) // 2
    return int(np.partition(np.array(values, np.int64), middle)[middle])


@dataclass
class Usual:
    """What is usual of one number: its median, and how far it usually is from it."""

    least: int
    """The smallest deviation that is ever taken for usual, in the number's unit."""
    seen: deque[int] = field(default_factory=lambda: deque(maxlen=WINDOW))
    middle: int | None = None
    deviation: int = 0
    _until_anew: int = 0

    def see(self, value: int | None) -> None:
        """Take one sample; None is no sample."""
        if value is None:
            return
        self.seen.append(value)
        self._until_anew -= 1
        if len(self.seen) >= SAMPLES_BEFORE_JUDGING and self._until_anew <= 0:
            self._learn()

    def _learn(self) -> None:
        values = list(self.seen)
        self.middle = median(values)
        spread = median([abs(one - self.middle) for one in values]) * DEVIATION_PPM // PPM
        self.deviation = max(spread, abs(self.middle) // FLOOR_OF_MEDIAN, self.least)
        self._until_anew = ANEW_EVERY

    def distance_ppm(self, value: int | None) -> int | None:
        """Return how many usual deviations a value is from the median, in ppm; None if unknown."""
        if value is None or self.middle is None:
            return None
        return abs(value - self.middle) * PPM // self.deviation


@dataclass
class Normal:
    """What is normal for one market."""

    spread: Usual = field(default_factory=lambda: Usual(least=10))
    depth: Usual = field(default_factory=lambda: Usual(least=1_000_000))
    move: Usual = field(default_factory=lambda: Usual(least=500))
    sources_most: int = 0
    prices: deque[int] = field(default_factory=lambda: deque(maxlen=MOVE_WINDOW + 1))

    def moved_ppm(self) -> int | None:
        """Return how far the price is from where it was, in ppm, cut to zero; None at first."""
        if not self.prices or not self.prices[0]:
            return None
        distance = self.prices[-1] - self.prices[0]
        moved = abs(distance) * PPM // self.prices[0]
        return moved if distance >= 0 else -moved

    def price_move_ppm(self) -> int | None:
        """Return the move over the whole window, without sign; None until it is full."""
        moved = self.moved_ppm() if len(self.prices) > MOVE_WINDOW else None
        return None if moved is None else abs(moved)

    def see(self, spread: int | None, depth: int | None, price: int, sources: int) -> None:
        """Take one sample of everything."""
        if price:
            self.prices.append(price)
        self.sources_most = max(self.sources_most, sources)
        for usual, value in self._pairs(spread, depth):
            usual.see(value)

    def distance_ppm(self, spread: int | None, depth: int | None) -> int | None:
        """Return the largest distance from the normal, in ppm of usual deviations."""
        found = [usual.distance_ppm(value) for usual, value in self._pairs(spread, depth)]
        return max((one for one in found if one is not None), default=None)

    def _pairs(
        self, spread: int | None, depth: int | None
    ) -> tuple[tuple[Usual, int | None], ...]:
        return ((self.spread, spread), (self.depth, depth), (self.move, self.moved_ppm()))
