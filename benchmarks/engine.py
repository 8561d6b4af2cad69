"""The standard mix through the shipped step, in memory: one symbol and two hundred.

60 % limit orders near the middle, 35 % cancellations of orders that rest, 5 % immediate-or-cancel
orders that take; with names, guards, balances and fees. The commands are made first, then stepped
in blocks on a fresh machine. Run by hand, on a quiet machine: `python -m benchmarks.engine`.
"""

import argparse
import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.language import commands as ask
from pilothouse.language.events import OrderFilled
from pilothouse.language.kinds import CauseKind, ClientClass, MarketKind, Purpose
from pilothouse.language.names import Cause, Name
from pilothouse.language.rows import Message, Rows, to_rows

COMMANDS = 2_000_000
ACCOUNTS = 10_000
CLIENTS_FROM = 3
BATCH = 20_000
BLOCK = 4_096
MIDDLE = 2_000_000
TIME = 1_798_761_600_000_000
LIMIT_SHARE, CANCEL_SHARE = 0.60, 0.35


def foundation(symbols: int) -> Rows:
    """Return the commands that make the exchange and fund everyone."""
    house = [
        ask.OpenAccount(client_class=ClientClass.HOUSE, purpose=one)
        for one in (Purpose.FEES, Purpose.CUSTODY)
    ]
    asset = [ask.ListAsset(symbol=one, decimals=6) for one in ("ZUSD", "COIN")]
    tier = ask.FeeTier(volume_from_usd=0, maker_ppm=1_000, taker_ppm=2_000)
    fees = ask.SetFeeSchedule(fee_schedule=1, count=1, tiers=(tier,))
    markets = [
        ask.ListMarket(
            symbol=f"COIN{k}", kind=MarketKind.SPOT, base=2, quote=1, price_decimals=3,
            quantity_decimals=6, tick=1_000, lot=1, fee_schedule=1,
        )
        for k in range(symbols)
    ]  # fmt: skip
    clients = [ask.OpenAccount(client_class=ClientClass.PROFESSIONAL)] * ACCOUNTS
    money = [
        ask.Deposit(account=CLIENTS_FROM + k, asset=a, amount=10**13)
        for k in range(ACCOUNTS)
        for a in (1, 2)
    ]
    create = ask.CreateExchange(
        accounts=ACCOUNTS + 16, balances=3 * ACCOUNTS + 64, positions=16, orders=1 << 18,
        levels=1 << 16, nodes=1 << 18, assets=4, markets=symbols + 1, volumes=ACCOUNTS + 16,
    )  # fmt: skip
    asked = [create, *house, *asset, fees, *markets, *clients, *money]
    cause = Cause(CauseKind.GENESIS, 1)
    return np.concatenate(
        [to_rows(Message(one, Name(1, 1, k), cause)) for k, one in enumerate(asked)]
    )


def mix(machine: Machine, symbols: int, count: int, seed: int) -> Iterator[Rows]:
    """Yield batches of the mix, stepped on `machine` so that cancels name resting orders."""
    chance = np.random.default_rng(seed)
    middle = np.full(symbols, MIDDLE)
    for first in range(0, count, BATCH):
        size = min(BATCH, count - first)
        middle += chance.integers(-2, 3, symbols) * 1_000
        rows = _orders(chance, middle, size)
        _cancel_some(chance, machine, rows)
        rows[:, 3], rows[:, 4] = 1, np.arange(first, first + size) + 1
        machine.step(rows, TIME)
        yield rows


def _orders(chance: np.random.Generator, middle: Any, size: int) -> Rows:
    rows = np.zeros((size, 16), np.int64)
    market = chance.integers(0, len(middle), size)
    side = chance.integers(1, 3, size)
    sign = np.where(side == 1, -1, 1)
    takes = chance.random(size) < (1 - LIMIT_SHARE - CANCEL_SHARE) / (1 - CANCEL_SHARE)
    away = np.minimum(chance.geometric(0.12, size), 60)
    away = np.where(chance.random(size) < 0.12, -chance.integers(0, 4, size), away)
    away = np.where(takes, -1_000, away)
    rows[:, 0], rows[:, 1], rows[:, 2] = ask.PlaceOrder.number, 1, 5
    rows[:, 7] = CLIENTS_FROM + chance.integers(0, ACCOUNTS, size)
    rows[:, 8], rows[:, 9], rows[:, 10] = market + 1, side, 1
    rows[:, 11] = np.where(takes, 2, 1)
    rows[:, 13] = chance.integers(1, 301, size) * np.where(takes, 1_000, 400)
    rows[:, 14] = middle[market] + sign * away * 1_000
    return rows


def _cancel_some(chance: np.random.Generator, machine: Machine, rows: Rows) -> None:
    orders = machine.state.orders
    resting = np.flatnonzero((orders["number"] > 0) & (orders["level"] > 0))
    wanted = min(int(len(rows) * CANCEL_SHARE), len(resting))
    chosen = orders[chance.choice(resting, wanted, replace=False)] if wanted else orders[:0]
    places = chance.choice(len(rows), wanted, replace=False)
    rows[places, 7:] = 0
    rows[places, 0] = ask.CancelOrder.number
    rows[places, 7], rows[places, 8] = chosen["account"], chosen["number"]


def measure(symbols: int, count: int) -> dict[str, Any]:
    """Return how fast the mix is stepped, and what came of it."""
    start = Machine.empty()
    start.step(foundation(symbols), TIME)
    rows = np.concatenate(list(mix(start.copy(), symbols, count, 42)))
    machine = start.copy()
    machine.step(rows[:0], TIME)
    refused = trades = 0
    began, began_cpu = time.perf_counter(), time.process_time()
    for at in range(0, count, BLOCK):
        stepped = machine.step(rows[at : at + BLOCK], TIME)
        refused += int(np.count_nonzero(stepped.receipts[:, 1]))
        trades += int(np.count_nonzero(stepped.events[:, 0] == OrderFilled.number))
    seconds, busy = time.perf_counter() - began, time.process_time() - began_cpu
    return {
        "commands": count,
        "commands_per_s": round(count / seconds),
        "commands_per_cpu_s": round(count / busy),
        "trades": trades,
        "refused": refused,
        "resting": int(machine.state.exchange[0]["orders_open"]),
        "arena_bytes": machine.arena.bytes.nbytes,
    }


def main() -> None:
    """Measure both mixes and print one JSON object."""
    options = argparse.ArgumentParser()
    options.add_argument("--commands", type=int, default=COMMANDS)
    count = options.parse_args().commands
    print(json.dumps({"one_symbol": measure(1, count), "200_symbols": measure(200, count)}))


if __name__ == "__main__":
    main()
