"""A small exchange that trades, and commands said to it by any sender."""

from __future__ import annotations

from itertools import count
from typing import Any

from pilothouse.engine.machine import Machine
from pilothouse.language import commands as ask
from pilothouse.language.kinds import (
    CauseKind,
    ClientClass,
    MarketKind,
    OrderType,
    Purpose,
    Side,
    TimeInForce,
)
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message, to_rows
from tests.twin.worlds import COIN, DOLLAR, PERPETUAL, SPOT, START_US, foundation, rows_of

FEES, POOL, CUSTODY, CLEARING = 1, 2, 3, 4
CLIENT, OTHER = 6, 7
UNUSED, DESK, SUSPENSE, SECOND_POOL = 11, 12, 13, 14
"""Further accounts: a client's, and three of the house's own."""
FREE_FEES = 2
"""A fee schedule that no market has."""
NAMES = count(1)
"""Every command of a test run has a name of its own."""


def said(sender: int, command: Any) -> Message:
    """Return a command of a sender, with the cause that its door asks for."""
    kind = CauseKind.CHANGE if sender == Sender.CONTROL else CauseKind.GENESIS
    return Message(command, Name(sender, 1, next(NAMES)), Cause(kind, 1))


def trading() -> Machine:
    """Return an exchange in which two clients have traded and orders rest in two markets."""
    machine = Machine.empty()
    house = (Purpose.LIQUIDATION_DESK, Purpose.SUSPENSE, Purpose.INSURANCE)
    asked = [
        *foundation(),
        ask.OpenAccount(client_class=ClientClass.RETAIL),
        *(ask.OpenAccount(client_class=ClientClass.HOUSE, purpose=one) for one in house),
        fees(FREE_FEES),
        ask.Deposit(account=POOL, asset=DOLLAR, amount=10**9),
        *(order(one, market, side) for market in (SPOT, PERPETUAL) for one, side in TRADE),
        *(order(CLIENT, market, Side.SELL, 10_100) for market in (SPOT, PERPETUAL)),
    ]
    stepped = machine.step(rows_of([said(Sender.CONTROL, one) for one in asked]), START_US)
    assert not stepped.receipts[:, 1].any()
    return machine


TRADE = ((CLIENT, Side.SELL), (OTHER, Side.BUY))


def order(account: int, market: int, side: Side, price: int = 10_000) -> ask.PlaceOrder:
    """Return a limit order for a hundredth of a coin."""
    return ask.PlaceOrder(
        account=account, market=market, side=side, order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC, flags=0, price=price,
        quantity=1_000_000 if market == SPOT else 10,
    )  # fmt: skip


def fees(number: int, ppm: int = 9_000) -> ask.SetFeeSchedule:
    """Return a fee schedule of one tier."""
    tiers = (ask.FeeTier(volume_from_usd=0, maker_ppm=ppm, taker_ppm=ppm),)
    return ask.SetFeeSchedule(fee_schedule=number, count=1, tiers=tiers)


def contract(symbol: str, fee_schedule: int) -> ask.ListMarket:
    """Return the listing of a contract."""
    return ask.ListMarket(
        symbol=symbol, kind=MarketKind.PERPETUAL_LINEAR, base=COIN, quote=DOLLAR,
        price_decimals=1, quantity_decimals=3, tick=5, lot=1, fee_schedule=fee_schedule,
    )  # fmt: skip


def outcome(machine: Machine, sender: int, command: Any) -> int:
    """Step one command of a sender; return its outcome."""
    return int(machine.step(to_rows(said(sender, command)), machine.time + 1).receipts[0, 1])
