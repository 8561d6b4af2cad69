"""What a market traded: the last trades, candles of a minute, the figures of the last day."""

from __future__ import annotations

import copy
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from pilothouse.language.numbers import DAY_US, SECOND_US
from pilothouse.records.orders import FillRecord

MINUTE_US: Final = 60 * SECOND_US
TRADES_KEPT: Final = 5_000
MINUTES_KEPT: Final = 3 * 24 * 60
SUMS_KEPT: Final = 4


@dataclass(slots=True)
class Candle:
    """What traded in a span of time: prices in price units, volume in quantity units."""

    time: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    price_quantity: int
    count: int

    def add(self, later: Candle) -> None:
        """Take in what traded later in the same span."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.price_quantity += later.price_quantity
        self.count += later.count


def merge(candles: Iterable[Candle], span_us: int) -> list[Candle]:
    """Return candles of a longer span, made from shorter ones in the order of time."""
    made: list[Candle] = []
    for one in candles:
        time = one.time - one.time % span_us
        if made and made[-1].time == time:
            made[-1].add(one)
        else:
            made.append(Candle(time, *_figures(one)))
    return made


def without_gaps(
    candles: Sequence[Candle], span_us: int, start: int, end: int, most: int
) -> list[Candle]:
    """Return a candle for each span from `start` to the one of `end`, the latest `most` of them.

    Where nothing happened a candle is flat, at the last price before it. Spans before the first
    candle have none. At most `most` candles are made, however long the time is.
    """
    if not candles:
        return []
    last = end - end % span_us
    oldest = candles[0].time - candles[0].time % span_us
    first = max(start - start % span_us, oldest, last - (most - 1) * span_us)
    at = bisect_left(candles, first, key=lambda one: one.time)
    known = {one.time: one for one in merge(candles[at:], span_us)}
    close = candles[max(0, at - 1)].close
    made: list[Candle] = []
    for time in range(first, last + 1, span_us):
        one = known.get(time) or Candle(time, close, close, close, close, 0, 0, 0)
        made.append(one)
        close = one.close
    return made


def _figures(one: Candle) -> tuple[int, int, int, int, int, int, int]:
    return one.open, one.high, one.low, one.close, one.volume, one.price_quantity, one.count


@dataclass(slots=True)
class Tape:
    """The trades of one market, bounded."""

    trades: deque[FillRecord] = field(default_factory=lambda: deque(maxlen=TRADES_KEPT))
    minutes: deque[Candle] = field(default_factory=lambda: deque(maxlen=MINUTES_KEPT))
    nanoseconds: int = 0
    count: int = 0
    """How many trades this market had."""
    _complete: dict[int, tuple[int, Candle | None]] = field(default_factory=dict, compare=False)

    def next_nanoseconds(self, time: int) -> int:
        """Return a moment at `time` that no earlier trade of this market has."""
        self.nanoseconds = max(1_000 * time, self.nanoseconds + 1)
        return self.nanoseconds

    def add(self, fill: FillRecord) -> None:
        """Take in a trade; trades come in the order of time."""
        self.count += 1
        self.trades.append(fill)
        price, quantity = fill.price, fill.quantity
        time = fill.time - fill.time % MINUTE_US
        one = Candle(time, price, price, price, price, quantity, price * quantity, 1)
        if self.minutes and self.minutes[-1].time == time:
            self.minutes[-1].add(one)
        else:
            self.minutes.append(one)

    def copy(self) -> Tape:
        """Return a tape of the same trades; the candle under way is one of its own."""
        made = Tape(self.trades.copy(), self.minutes.copy(), self.nanoseconds, self.count)
        if made.minutes:
            made.minutes[-1] = copy.copy(made.minutes[-1])
        return made

    def since(self, time: int) -> Candle | None:
        """Return everything traded in the minutes from `time` on as one candle."""
        if not self.minutes or self.minutes[-1].time < time:
            return None
        latest = self.minutes[-1]
        total = copy.copy(self._complete_since(time, latest.time))
        if total is None:
            return copy.copy(latest)
        total.add(latest)
        return total

    def _complete_since(self, time: int, latest: int) -> Candle | None:
        # The minutes before the latest one do not change: they are summed once a minute.
        known = self._complete.get(time)
        if known is not None and known[0] == latest:
            return known[1]
        total: Candle | None = None
        for one in self.minutes:
            if time <= one.time < latest and total is None:
                total = copy.copy(one)
            elif time <= one.time < latest and total is not None:
                total.add(one)
        if len(self._complete) >= SUMS_KEPT:
            self._complete.clear()
        self._complete[time] = latest, total
        return total


@dataclass(frozen=True, slots=True)
class DayStatistics:
    """The figures of a ticker. `today` is since midnight UTC, `day` the last 24 hours.

    Both are exact to the minute: a minute that began within the span counts whole.
    """

    last: FillRecord | None
    today: Candle | None
    day: Candle | None


def statistics(tape: Tape | None, now: int) -> DayStatistics:
    """Return the day's figures of a market at `now`, in microseconds."""
    if tape is None or not tape.trades:
        return DayStatistics(None, None, None)
    midnight = now - now % DAY_US
    day = now - DAY_US
    return DayStatistics(tape.trades[-1], tape.since(midnight), tape.since(day - day % MINUTE_US))
