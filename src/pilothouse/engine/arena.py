"""The arena: one block of bytes in which every table of the state lies, one behind the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilothouse.engine.pointers import LINE_BYTES, address_list
from pilothouse.engine.records import Records
from pilothouse.engine.state import EVENTS_ROOM, NOTES, State
from pilothouse.engine.tables import BUFFERS, INDEX_OF, TABLES
from pilothouse.language.names import SENDERS_MAX
from pilothouse.rules.compiled import UNCOMPILED

RECEIPTS_ROOM = 4096
EVENTS_ADDRESS = 2 * [*TABLES, *BUFFERS].index("events")
"""Where the list of addresses and rows names the buffer of events."""


@dataclass(frozen=True)
class Capacities:
    """How many rows each table has, row 0 included."""

    rows: dict[str, int]

    def size(self) -> int:
        """Return the bytes of an arena with these capacities."""
        return sum(table_bytes(name, rows) for name, rows in self.rows.items())


def table_bytes(name: str, rows: int) -> int:
    """Return the bytes of a table, up to the line of memory where the next one begins."""
    return -(-TABLES[name].itemsize * rows // LINE_BYTES) * LINE_BYTES


def lines_of_zeros(size: int) -> NDArray[np.uint8]:
    """Return so many zero bytes, from the start of a line of memory on."""
    room = np.zeros(size + LINE_BYTES, np.uint8)
    first = -room.ctypes.data % LINE_BYTES
    return room[first : first + size]


def capacities(asked: dict[str, int], names: int) -> Capacities:
    """Return the capacities of all tables from what the first command asked for."""
    rows = {name: asked[name] + 1 for name in asked}
    rows["exchange"] = 1
    rows["books"] = 4 * rows["markets"] + rows["assets"] + 1
    rows["triggers"] = 2 * rows["positions"] + rows["balances"]
    rows["rankings"] = 2 * rows["markets"]
    rows["names"] = names * SENDERS_MAX
    rows["doors"] = SENDERS_MAX
    rows["order_details"] = rows["orders"]
    for index, table in INDEX_OF.items():
        rows[index] = power_above(2 * rows[table])
    return Capacities({name: rows[name] for name in TABLES})


def power_above(rows: int) -> int:
    """Return the smallest power of two that is not below a number."""
    return 1 << (rows - 1).bit_length()


class Arena:
    """The bytes of a state and the tables lying in them."""

    def __init__(self, of: Capacities) -> None:
        self.capacities = of
        self.bytes = lines_of_zeros(of.size())
        self.tables: dict[str, Any] = {}
        at = 0
        for name, rows in of.rows.items():
            end = at + TABLES[name].itemsize * rows
            self.tables[name] = self.bytes[at:end].view(TABLES[name])
            at += table_bytes(name, rows)
        self.buffers = {
            "events": np.zeros(EVENTS_ROOM, BUFFERS["events"]),
            "receipts": np.zeros(RECEIPTS_ROOM, BUFFERS["receipts"]),
            "scratch": np.zeros(1, BUFFERS["scratch"]),
            "notes": np.zeros(NOTES + 1, BUFFERS["notes"]),
        }
        self._see()

    def _see(self) -> None:
        # Compiled code takes the addresses; uncompiled code needs records with attributes.
        arrays = {**self.tables, **self.buffers}
        addresses = address_list(list(arrays.values()))
        self.plain = State(**arrays, address=addresses.ctypes.data, addresses=addresses)
        records: Any = {name: Records(one) for name, one in arrays.items()}
        self.state = replace(self.plain, **records) if UNCOMPILED else self.plain

    def make_room_for_receipts(self, count: int) -> None:
        """Use a larger buffer for the receipts of a step."""
        self.buffers["receipts"] = np.zeros(count, BUFFERS["receipts"])
        self._see()

    def renew_events(self) -> None:
        """Write the next events into a buffer of their own; the one so far was given away."""
        room = np.empty(EVENTS_ROOM, BUFFERS["events"])
        self.buffers["events"] = room
        self.plain.addresses[EVENTS_ADDRESS] = room.ctypes.data
        self.plain.events = room
        self.state.events = Records(room) if UNCOMPILED else room

    def take_buffers_of(self, other: Arena) -> None:
        """Go on writing events and receipts where another arena of the same step does."""
        self.buffers = other.buffers
        self._see()
