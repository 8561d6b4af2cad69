"""Compiling the engine once, before the processes that use it start and each would do the same.

Machine code is made when a door of the engine is first used, and kept on disk. A tiny exchange
goes once through the doors that a running one uses: steps, growth, snapshots, views, a rehearsal.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pilothouse.language.commands import (
    Deposit,
    GrowTable,
    OpenAccount,
    PlaceOrder,
    SetIndexPrice,
    SetMarketStatus,
    SetPriceBand,
    Transfer,
)
from pilothouse.language.kinds import (
    CauseKind,
    ClientClass,
    MarketStatus,
    OrderType,
    Side,
    TimeInForce,
    Wallet,
)
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message, to_rows
from pilothouse.language.schema import ROW_WORDS, Command
from pilothouse.simulation import genesis, markets

CAUSE = Cause(CauseKind.GENESIS, 1)
CONTRACT = len(markets.SPOT) + 1
DOLLARS = 10**12
PRICE = 60_000


def compile_engine() -> None:
    """Load the engine's doors from the disk where they are kept, else compile them."""
    from pilothouse.venue.machine import present_release

    release = present_release()
    machine = release.empty()
    for time, block in enumerate([genesis.found(1_024, 64), genesis.furnish(), _trade()], 1):
        machine.step(np.concatenate(list(_rows(block, time))), time)
    machine.step(np.zeros((0, ROW_WORDS), np.int64), 10)
    machine.quiet()
    machine.fingerprint()
    _read(release.from_bytes(machine.to_bytes()))
    _rehearse(machine)


def _rows(block: list[Command], hi: int) -> Iterator[Any]:
    for k, one in enumerate(block):
        yield to_rows(Message(one, Name(Sender.GENESIS, 1_000 * hi, k), CAUSE))


def _trade() -> list[Command]:
    bitcoin, dollar = markets.asset_number("XXBT"), markets.asset_number("ZUSD")
    made: list[Command] = [
        *[SetIndexPrice(asset=bitcoin, source=k, price_e12=PRICE * 10**12) for k in (1, 2)],
        GrowTable(table="orders", rows=2_048),
        GrowTable(table="balances", rows=2_048),
    ]
    for account in (genesis.CLIENTS_FROM, genesis.CLIENTS_FROM + 1):
        made += [
            OpenAccount(client_class=ClientClass.PROFESSIONAL),
            Deposit(account=account, asset=dollar, amount=DOLLARS),
            Transfer(
                account=account,
                asset=dollar,
                source=Wallet.SPOT,
                target=Wallet.FUTURES,
                amount=DOLLARS,
            ),
        ]
    return [
        *made,
        _order(genesis.CLIENTS_FROM, Side.BUY),
        _order(genesis.CLIENTS_FROM + 1, Side.SELL),
    ]


def _order(account: int, side: Side) -> PlaceOrder:
    contract = genesis.perpetual_listing(markets.PERPETUALS[0])
    return PlaceOrder(
        account=account,
        market=CONTRACT,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        flags=0,
        quantity=10 * contract.lot,
        price=PRICE * 10**contract.price_decimals,
    )


def _read(machine: Any) -> None:
    from pilothouse.engine import reading
    from pilothouse.venue.views import accounts, margin

    reading.read_fee(PRICE, 1)
    reading.read_share(PRICE, 1)
    reading.read_value(PRICE, 1, 1, 1)
    reading.read_volume(machine.arena.state, markets.asset_number("ZUSD"), PRICE)
    reading.read_reference(machine.arena.state, CONTRACT)
    margin.margin(machine, genesis.CLIENTS_FROM)
    margin.health(machine)
    margin.health_of_contract(machine, CONTRACT)
    accounts.positions(machine, genesis.CLIENTS_FROM)


class _Still:
    """A follower that stands still, for a rehearsal."""

    def __init__(self, machine: Any) -> None:
        self._machine = machine

    @contextmanager
    def machine(self) -> Iterator[Any]:
        yield self._machine


def _rehearse(machine: Any) -> None:
    from pilothouse.venue.rehearsal import Rehearsal

    rehearsal = Rehearsal(_Still(machine))  # type: ignore[arg-type]
    schedule = genesis.schedule(CONTRACT, markets.PERPETUALS[0].tiers, 2)
    band = SetPriceBand(market=CONTRACT, band_ppm=20_000, base_version=1)
    status = SetMarketStatus(market=CONTRACT, status=MarketStatus.HALTED, base_version=1)
    for k, one in enumerate((schedule, band, status)):
        rehearsal.impact(Message(one, Name(Sender.SIMULATION, 1, k), CAUSE))
