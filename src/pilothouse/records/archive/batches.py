"""Blocks as columns: many spans put together, commands found and events parted by kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pilothouse.language.rows import Rows
from pilothouse.language.schema import ROW_WORDS, Command, Event, Layout
from pilothouse.records.history import SpanLike

Words = NDArray[np.int64]
EVENTS_BITS: Final = 24
NO_ROWS: Final = np.zeros((0, ROW_WORDS), np.int64)


@dataclass(frozen=True)
class Batch:
    """Some blocks in the order of the journal. `places` says where each command's head stands."""

    rows: Rows
    places: Words
    positions: Words
    times: Words
    outcomes: Words
    repeated: Words
    events: Rows
    order: Words
    """Of each event: its block times 2^24 and its place in the block."""

    def commands(self, cls: type[Command], taken: NDArray[np.bool_] | None = None) -> Commands:
        """Return the commands of one class that were executed, or those that `taken` names."""
        if taken is None:
            taken = (self.outcomes == 0) & (self.repeated == 0)
        which = np.flatnonzero(taken & (self.rows[self.places, 0] == cls.number))
        return Commands(self, cls.layout, which)

    def refused(self) -> NDArray[np.bool_]:
        """Tell which commands were refused for the first time."""
        return (self.outcomes != 0) & (self.repeated == 0)

    def events_of(self, cls: type[Event]) -> Events:
        """Return the events of one class."""
        mine = self.events[:, 0] == cls.number
        return Events(cls.layout, self.events[mine], self.order[mine])


@dataclass(frozen=True)
class Commands:
    """The commands of one class, column by column."""

    batch: Batch
    layout: Layout
    which: Words

    @property
    def positions(self) -> Words:
        """Return where they stand in the journal, rising."""
        return self.batch.positions[self.which]

    def column(self, name: str) -> Words:
        """Return one field of all; the words of a text side by side."""
        slot = self.layout.slot(name)
        made = np.stack([self._word(slot.start + k) for k in range(slot.words)], axis=1)
        return made[:, 0] if slot.words == 1 and slot.kind is not str else made

    def _word(self, place: int) -> Words:
        # A word beyond the rows that were sent is zero.
        row, word = divmod(place, ROW_WORDS)
        heads = self.batch.places[self.which]
        has = self.batch.rows[heads, 1] > row
        at = np.minimum(heads + row, len(self.batch.rows) - 1)
        return np.where(has, self.batch.rows[at, word], 0)

    def whole(self, k: int) -> Rows:
        """Return the rows of one command."""
        head = int(self.batch.places[self.which[k]])
        return self.batch.rows[head : head + int(self.batch.rows[head, 1])]

    def find(self, positions: Words) -> tuple[Words, NDArray[np.bool_]]:
        """Return for each position the place of its command here, and whether there is one."""
        mine = self.positions
        if not len(mine):
            return np.zeros(len(positions), np.int64), np.zeros(len(positions), np.bool_)
        at = np.minimum(np.searchsorted(mine, positions), len(mine) - 1)
        return at, mine[at] == positions


@dataclass(frozen=True)
class Events:
    """The events of one class, column by column."""

    layout: Layout
    rows: Rows
    order: Words

    def where(self, kept: NDArray[np.bool_]) -> Events:
        """Return some of them."""
        return Events(self.layout, self.rows[kept], self.order[kept])

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def positions(self) -> Words:
        """Return the positions."""
        return self.rows[:, 1]

    @property
    def times(self) -> Words:
        """Return the times in microseconds."""
        return self.rows[:, 2]

    @property
    def accounts(self) -> Words:
        """Return the accounts."""
        return self.rows[:, 3]

    def column(self, name: str) -> Words:
        """Return one field of all."""
        return self.rows[:, self.layout.slot(name).start]


def batch_of(spans: Sequence[SpanLike]) -> Batch:
    """Return some spans, in the order of the journal, as one batch."""
    rows = np.concatenate([NO_ROWS, *(one.rows for one in spans)])
    receipts = np.concatenate([np.zeros((0, 4), np.int64), *(one.receipts for one in spans)])
    counts = [len(one.receipts) for one in spans]
    firsts = [np.arange(n) + one.first_position for n, one in zip(counts, spans, strict=True)]
    places = head_places(rows)
    if len(places) != len(receipts):
        raise ValueError(f"{len(places)} commands have {len(receipts)} receipts")
    return Batch(
        rows,
        places,
        np.concatenate([np.zeros(0, np.int64), *firsts]),
        np.repeat([one.time for one in spans], counts).astype(np.int64),
        receipts[:, 1],
        receipts[:, 3],
        np.concatenate([NO_ROWS, *(one.events for one in spans)]),
        np.concatenate([np.zeros(0, np.int64), *(_order(one) for one in spans)]),
    )


def _order(one: SpanLike) -> Words:
    block = getattr(one, "block", 0)
    return np.arange(len(one.events), dtype=np.int64) + (block << EVENTS_BITS)


def head_places(rows: Rows) -> Words:
    """Return where commands begin: each head says how many rows its command has.

    The jump from head to head is doubled each round, so that a round is one pass of NumPy and all
    are found after as many rounds as their number has binary digits.
    """
    size = len(rows)
    jump = np.append(np.minimum(np.arange(size) + np.maximum(rows[:, 1], 1), size), size)
    is_head = np.zeros(size + 1, np.bool_)
    is_head[0] = True
    found = 0
    while (heads := np.flatnonzero(is_head[:size])).size != found:
        found = heads.size
        is_head[jump[heads]] = True
        jump = jump[jump]
    return heads


def times(values: Words) -> pa.Array:
    """Return microseconds as moments."""
    return pa.array(values).cast(pa.timestamp("us"))


def texts(words: Words) -> pa.Array:
    """Return texts whose words stand side by side, little-endian and padded with zeros."""
    raw = np.ascontiguousarray(words.astype("<i8"))
    plain = raw.view(f"S{8 * words.shape[1]}").reshape(-1)
    try:
        return pa.array(plain, pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([one.decode(errors="replace") for one in plain.tolist()], pa.string())


@cache
def _names(kind: type[IntEnum]) -> tuple[Words, pa.Array]:
    places = np.full(max(kind) + 2, -1)
    for place, one in enumerate(kind):
        places[int(one)] = place
    return places, pa.array([one.name.lower() for one in kind])


def words(kind: type[IntEnum], values: Words) -> pa.Array:
    """Return an enumeration's values as its lower-case names; others are null."""
    places, names = _names(kind)
    known = np.where((values >= 0) & (values < len(places)), values, len(places) - 1)
    at = places[known]
    return pa.DictionaryArray.from_arrays(pa.array(at.astype(np.int32), mask=at < 0), names)


def one_word(name: str, count: int) -> pa.Array:
    """Return the same word for every row."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([name]))
