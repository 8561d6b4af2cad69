"""The state as kernels see it: every table by name, with the buffers a step writes into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pilothouse.engine.pointers import TablesType, register
from pilothouse.engine.tables import BUFFERS, TABLES


@dataclass(slots=True)
class State:
    """Every table of the arena, then the buffers of a step: `events`, `receipts`,
    `scratch`, `notes`.

    `address` points to the list of their addresses, which is all that compiled code takes;
    `addresses` keeps that list alive.
    """

    exchange: Any
    assets: Any
    markets: Any
    accounts: Any
    balances: Any
    positions: Any
    orders: Any
    order_details: Any
    books: Any
    levels: Any
    nodes: Any
    triggers: Any
    schedules: Any
    fees: Any
    volumes: Any
    rankings: Any
    names: Any
    doors: Any
    keys: Any
    requests: Any
    balance_index: Any
    position_index: Any
    order_index: Any
    client_index: Any
    key_index: Any
    request_index: Any
    events: Any
    receipts: Any
    scratch: Any
    notes: Any
    address: int
    addresses: Any


register(State, TablesType("State", {**TABLES, **BUFFERS}))

EVENTS_ROOM = 8192
"""Rows of the event buffer of one call."""
EVENTS_PER_COMMAND = 2048
"""More than any command can write: 256 fills of four events each, and what comes with them."""
NOTES = 31
"""Looking ahead keeps notes of 32 rows; a row's number modulo 32 says where."""
FILLS_PER_ORDER = 256
