"""Capacity: how full the tables are that clients fill, and how much of them one account takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilothouse.engine.machine import Machine

TABLES: Final = (
    "accounts",
    "balances",
    "positions",
    "volumes",
    "keys",
    "requests",
    "orders",
    "levels",
    "nodes",
)
"""The tables that clients fill."""


@dataclass(frozen=True)
class TableView:
    """One table: rows that are taken now, and rows that it has."""

    name: str
    taken: int
    rows: int


def tables(machine: Machine) -> tuple[TableView, ...]:
    """Return every table that clients fill."""
    return tuple(
        TableView(name, taken, rows) for name, (taken, rows) in machine.table_use().items()
    )


def most_requests(machine: Machine) -> int:
    """Return how many requests without a nonce the account with the most has used."""
    used = int(machine.state.exchange[0]["keys_used"]) + 1
    return int(machine.state.keys["without_nonce"][:used].max())


def most_orders(machine: Machine) -> int:
    """Return how many orders the account with the most open orders has."""
    used = int(machine.state.exchange[0]["accounts_used"]) + 1
    return int(machine.state.accounts["orders_open"][:used].max())
