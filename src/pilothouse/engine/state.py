"""The state as kernels see it: one tuple of tables, with the buffers a step writes into."""

from __future__ import annotations

from typing import Any, NamedTuple


class State(NamedTuple):
    """Every table of the arena, then `events` (rows of 16 words), `receipts` and `scratch`.

    `scratch` holds what belongs to a step and not to the exchange: how many events and receipts
    were written.
    """

    exchange: Any
    assets: Any
    markets: Any
    accounts: Any
    balances: Any
    positions: Any
    orders: Any
    books: Any
    levels: Any
    nodes: Any
    triggers: Any
    schedules: Any
    fees: Any
    volumes: Any
    names: Any
    balance_index: Any
    position_index: Any
    order_index: Any
    client_index: Any
    events: Any
    receipts: Any
    scratch: Any


EVENTS_WRITTEN = 0
RECEIPTS_WRITTEN = 1
EVENTS_ROOM = 8192
"""Rows of the event buffer of one call."""
EVENTS_PER_COMMAND = 2048
"""More than any command can write: 256 fills of four events each, and what comes with them."""
FILLS_PER_ORDER = 256
