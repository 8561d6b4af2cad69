"""Reading the machine's tables beside the twin's facts: each difference is one sentence."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilothouse.engine import reading
from pilothouse.engine.machine import Machine
from tests.twin.exchange import Twin

COMPARED = (
    reading.EQUITY,
    reading.INITIAL,
    reading.WITH_ORDERS,
    reading.MAINTENANCE,
    reading.NOTIONAL,
)


def differences(machine: Machine, twin: Twin) -> list[str]:
    """Return what the machine and the twin do not agree about."""
    state = machine.state
    return [
        *_apart("balances", _balances(state), _twin_balances(twin)),
        *_apart("orders", _orders(state), _twin_orders(twin)),
        *_apart("positions", _positions(state), _twin_positions(twin)),
        *_apart("markets", _markets(state), _twin_markets(twin)),
        *_apart("margins", _margins(machine, twin), _twin_margins(twin)),
    ]


def _apart(what: str, ours: dict[Any, Any], theirs: dict[Any, Any]) -> list[str]:
    keys = sorted(set(ours) | set(theirs))
    return [
        f"{what} {key}: machine {ours.get(key)}, twin {theirs.get(key)}"
        for key in keys
        if ours.get(key) != theirs.get(key)
    ]


def _rows(table: Any, used: int) -> list[Any]:
    return list(table[1 : used + 1])


def _balances(state: Any) -> dict[Any, Any]:
    used = int(state.exchange[0]["balances_used"])
    rows = _rows(state.balances, used)
    made = {
        (int(b["account"]), int(b["wallet"]), int(b["asset"])): (
            int(b["available"]),
            int(b["held"]),
        )
        for b in rows
    }
    return {key: amounts for key, amounts in made.items() if amounts != (0, 0)}


def _twin_balances(twin: Twin) -> dict[Any, Any]:
    books = twin.books
    keys = set(books.available) | set(books.held)
    made = {tuple(map(int, key)): (books.available[key], books.held[key]) for key in keys}
    return {key: amounts for key, amounts in made.items() if amounts != (0, 0)}


def _orders(state: Any) -> dict[Any, Any]:
    used = int(state.exchange[0]["orders_used"])
    return {
        int(o["number"]): tuple(
            int(o[name]) for name in ("account", "market", "side", "price", "remaining", "held")
        )
        for o in _rows(state.orders, used)
        if o["number"]
    }


def _twin_orders(twin: Twin) -> dict[Any, Any]:
    return {
        one.number: (
            one.asked.account, one.asked.market, int(one.asked.side),
            one.price, one.remaining, one.held,
        )
        for one in twin.books.orders.values()
    }  # fmt: skip


def _positions(state: Any) -> dict[Any, Any]:
    used = int(state.exchange[0]["positions_used"])
    return {
        (int(p["account"]), int(p["market"])): (int(p["quantity"]), int(p["entry_cost"]))
        for p in _rows(state.positions, used)
        if p["quantity"]
    }


def _twin_positions(twin: Twin) -> dict[Any, Any]:
    return {
        key: (one.quantity, one.entry_cost)
        for key, one in twin.books.positions.items()
        if one.quantity
    }


def _markets(state: Any) -> dict[Any, Any]:
    used = int(state.exchange[0]["markets_used"])
    names = ("status", "status_version", "band_ppm", "schedule_version", "last_price", "mark")
    return {
        k + 1: tuple(int(m[name]) for name in names)
        for k, m in enumerate(_rows(state.markets, used))
    }


def _twin_markets(twin: Twin) -> dict[Any, Any]:
    return {
        k: (
            int(m.status), m.status_version, m.band_ppm,
            m.schedule_version, m.last_price, m.mark,
        )
        for k, m in enumerate(twin.books.markets, 1)
    }  # fmt: skip


def _margins(machine: Machine, twin: Twin) -> dict[Any, Any]:
    words = np.zeros(reading.MARGIN_WORDS, np.int64)
    made = {}
    for account in range(1, len(twin.books.accounts) + 1):
        reading.read_margin(machine.arena.state, account, words)
        made[account] = tuple(int(words[k]) for k in COMPARED)
    return made


def _twin_margins(twin: Twin) -> dict[Any, Any]:
    accounts = range(1, len(twin.books.accounts) + 1)
    margins = {one: twin.margin(one) for one in accounts}
    return {
        one: (m.equity, m.initial, m.with_orders, m.maintenance, m.notional)
        for one, m in margins.items()
    }
