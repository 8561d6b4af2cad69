"""Hash tables from two words to a row: open addressing with linear probing, one word a place.

A place holds a row and the code of its key, 31 bits of its hash. So a search looks at a row only
when the code is right, and closing the gap of a removed row needs no look at rows at all. A table
has at least twice as many places as rows it can index, and the seed is state, so searches stay
short whatever keys come. Neighbouring keys (a run) have neighbouring places, so that they share a
line of memory. An entry of 0 means empty: row 0 is never indexed.
"""

from __future__ import annotations

from typing import Any

from pilothouse.engine.pointers import fetch
from pilothouse.rules.bits import mix
from pilothouse.rules.compiled import inlined

RUN_BITS = 3
RUN_MASK = 7
ROW_BITS = 32
ROW_MASK = (1 << ROW_BITS) - 1
CODE_MASK = (1 << 31) - 1


@inlined
def code_of(seed: int, hi: int, lo: int) -> int:
    """Return the code of a key; its place is the code modulo the table's size."""
    return (mix(hi, lo >> RUN_BITS, seed) ^ (lo & RUN_MASK)) & CODE_MASK


@inlined
def fetch_place(table: Any, code: int) -> None:
    """Ask memory for the place of a code."""
    fetch(table, code & (table.shape[0] - 1), 0)


@inlined
def probe(table: Any, code: int, place: int) -> int:
    """Return the first place from `place` on that has this code or is empty."""
    last = table.shape[0] - 1
    place &= last
    while table[place].entry != 0 and table[place].entry >> ROW_BITS != code:
        place = (place + 1) & last
    return place


@inlined
def row_at(table: Any, place: int) -> int:
    """Return the row that a place holds, 0 if it is empty."""
    return table[place].entry & ROW_MASK


@inlined
def guess(table: Any, code: int) -> int:
    """Return the row that has a code, without asking the row whether it has the key; or 0."""
    return row_at(table, probe(table, code, code))


@inlined
def insert(table: Any, code: int, row: int) -> None:
    """Add a row whose key is not there yet."""
    last = table.shape[0] - 1
    place = code & last
    while table[place].entry != 0:
        place = (place + 1) & last
    table[place].entry = (code << ROW_BITS) | row


@inlined
def remove(table: Any, code: int, row: int) -> None:
    """Remove a row that is there, and close the gap it leaves."""
    last = table.shape[0] - 1
    gap = code & last
    while table[gap].entry & ROW_MASK != row:
        gap = (gap + 1) & last
    place = (gap + 1) & last
    entry = table[place].entry
    while entry != 0:
        home = (entry >> ROW_BITS) & last
        if ((place - home) & last) >= ((place - gap) & last):
            table[gap].entry = entry
            gap = place
        place = (place + 1) & last
        entry = table[place].entry
    table[gap].entry = 0
