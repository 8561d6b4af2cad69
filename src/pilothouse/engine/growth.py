"""Growth: a table gets more rows in a new arena; hash tables are rebuilt from what they index."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilothouse.engine.arena import Arena, Capacities, capacities
from pilothouse.engine.hashes import insert
from pilothouse.engine.money import balance_code
from pilothouse.engine.nonces import key_code, request_code
from pilothouse.engine.orders import CLIENT_ID, client_code, order_code
from pilothouse.engine.positions import position_code
from pilothouse.engine.state import State
from pilothouse.engine.tables import GROWABLE
from pilothouse.language.names import SENDERS_MAX
from pilothouse.rules.compiled import entry


def used_rows(state: State) -> dict[str, int]:
    """Return how many rows of each table are in use or have been, row 0 included."""
    x = state.exchange[0]
    used = {
        "exchange": 1,
        "fees": _last_fee_schedule(state) + 1,
        "names": (max(senders_of(state), default=0) + 1) * int(x["names"]),
    }
    for name in ("assets", "markets", "accounts", "balances", "positions", "orders", "books"):
        used[name] = int(x[f"{name}_used"]) + 1
    for name in ("levels", "nodes", "triggers", "schedules", "volumes", "keys", "requests"):
        used[name] = int(x[f"{name}_used"]) + 1
    used["doors"] = SENDERS_MAX
    used["order_details"] = used["orders"]
    used["rankings"] = 2 * used["markets"]
    return used


def table_use(arena: Arena) -> dict[str, tuple[int, int]]:
    """Return of each table that clients fill how many rows are taken now and how many it has."""
    x = arena.plain.exchange[0]
    filled = ("accounts", "balances", "positions", "volumes", "keys", "requests")
    taken = {name: int(x[f"{name}_used"]) for name in filled}
    taken["orders"] = int(x["orders_open"])
    for name in ("levels", "nodes"):
        taken[name] = int(x[f"{name}_used"]) - int(x[f"{name}_spare"])
    return {name: (rows, arena.capacities.rows[name] - 1) for name, rows in taken.items()}


def bytes_grown(arena: Arena, table: str, rows: int) -> int:
    """Return the bytes that the state would take with so many rows in a table."""
    asked = {name: arena.capacities.rows[name] - 1 for name in GROWABLE}
    names = int(arena.plain.exchange[0]["names"])
    return capacities(asked | {table: rows}, names).size()


def senders_of(state: State) -> list[int]:
    """Return the senders that ever named a command; the rings of the others are empty."""
    senders = int(state.exchange[0]["senders"])
    return [one for one in range(SENDERS_MAX) if senders >> one & 1]


def _last_fee_schedule(state: State) -> int:
    known = np.flatnonzero(state.fees["count"])
    return int(known[-1]) if len(known) else 0


def grown(arena: Arena, table: str, rows: int) -> Arena:
    """Return a larger arena with the same state; the table is growable, `rows` more."""
    asked = {name: arena.capacities.rows[name] - 1 for name in GROWABLE}
    asked[table] = rows
    names = int(arena.plain.exchange[0]["names"])
    return moved(arena, capacities(asked, names))


def moved(arena: Arena, to: Capacities) -> Arena:
    """Return an arena of other capacities with the same state."""
    made = Arena(to)
    for name, rows in used_rows(arena.plain).items():
        made.tables[name][:rows] = arena.tables[name][:rows]
    rebuild_indexes(made.state)
    return made


def copy_used_rows(source: Arena, target: Arena) -> None:
    """Make the target's state the source's; both have the same capacities.

    Rows that neither has used are zeros in both, so only the others are copied, and hash tables
    whole.
    """
    used, stale = used_rows(source.plain), used_rows(target.plain)
    for name, table in source.tables.items():
        rows = max(used[name], stale[name]) if name in used else len(table)
        np.copyto(target.tables[name][:rows].view(np.uint8), table[:rows].view(np.uint8))
    for word in ("in_vain", "work", "command_work"):
        target.plain.scratch[word] = source.plain.scratch[word]


def rebuild_indexes(state: State) -> None:
    """Fill the hash tables of an arena in which they are empty."""
    _rebuild_keys(state)
    _rebuild_orders(state)


@entry
def _rebuild_keys(s: State) -> None:
    x = s.exchange[0]
    for k in range(1, x.balances_used + 1):
        b = s.balances[k]
        insert(s.balance_index, balance_code(s, b.account, b.wallet, b.asset), k)
    for k in range(1, x.positions_used + 1):
        p = s.positions[k]
        insert(s.position_index, position_code(s, p.account, p.market), k)
    for k in range(1, x.keys_used + 1):
        insert(s.key_index, key_code(s, s.keys[k].key), k)
    for k in range(1, x.requests_used + 1):
        r = s.requests[k]
        insert(s.request_index, request_code(s, r.digest_hi, r.digest_lo), k)


@entry
def _rebuild_orders(s: Any) -> None:
    x = s.exchange[0]
    for k in range(1, x.orders_used + 1):
        o = s.orders[k]
        if o.number == 0:
            continue
        insert(s.order_index, order_code(s, o.number), k)
        if o.flags & CLIENT_ID != 0:
            d = s.order_details[k]
            insert(s.client_index, client_code(s, o.account, d.client_hi, d.client_lo), k)
