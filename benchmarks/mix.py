"""The standard mix: 60 % limit orders near the middle, 35 % cancellations of recent orders that
rest, 5 % immediate-or-cancel orders that take, of ten thousand funded accounts.

Made here with NumPy and a machine that steps along, or read from a file of the mix (rows of 64
bytes: number, time, order, price, quantity, then account, symbol, type and side in 32 bits).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.language import commands as ask
from pilothouse.language.kinds import CauseKind, ClientClass, MarketKind, Purpose
from pilothouse.language.names import Cause, Name
from pilothouse.language.rows import Message, Rows, to_rows

ACCOUNTS = 10_000
CLIENTS_FROM = 4
BATCH = 4_000
MIDDLE = 100_000
ORDERS_PER_MOVE = 400
RECENT = {1: 8_192}
RECENT_OTHERS = 512
TIME = 1_798_761_600_000_000
LIMIT_SHARE, CANCEL_SHARE = 0.60, 0.35
FUNDS = 10**14
FEES = ((0, 2_500, 4_000), (10_000, 2_000, 3_500), (50_000, 1_400, 2_400), (100_000, 1_200, 2_200))
"""Volume from (dollars), maker and taker (ppm): volumes count, as they do in the real thing."""
FILE = np.dtype(
    [(name, "i8") for name in ("number", "time", "order", "price", "quantity")]
    + [(name, "i4") for name in ("account", "symbol", "type", "side")]
    + [("flags", "i8")]
)
FILE_CANCEL, FILE_TAKE = 2, 3


def foundation(symbols: int) -> list[Rows]:
    """Return the blocks that make the exchange, a pair for each base asset, and fund everyone."""
    house = [
        ask.OpenAccount(client_class=ClientClass.HOUSE, purpose=one)
        for one in (Purpose.FEES, Purpose.CUSTODY, Purpose.INSURANCE)
    ]
    assets = [ask.ListAsset(symbol=f"A{k}", decimals=6) for k in range(symbols + 1)]
    tiers = tuple(
        ask.FeeTier(volume_from_usd=volume, maker_ppm=maker, taker_ppm=taker)
        for volume, maker, taker in FEES
    )
    markets = [
        ask.ListMarket(
            symbol=f"A{k + 1}/USD", kind=MarketKind.SPOT, base=2 + k, quote=1, price_decimals=3,
            quantity_decimals=6, tick=1_000, lot=1_000, fee_schedule=1,
        )
        for k in range(symbols)
    ]  # fmt: skip
    # A contract names the dollar, so that trades count into volumes of thirty days.
    contract = ask.ListMarket(
        symbol="PF", kind=MarketKind.PERPETUAL_LINEAR, base=2, quote=1, price_decimals=3,
        quantity_decimals=4, tick=1, lot=1,
    )  # fmt: skip
    create = ask.CreateExchange(
        accounts=ACCOUNTS + 16, balances=(ACCOUNTS + 1) * (symbols + 1) + 64, positions=16,
        orders=1 << 18, levels=1 << 16, nodes=1 << 18, assets=symbols + 1, markets=symbols + 1,
        volumes=ACCOUNTS + 16,
    )  # fmt: skip
    fees = ask.SetFeeSchedule(fee_schedule=1, count=len(tiers), tiers=tiers)
    clients = [ask.OpenAccount(client_class=ClientClass.PROFESSIONAL)] * ACCOUNTS
    asked = [create, *house, *assets, fees, *markets, contract, *clients]
    cause = Cause(CauseKind.GENESIS, 1)
    named = [to_rows(Message(one, Name(1, 1, k), cause)) for k, one in enumerate(asked)]
    return [np.concatenate(named), *(_deposits(asset) for asset in range(1, symbols + 2))]


def _deposits(asset: int) -> Rows:
    rows = np.zeros((ACCOUNTS, 16), np.int64)
    rows[:, 0], rows[:, 1], rows[:, 2] = ask.Deposit.number, 1, 5
    rows[:, 3], rows[:, 4] = asset, np.arange(ACCOUNTS)
    rows[:, 7], rows[:, 8], rows[:, 9] = CLIENTS_FROM + np.arange(ACCOUNTS), asset, FUNDS
    return rows


def founded(symbols: int) -> Machine:
    """Return a machine that stepped the foundation."""
    machine = Machine.empty()
    for rows in foundation(symbols):
        assert not machine.step(rows, TIME).receipts[:, 1].any()
    return machine


def read_mix(path: Path, first: int) -> Rows:
    """Return the commands of a file of the mix for a machine at position `first`."""
    told = np.fromfile(path, FILE)
    rows = _named(len(told), 0)
    cancels = told["type"] == FILE_CANCEL
    rows[:, 0] = np.where(cancels, ask.CancelOrder.number, ask.PlaceOrder.number)
    rows[:, 7] = CLIENTS_FROM + told["account"]
    rows[:, 8] = np.where(cancels, told["order"] + first, told["symbol"] + 1)
    rows[:, 9], rows[:, 10] = told["side"] + 1, 1
    rows[:, 11] = np.where(told["type"] == FILE_TAKE, 2, 1)
    rows[:, 13], rows[:, 14] = told["quantity"] * 1_000, told["price"] * 1_000
    rows[cancels, 9:] = 0
    return rows


def make_mix(machine: Machine, symbols: int, count: int, seed: int) -> Iterator[Rows]:
    """Yield batches of the mix, stepped on `machine` so that cancels name resting orders."""
    chance = np.random.default_rng(seed)
    middle = np.full(symbols, MIDDLE)
    for first in range(0, count, BATCH):
        size = min(BATCH, count - first)
        moves = chance.random(symbols) < BATCH / symbols / ORDERS_PER_MOVE
        middle += chance.integers(-2, 3, symbols) * moves
        rows = _orders(chance, middle, _named(size, first))
        _cancel_some(chance, machine, rows, symbols)
        machine.step(rows, TIME)
        yield rows


def _named(size: int, first: int) -> Rows:
    rows = np.zeros((size, 16), np.int64)
    rows[:, 1], rows[:, 2], rows[:, 3] = 1, 5, 1 << 20
    rows[:, 4] = np.arange(first, first + size) + 1
    return rows


def _orders(chance: np.random.Generator, middle: Any, rows: Rows) -> Rows:
    size = len(rows)
    market = chance.integers(0, len(middle), size)
    side = chance.integers(1, 3, size)
    sign = np.where(side == 1, -1, 1)
    takes = chance.random(size) < (1 - LIMIT_SHARE - CANCEL_SHARE) / (1 - CANCEL_SHARE)
    away = np.minimum(chance.geometric(0.12, size), 60)
    away = np.where(chance.random(size) < 0.12, -chance.integers(0, 4, size), away)
    away = np.where(takes, -2_000, away)
    rows[:, 0] = ask.PlaceOrder.number
    rows[:, 7] = CLIENTS_FROM + chance.integers(0, ACCOUNTS, size)
    rows[:, 8], rows[:, 9], rows[:, 10] = market + 1, side, 1
    rows[:, 11] = np.where(takes, 2, 1)
    rows[:, 13] = chance.integers(1, np.where(takes, 301, 101)) * 1_000
    rows[:, 14] = (middle[market] + sign * away) * 1_000
    return rows


def _cancel_some(chance: np.random.Generator, machine: Machine, rows: Rows, symbols: int) -> None:
    orders = machine.state.orders[: int(machine.state.exchange[0]["orders_used"]) + 1]
    resting = np.flatnonzero(orders["number"] > 0)
    newest = resting[np.argsort(orders["number"][resting])]
    newest = newest[-RECENT.get(symbols, RECENT_OTHERS * symbols) :]
    wanted = min(int(len(rows) * CANCEL_SHARE), len(newest))
    chosen = orders[chance.choice(newest, wanted, replace=False)] if wanted else orders[:0]
    places = chance.choice(len(rows), wanted, replace=False)
    rows[places, 7:] = 0
    rows[places, 0] = ask.CancelOrder.number
    rows[places, 7], rows[places, 8] = chosen["account"], chosen["number"]
