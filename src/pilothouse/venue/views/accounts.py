"""Accounts, their balances and their positions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pilothouse.engine import reading
from pilothouse.engine.machine import Machine
from pilothouse.language.kinds import ClientClass, Purpose, Wallet
from pilothouse.language.numbers import MICRO_USD


@dataclass(frozen=True)
class AccountView:
    """Whose account it is and how it stands."""

    number: int
    client_class: ClientClass
    jurisdiction: int
    purpose: Purpose
    firm: int
    orders_open: int
    volume_30d_usd: int
    in_protection: bool
    opened_at: int


@dataclass(frozen=True)
class BalanceView:
    """One balance in base units of its asset."""

    wallet: Wallet
    asset: int
    available: int
    held: int


@dataclass(frozen=True)
class ScheduleKey:
    """The scope of the margin schedule that holds for a position."""

    client_class: ClientClass
    jurisdiction: int
    opened_from: int


@dataclass(frozen=True)
class PositionView:
    """One position with its lines of the margin arithmetic (micro-dollars)."""

    account: int
    market: int
    quantity: int
    entry_cost: int
    opened_at: int
    mark: int
    value: int
    unrealised: int
    funding: int
    notional_micro_usd: int
    initial: int
    initial_with_orders: int
    maintenance: int
    schedule: ScheduleKey
    tier: int
    buys: int
    sells: int


def account_count(machine: Machine) -> int:
    """Return how many accounts were opened, the house's included."""
    return int(machine.state.exchange[0]["accounts_used"])


def account(machine: Machine, number: int) -> AccountView | None:
    """Return an account, or None if there is none of this number."""
    if not 1 <= number <= account_count(machine):
        return None
    a = machine.state.accounts[number]
    return AccountView(
        number=number,
        client_class=ClientClass(int(a["client_class"])),
        jurisdiction=int(a["jurisdiction"]),
        purpose=Purpose(int(a["purpose"])),
        firm=int(a["firm"]),
        orders_open=int(a["orders_open"]),
        volume_30d_usd=int(a["volume_micro_usd"]) // MICRO_USD,
        in_protection=bool(a["protection"]),
        opened_at=int(a["opened_at"]),
    )


def balance_rows(machine: Machine, number: int) -> Iterator[int]:
    """Yield the rows of an account's balances."""
    row = int(machine.state.accounts[number]["balances_first"])
    while row:
        yield row
        row = int(machine.state.balances[row]["next"])


def balances(machine: Machine, number: int) -> list[BalanceView]:
    """Return the balances of an account, spot first, by asset."""
    rows = [machine.state.balances[row] for row in balance_rows(machine, number)]
    made = [
        BalanceView(Wallet(int(b["wallet"])), int(b["asset"]), int(b["available"]), int(b["held"]))
        for b in rows
    ]
    return sorted(made, key=lambda one: (one.wallet, one.asset))


def position_rows(machine: Machine, number: int) -> Iterator[int]:
    """Yield the rows of an account's positions, closed ones included."""
    row = int(machine.state.accounts[number]["positions_first"])
    while row:
        yield row
        row = int(machine.state.positions[row]["next_of_account"])


def positions(machine: Machine, number: int) -> list[PositionView]:
    """Return the open positions of an account, and those that only have orders, by contract."""
    made = [position(machine, row) for row in position_rows(machine, number)]
    kept = [one for one in made if one.quantity or one.buys or one.sells]
    return sorted(kept, key=lambda one: one.market)


def contract_positions(machine: Machine, market: int, most: int) -> list[PositionView]:
    """Return the largest open positions of a contract."""
    used = int(machine.state.exchange[0]["positions_used"]) + 1
    rows = machine.state.positions[:used]
    of = np.flatnonzero((rows["market"] == market) & (rows["quantity"] != 0))
    largest = of[np.argsort(-np.abs(rows["quantity"][of]), kind="stable")][:most]
    return [position(machine, int(row)) for row in largest]


def position(machine: Machine, row: int) -> PositionView:
    """Return the position of a row."""
    p = machine.state.positions[row]
    s = machine.state.schedules[p["schedule"]]
    out = np.zeros(reading.POSITION_WORDS, np.int64)
    reading.read_position(machine.arena.state, row, out)
    lines = [int(one) for one in out]
    unrealised, entry_cost = lines[reading.P_UNREALISED], int(p["entry_cost"])
    return PositionView(
        account=int(p["account"]),
        market=int(p["market"]),
        quantity=int(p["quantity"]),
        entry_cost=entry_cost,
        opened_at=int(p["opened_at"]),
        mark=int(machine.state.markets[p["market"]]["mark"]),
        value=unrealised + entry_cost,
        unrealised=unrealised,
        funding=lines[reading.P_FUNDING],
        notional_micro_usd=lines[reading.P_NOTIONAL],
        initial=lines[reading.P_INITIAL],
        initial_with_orders=lines[reading.P_WITH_ORDERS],
        maintenance=lines[reading.P_MAINTENANCE],
        schedule=ScheduleKey(
            ClientClass(int(s["client_class"])), int(s["jurisdiction"]), int(s["opened_from"])
        ),
        tier=lines[reading.P_TIER],
        buys=int(p["buys"]),
        sells=int(p["sells"]),
    )
