"""Open orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.language.commands.orders import ALL_FLAGS
from pilothouse.language.kinds import OrderType, Side
from pilothouse.venue.views.accounts import position_rows


@dataclass(frozen=True)
class OrderView:
    """One open order; prices and quantities in its market's units."""

    number: int
    account: int
    market: int
    side: Side
    order_type: OrderType
    flags: int
    price: int
    quantity: int
    remaining: int
    placed_at: int


def orders(machine: Machine, account: int) -> list[OrderView]:
    """Return an account's open orders, the newest first."""
    firsts = [machine.state.accounts[account]["orders_first"]]
    firsts += [machine.state.positions[k]["orders_first"] for k in position_rows(machine, account)]
    made = []
    for first in firsts:
        row = int(first)
        while row:
            made.append(_order(machine, row))
            row = int(machine.state.orders[row]["account_next"])
    return sorted(made, key=lambda one: -one.number)


def order(machine: Machine, number: int) -> OrderView | None:
    """Return an open order by its number, or None."""
    used = int(machine.state.exchange[0]["orders_used"]) + 1
    found = np.flatnonzero(machine.state.orders["number"][:used] == number)
    return _order(machine, int(found[0])) if number > 0 and len(found) else None


def resting_orders(machine: Machine, market: int) -> int:
    """Return how many orders rest in a market."""
    used = machine.state.orders[: int(machine.state.exchange[0]["orders_used"]) + 1]
    return int(np.count_nonzero((used["market"] == market) & (used["number"] != 0)))


def _order(machine: Machine, row: int) -> OrderView:
    o, details = machine.state.orders[row], machine.state.order_details[row]
    return OrderView(
        number=int(o["number"]),
        account=int(o["account"]),
        market=int(o["market"]),
        side=Side(int(o["side"])),
        order_type=OrderType(int(details["order_type"])),
        flags=int(o["flags"]) & ALL_FLAGS,
        price=int(o["price"]),
        quantity=int(details["quantity"]),
        remaining=int(o["remaining"]),
        placed_at=int(details["placed_at"]),
    )
