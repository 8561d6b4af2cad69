"""What is usual for a market: slow averages of what is seen once a second, in integers.

An exception is a distance from the usual, so the usual must be known first. It lives in this
process and is learnt again after a start; until then nothing is called unusual.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pilothouse.language.numbers import PPM

if TYPE_CHECKING:
    from pilothouse.venue.views.markets import MarketView

SAMPLES_BEFORE_JUDGING: Final = 30
SAMPLES_OF_AVERAGE: Final = 256
"""A new sample counts one part in so many; the average is kept with as many parts."""
MOVE_WINDOW: Final = 300
"""Samples over which a move of the price is measured: five minutes."""


def spread_ppm(market: MarketView) -> int | None:
    """Return the distance of best ask and bid in ppm of the bid, rounded down; None if one-sided.

    A market with one side only has no spread; that is a reason of its own.
    """
    if not market.bid or not market.ask:
        return None
    return (market.ask - market.bid) * PPM // market.bid


@dataclass
class Usual:
    """What was seen of one market."""

    samples: int = 0
    spread_parts: int = 0
    sources_most: int = 0
    prices: deque[int] = field(default_factory=lambda: deque(maxlen=MOVE_WINDOW))

    @property
    def spread_ppm(self) -> int | None:
        """Return the usual spread in ppm, or None while too little was seen."""
        if self.samples < SAMPLES_BEFORE_JUDGING:
            return None
        return self.spread_parts // SAMPLES_OF_AVERAGE

    @property
    def moved_ppm(self) -> int:
        """Return how far the price moved within the window, in ppm of its start, cut to zero."""
        if not self.prices or not self.prices[0]:
            return 0
        distance = self.prices[-1] - self.prices[0]
        moved = abs(distance) * PPM // self.prices[0]
        return moved if distance >= 0 else -moved

    def see(self, market: MarketView, sources_live: int) -> None:
        """Take one sample."""
        self.sources_most = max(self.sources_most, sources_live)
        if market.last_price:
            self.prices.append(market.last_price)
        spread = spread_ppm(market)
        if spread is None:
            return
        self.samples += 1
        if self.samples == 1:
            self.spread_parts = spread * SAMPLES_OF_AVERAGE
        else:
            self.spread_parts += spread - self.spread_parts // SAMPLES_OF_AVERAGE
