"""Orders that only reduce a position: they come first among the position's orders, and are few.

Such an order needs no margin and trades no more than its position. Once that is closed it gives
nobody anything: it is cancelled, and until then no mark and no liquidation counts on it.
"""

from __future__ import annotations

from pilothouse.engine.state import State
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import Side
from pilothouse.rules.compiled import inlined, inner

REDUCING_MOST = 64
"""Resting orders that only reduce one position: all are looked at when it is closed."""


@inlined
def only_reduces(s: State, row: int) -> bool:
    """Tell whether an order only reduces its position."""
    return s.orders[row].flags & REDUCE_ONLY != 0


@inlined
def reducible(s: State, row: int) -> int:
    """Return how much a reduce-only order may still trade: the opposite position's size."""
    o = s.orders[row]
    held = s.positions[o.position].quantity
    return max(-held, 0) if o.side == Side.BUY else max(held, 0)


@inlined
def gives(s: State, row: int) -> bool:
    """Tell whether somebody who hits an order gets anything."""
    return not only_reduces(s, row) or reducible(s, row) > 0


@inner
def last_reducing(s: State, position: int) -> int:
    """Return the last of the orders that only reduce a position, 0 if it has none."""
    last, row = 0, s.positions[position].orders_first
    while row != 0 and only_reduces(s, row):
        last = row
        row = s.orders[row].account_next
    return last


@inner
def reducing_orders(s: State, position: int) -> int:
    """Return how many resting orders only reduce a position."""
    count, row = 0, s.positions[position].orders_first
    while row != 0 and only_reduces(s, row):
        count += 1
        row = s.orders[row].account_next
    return count
