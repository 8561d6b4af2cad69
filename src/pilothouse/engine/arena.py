"""The arena: one block of bytes in which every table of the state lies, one behind the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.state import EVENTS_ROOM, State
from pilothouse.engine.tables import INDEX_OF, TABLES
from pilothouse.language.names import SENDERS_MAX
from pilothouse.language.schema import ROW_WORDS
from pilothouse.rules.compiled import UNCOMPILED


@dataclass(frozen=True)
class Capacities:
    """How many rows each table has, row 0 included."""

    rows: dict[str, int]

    def size(self) -> int:
        """Return the bytes of an arena with these capacities."""
        return sum(TABLES[name].itemsize * rows for name, rows in self.rows.items())


def capacities(asked: dict[str, int], names: int) -> Capacities:
    """Return the capacities of all tables from what the first command asked for."""
    rows = {name: asked[name] + 1 for name in asked}
    rows["exchange"] = 1
    rows["books"] = 4 * rows["markets"] + rows["assets"] + 1
    rows["triggers"] = rows["positions"] + rows["balances"]
    rows["names"] = names * SENDERS_MAX
    for index, table in INDEX_OF.items():
        rows[index] = _power_above(2 * rows[table])
    return Capacities({name: rows[name] for name in TABLES})


def _power_above(rows: int) -> int:
    return 1 << (rows - 1).bit_length()


class Arena:
    """The bytes of a state and the tables lying in them."""

    def __init__(self, of: Capacities, raw: NDArray[np.uint8] | None = None) -> None:
        self.capacities = of
        self.bytes = np.zeros(of.size(), np.uint8) if raw is None else raw
        self.tables: dict[str, Any] = {}
        at = 0
        for name, rows in of.rows.items():
            end = at + TABLES[name].itemsize * rows
            self.tables[name] = self.bytes[at:end].view(TABLES[name])
            at = end
        self._see(State(**self.tables, **_buffers()))

    def _see(self, plain: State) -> None:
        # Compiled code takes plain arrays; uncompiled code needs records with attributes.
        self.plain = plain
        self.state = State(*(_as_records(one) for one in plain)) if UNCOMPILED else plain

    def replace_receipts(self, receipts: NDArray[np.int64]) -> None:
        """Use a larger buffer for the receipts of a step."""
        self._see(self.plain._replace(receipts=receipts))

    def take_buffers_of(self, other: Arena) -> None:
        """Go on writing events and receipts where another arena of the same step does."""
        theirs = other.plain
        self._see(
            self.plain._replace(
                events=theirs.events, receipts=theirs.receipts, scratch=theirs.scratch
            )
        )


def _buffers() -> dict[str, Any]:
    return {
        "events": np.zeros((EVENTS_ROOM, ROW_WORDS), np.int64),
        "receipts": np.zeros((1, 4), np.int64),
        "scratch": np.zeros(32, np.int64),
    }


def _as_records(table: Any) -> Any:
    return table.view(np.recarray) if table.dtype.names else table
