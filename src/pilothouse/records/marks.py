"""What contracts were marked at, minute by minute, with their indices and their funding rates.

Bounded for each contract: a day of minutes and thirty days of rates.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from pilothouse.language.events import FundingRateSet, MarketListed, MarkSet
from pilothouse.language.numbers import HOUR_US
from pilothouse.records import rows as event_rows
from pilothouse.records.trades import MINUTE_US, Candle

LINE_MINUTES: Final = 24 * 60
RATES_KEPT: Final = 30 * 24
WORDS: Final = 5
"""Of a minute: its time, then the first, highest, lowest and last price."""
READERS: Final = {
    MarketListed.number: event_rows.market_listed,
    MarkSet.number: event_rows.mark_set,
    FundingRateSet.number: event_rows.funding_rate_set,
}


class Line:
    """One price by the minute, in a ring of plain integers."""

    def __init__(self, rows: NDArray[np.int64] | None = None) -> None:
        self._rows = np.zeros((LINE_MINUTES, WORDS), np.int64)
        self._count = 0
        if rows is not None:
            self._count = len(rows)
            self._rows[: len(rows)] = rows

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Line) and np.array_equal(self.rows(), other.rows())

    def add(self, time: int, price: int) -> None:
        """Take in a price; prices come in the order of time."""
        minute = time - time % MINUTE_US
        row = self._rows[(self._count - 1) % LINE_MINUTES]
        if self._count and row[0] == minute:
            row[2], row[3], row[4] = max(row[2], price), min(row[3], price), price
            return
        self._rows[self._count % LINE_MINUTES] = minute, price, price, price, price
        self._count += 1

    def rows(self) -> NDArray[np.int64]:
        """Return a copy of the minutes, oldest first."""
        at = self._count % LINE_MINUTES
        if self._count <= LINE_MINUTES:
            return self._rows[: self._count].copy()
        return np.concatenate((self._rows[at:], self._rows[:at]))


@dataclass(frozen=True, slots=True)
class Rate:
    """The funding rate of an hour, from its beginning, and the index then (as marks are)."""

    time: int
    rate_e12: int
    index: int


@dataclass
class Marks:
    """What one contract was marked at."""

    mark: Line = field(default_factory=Line)
    index: Line = field(default_factory=Line)
    rates: deque[Rate] = field(default_factory=lambda: deque(maxlen=RATES_KEPT))
    last_index: int = 0

    def marked(self, time: int, mark: int, index: int) -> None:
        """Take in a mark and the index it is made from, in hundredths of a price unit."""
        self.mark.add(time, mark)
        self.index.add(time, index)
        self.last_index = index

    def rated(self, time: int, rate_e12: int) -> None:
        """Take in the funding rate of the hour that begins."""
        self.rates.append(Rate(time - time % HOUR_US, rate_e12, self.last_index))

    def plain(self) -> Plain:
        """Return all of it as plain values: two rings as bytes, rates, the last index."""
        rates = [(one.time, one.rate_e12, one.index) for one in self.rates]
        return self.mark.rows().tobytes(), self.index.rows().tobytes(), rates, self.last_index


Plain = tuple[bytes, bytes, list[tuple[int, int, int]], int]


def from_plain(found: Plain) -> Marks:
    """Return the marks that plain values were made from."""
    mark, index, rates, last = found
    lines = (Line(np.frombuffer(one, np.int64).reshape(-1, WORDS)) for one in (mark, index))
    made = Marks(*lines, last_index=last)
    made.rates.extend(Rate(*one) for one in rates)
    return made


class KeptQuotes(msgspec.Struct, array_like=True):
    """All that quotes know, as plain values."""

    listed_at: dict[int, int]
    marks: dict[int, Plain]


class Quotes:
    """When markets were listed, and what contracts were marked at. Folded in one thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listed_at: dict[int, int] = {}
        self._marks: dict[int, Marks] = {}

    def happened(self, row: list[int]) -> None:
        """Take in an event, if it is about quotes."""
        reader = READERS.get(row[0])
        if reader is None:
            return
        one = reader(row)
        with self._lock:
            if row[0] == MarketListed.number:
                self._listed_at[one.market] = one.time
                return
            marks = self._marks.setdefault(one.market, Marks())
            if row[0] == MarkSet.number:
                marks.marked(one.time, one.mark, one.index)
            else:
                marks.rated(one.time, one.rate_e12)

    def kept(self) -> KeptQuotes:
        """Return all it knows; to be called between two blocks."""
        marks = {market: one.plain() for market, one in self._marks.items()}
        return KeptQuotes(dict(self._listed_at), marks)

    def recall(self, found: KeptQuotes) -> None:
        """Go on from what was kept."""
        self._listed_at = dict(found.listed_at)
        self._marks = {market: from_plain(one) for market, one in found.marks.items()}

    def listed_at(self, market: int) -> int:
        """Return when a market was listed, in microseconds; 0 if that is not remembered."""
        return self._listed_at.get(market, 0)

    def candles(self, market: int, *, of_index: bool = False) -> list[Candle]:
        """Return the minutes of a contract's mark, or of its index, oldest first."""
        with self._lock:
            found = self._marks.get(market, NOTHING)
            rows = (found.index if of_index else found.mark).rows()
        return [Candle(*one, 0, 0, 0) for one in rows.tolist()]

    def funding_rates(self, market: int) -> list[Rate]:
        """Return a contract's funding rates by the hour, oldest first."""
        with self._lock:
            return list(self._marks.get(market, NOTHING).rates)


NOTHING: Final = Marks()
