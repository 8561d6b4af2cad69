"""The way through minute bars: one price for each second, exact, and the same in every walk.

Within its minute a bar is walked open, low, high, close when it rises or stands, else open, high,
low, close: at the seconds 0, 20, 40 and 59, in straight lines between them, rounded down. Missing
minutes stand at the close before them. The first step has number 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pilothouse.language.numbers import SECOND_US
from pilothouse.venue.index_replay.bars import MINUTE_US, Bar

STEPS_A_MINUTE: Final = 60
CORNERS: Final = (0, 20, 40, 59)
"""The seconds of a minute at which a bar's four prices are met."""


@dataclass(frozen=True)
class Scale:
    """An exact share that every price of the file is multiplied with; the product rounds down."""

    numerator: int = 1
    denominator: int = 1

    def of(self, price_e12: int) -> int:
        """Return a price at this scale."""
        return price_e12 * self.numerator // self.denominator


class Way:
    """The steps of a series of bars at a scale. `steps` counts them; one takes a second."""

    def __init__(self, bars: Sequence[Bar], scale: Scale | None = None) -> None:
        """The bars are in order and at least one."""
        self.began_us = bars[0].began_us
        self._scale = scale or Scale()
        self._bars = bars
        self._of_minute = _bars_by_minute(bars)
        self.steps = len(self._of_minute) * STEPS_A_MINUTE

    def price(self, step: int) -> int:
        """Return the price of a step in 10^-12 dollars, rounded down."""
        minute, second = divmod(step, STEPS_A_MINUTE)
        bar = self._bars[self._of_minute[minute]]
        if bar.began_us != self.began_us + minute * MINUTE_US:
            return self._scale.of(bar.close_e12)
        return self._scale.of(_within(bar, second))

    def time_us(self, step: int) -> int:
        """Return the file's time of a step in microseconds since the epoch."""
        return self.began_us + step * SECOND_US

    def span(self) -> tuple[int, int]:
        """Return the lowest and the highest price of the whole way."""
        lowest = min(one.low_e12 for one in self._bars)
        return self._scale.of(lowest), self._scale.of(max(one.high_e12 for one in self._bars))

    def told(self, first: int, last: int, most: int) -> list[int]:
        """Return which steps of `first` to `last` are told, in order, the last among them.

        All of them while they are at most `most`; else the first lowest, the first highest and the
        last, so that no extreme is passed over at a high speed.
        """
        steps = range(first, last + 1)
        if len(steps) <= most:
            return list(steps)
        prices = [self.price(step) for step in steps]
        lowest = steps[prices.index(min(prices))]
        return sorted({lowest, steps[prices.index(max(prices))], last})


def _bars_by_minute(bars: Sequence[Bar]) -> list[int]:
    made: list[int] = []
    for k, bar in enumerate(bars):
        minute = (bar.began_us - bars[0].began_us) // MINUTE_US
        made += [k - 1] * (minute - len(made))
        made.append(k)
    return made


def _within(bar: Bar, second: int) -> int:
    rises = bar.close_e12 >= bar.open_e12
    middle = (bar.low_e12, bar.high_e12) if rises else (bar.high_e12, bar.low_e12)
    prices = (bar.open_e12, *middle, bar.close_e12)
    leg = next(k for k in range(len(CORNERS) - 1) if second <= CORNERS[k + 1])
    begins, ends = CORNERS[leg], CORNERS[leg + 1]
    return prices[leg] + (prices[leg + 1] - prices[leg]) * (second - begins) // (ends - begins)
