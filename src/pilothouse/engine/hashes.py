"""Hash tables from two words to a row: a place of the table names the newest of its rows, and each
row has a link to the next one of its place.

A table has at least twice as many places as rows it can index, and the seed is state, so chains
stay short whatever keys come. What a row's key is, the row itself says: whoever looks one up needs
the row anyway. Neighbouring keys (a run) have neighbouring places, so that they share a line of
memory. Row 0 means none.
"""

from __future__ import annotations

from typing import Any

from pilothouse.rules.bits import mix
from pilothouse.rules.compiled import inlined

RUN_BITS = 3
RUN_MASK = 7


@inlined
def place_of_key(table: Any, seed: int, hi: int, lo: int) -> int:
    """Return the place of a key."""
    return (mix(hi, lo >> RUN_BITS, seed) ^ (lo & RUN_MASK)) & (table.shape[0] - 1)


@inlined
def insert(table: Any, links: Any, place: int, row: int) -> None:
    """Add a row, whose key is not there yet, to the place of its key."""
    links[row].row = table[place].row
    table[place].row = row


@inlined
def remove(table: Any, links: Any, place: int, row: int) -> None:
    """Remove a row that is there from the place of its key."""
    following = links[row].row
    links[row].row = 0
    before = table[place].row
    if before == row:
        table[place].row = following
        return
    while links[before].row != row:
        before = links[before].row
    links[before].row = following
