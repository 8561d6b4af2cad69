"""Hash tables from two words to a row: open addressing, linear probing, backward-shift removal.

A table has at least twice as many places as rows it can index, and the seed is state, so probes
stay short whatever keys come. Row 0 means empty.
"""

from __future__ import annotations

from typing import Any

from pilothouse.rules.bits import mix
from pilothouse.rules.compiled import inlined, inner

RUN_BITS = 6
RUN_MASK = 63


@inlined
def _home(hi: int, lo: int, seed: int, mask: int) -> int:
    return ((mix(hi, lo >> RUN_BITS, seed) << RUN_BITS) | (lo & RUN_MASK)) & mask


@inlined
def find(table: Any, seed: int, hi: int, lo: int) -> int:
    """Return the row of a key, or 0."""
    mask = table.shape[0] - 1
    k = _home(hi, lo, seed, mask)
    while table[k].row != 0:
        if table[k].lo == lo and table[k].hi == hi:
            return table[k].row
        k = (k + 1) & mask
    return 0


@inlined
def insert(table: Any, seed: int, hi: int, lo: int, row: int) -> None:
    """Add a key that is not there yet."""
    mask = table.shape[0] - 1
    k = _home(hi, lo, seed, mask)
    while table[k].row != 0:
        k = (k + 1) & mask
    table[k].hi = hi
    table[k].lo = lo
    table[k].row = row


@inner
def remove(table: Any, seed: int, hi: int, lo: int) -> None:
    """Remove a key that is there, and close the gap it leaves."""
    mask = table.shape[0] - 1
    gap = _home(hi, lo, seed, mask)
    while table[gap].lo != lo or table[gap].hi != hi:
        gap = (gap + 1) & mask
    k = gap
    while True:
        k = (k + 1) & mask
        if table[k].row == 0:
            break
        home = _home(table[k].hi, table[k].lo, seed, mask)
        if ((k - home) & mask) >= ((k - gap) & mask):
            table[gap].hi = table[k].hi
            table[gap].lo = table[k].lo
            table[gap].row = table[k].row
            gap = k
    table[gap].hi = 0
    table[gap].lo = 0
    table[gap].row = 0
