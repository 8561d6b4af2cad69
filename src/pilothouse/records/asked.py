"""What the commands of a block asked for, beyond what their events say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilothouse.language.commands import PlaceOrder
from pilothouse.language.kinds import TimeInForce
from pilothouse.language.rows import Rows, from_rows
from pilothouse.records.orders import OrderRecord


def heads(rows: Rows, receipts: NDArray[np.int64]) -> dict[int, int]:
    """Return where the head of each placed order stands, by its position in the journal."""
    found: dict[int, int] = {}
    at = 0
    kinds, counts = rows[:, 0].tolist(), rows[:, 1].tolist()
    for position, outcome, _made, repeated in receipts.tolist():
        if kinds[at] == PlaceOrder.number and outcome == 0 and not repeated:
            found[position] = at
        at += max(1, counts[at])
    return found


def fill_in(made: OrderRecord, rows: Rows) -> None:
    """Add to an order what its event has no room for and its command says."""
    asked = from_rows(rows).command
    if isinstance(asked, PlaceOrder):
        made.time_in_force = TimeInForce(asked.time_in_force)
        made.user_ref = asked.user_ref
        made.client_order_id = asked.client_order_id
