"""The house's money: what a client or a part that was taken over can put in or take out.

Every command that names an account is tried on every kind of account the house has.
"""

from __future__ import annotations

import random
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from pilothouse.engine.machine import Machine
from pilothouse.language import commands as ask
from pilothouse.language import refusals as no
from pilothouse.language.kinds import ClientClass, MarketStatus, Purpose, Side, Wallet
from pilothouse.language.names import Sender
from pilothouse.language.schema import COMMANDS
from tests.attack import trading_world as world
from tests.attack.trading_world import (
    CLEARING,
    CLIENT,
    CUSTODY,
    DESK,
    FEES,
    OTHER,
    POOL,
    SECOND_POOL,
    SUSPENSE,
    UNUSED,
    outcome,
    trading,
)
from tests.twin.worlds import COIN, DOLLAR, PERPETUAL, SMALL, SPOT, margin_schedule

HOUSE = {
    "fees": FEES,
    "pool": POOL,
    "custody": CUSTODY,
    "clearing": CLEARING,
    "clearing of a contract nobody traded": CLEARING + 1,
    "desk": DESK,
    "suspense": SUSPENSE,
    "another pool": SECOND_POOL,
}
SENDERS = [one for one in Sender if one is not Sender.REHEARSAL]
BY_ACCOUNT = {one for one in COMMANDS.values() if "account" in {f.name for f in fields(one)}}
OUT = {"source": Wallet.FUTURES, "target": Wallet.SPOT}
IN = {"source": Wallet.SPOT, "target": Wallet.FUTURES}
ALLOWED = {("pool", "deposit"), ("pool", "into the pool")}
"""What anybody may do who may say the command at all."""
SIGNED = {("pool", "out of the pool")}
"""What change control may do besides."""


def deeds(account: int) -> dict[str, Any]:
    """Return everything that moves money of an account, or would take a risk with it."""
    made: dict[str, Any] = {
        "deposit": ask.Deposit(account=account, asset=DOLLAR, amount=7),
        "into the pool": ask.Transfer(account=account, asset=DOLLAR, amount=1, **IN),
        "out of the pool": ask.Transfer(account=account, asset=DOLLAR, amount=1, **OUT),
    }
    for market in (SPOT, PERPETUAL):
        for side in Side:
            made[f"{side.name} {market}"] = world.order(account, market, side)
    return made


@pytest.fixture(scope="module")
def exchange():
    machine = trading()
    # So that only the account stands in the way of what takes from the pool.
    into = ask.Transfer(account=POOL, asset=DOLLAR, amount=5 * 10**8, **IN)
    assert outcome(machine, Sender.GENESIS, into) == 0
    return machine


def held(machine: Machine, account: int) -> dict[tuple[int, int], int]:
    """Return what an account has, by wallet and asset."""
    rows = machine.state.balances
    return {
        (int(one["wallet"]), int(one["asset"])): int(one["available"] + one["held"])
        for one in rows[rows["account"] == account]
        if one["available"] or one["held"]
    }


def test_every_command_that_names_an_account_is_tried():
    cancels = {ask.CancelOrder, ask.CancelAllOrders}
    # It only says whose share of a table a request takes.
    counts = {ask.UseRequest}
    assert {type(one) for one in deeds(CLIENT).values()} | cancels | counts == BY_ACCOUNT


def test_each_account_is_of_its_kind(exchange):
    accounts = exchange.state.accounts
    assert {int(accounts[one]["purpose"]) for one in HOUSE.values()} == set(Purpose) - {1}
    assert {int(accounts[one]["purpose"]) for one in (CLIENT, OTHER, UNUSED)} == {1}
    for deed, command in deeds(CLIENT).items():
        assert outcome(exchange.copy(), Sender.GATEWAY, command) == 0, deed


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize("kind", HOUSE)
def test_nobody_puts_in_or_takes_out_what_is_the_houses(exchange, kind, sender):
    account = HOUSE[kind]
    for deed, command in deeds(account).items():
        machine = exchange.copy()
        before, became = held(machine, account), outcome(machine, sender, command)
        signed = sender == Sender.CONTROL and (kind, deed) in SIGNED
        if (kind, deed) in ALLOWED or signed:
            assert became == 0, deed
        else:
            assert became == no.ACCOUNT_IS_THE_HOUSES, deed
            assert held(machine, account) == before
        assert not machine.broken_invariants(), deed


def test_a_market_with_fees_needs_an_account_that_takes_them():
    machine = Machine.empty()
    sizes = dict.fromkeys(("accounts", "balances", "positions", "orders", "levels"), 64)
    listing = ask.ListMarket(
        symbol="COINZUSD", kind=1, base=2, quote=1, price_decimals=1, quantity_decimals=8,
        tick=1, lot=1_000, fee_schedule=1,
    )  # fmt: skip
    client = ask.OpenAccount(client_class=ClientClass.RETAIL)
    house = [
        ask.OpenAccount(client_class=ClientClass.HOUSE, purpose=one)
        for one in (Purpose.CUSTODY, Purpose.FEES)
    ]
    founding = [
        ask.CreateExchange(**sizes, nodes=256), house[0], client, client,
        ask.ListAsset(symbol="ZUSD", decimals=6), ask.ListAsset(symbol="COIN", decimals=8),
        world.fees(1), listing,
    ]  # fmt: skip
    became = [outcome(machine, Sender.GENESIS, one) for one in founding]
    assert became == [0] * 7 + [no.FEES_ACCOUNT_IS_MISSING]
    # Without fees it may be listed, and with an account that takes them.
    assert outcome(machine, Sender.GENESIS, replace(listing, symbol="FREE", fee_schedule=0)) == 0
    assert outcome(machine, Sender.GENESIS, house[1]) == 0
    assert outcome(machine, Sender.GENESIS, listing) == 0
    for one in (
        ask.Deposit(account=2, asset=1, amount=10**9),
        ask.Deposit(account=3, asset=2, amount=10**9),
        replace(world.order(3, SPOT, Side.SELL), market=2),
        replace(world.order(2, SPOT, Side.BUY), market=2),
    ):
        assert outcome(machine, Sender.GENESIS, one) == 0
    assert held(machine, 4)[Wallet.SPOT, 1] > 0 == len(held(machine, 0))
    assert not machine.broken_invariants()


STEPS, EVERY = 600, 20


@pytest.mark.parametrize("seed", range(4))
def test_the_houses_money_stays_right_whatever_is_said_by_whom(seed):
    """Everything at random, by everybody: invariants hold, and nothing moved from the outside."""
    machine, chance = trading(), random.Random(seed)
    mirror = {kind: held(machine, HOUSE[kind]) for kind in ("desk", "suspense", "another pool")}
    outside = held(machine, CUSTODY)
    for step in range(STEPS):
        sender, command = chance.choice(SENDERS), _any(chance)
        became = outcome(machine, sender, command)
        if isinstance(command, ask.Deposit) and became == 0:
            key = (Wallet.SPOT, command.asset)
            outside[key] = outside.get(key, 0) - command.amount
        if step % EVERY == 0:
            assert not machine.broken_invariants(), (step, command)
    assert not machine.broken_invariants()
    assert held(machine, CUSTODY) == outside, "only deposits move what is held outside"
    assert mirror == {kind: held(machine, HOUSE[kind]) for kind in mirror}
    assert np.flatnonzero(machine.state.balances["account"] == 0)[0] == 0
    assert {int(one["fee_schedule"]) for one in machine.state.markets[1:3]} == {1}


def _any(chance: random.Random) -> Any:
    account = chance.choice([CLIENT, OTHER, UNUSED] * 3 + list(HOUSE.values()) + [0, 99])
    market = chance.choice([SPOT, PERPETUAL, SMALL])
    price = chance.choice([9_950, 10_000, 10_000, 10_050]) * (100 if market == SMALL else 1)
    order = replace(world.order(account, market, chance.choice(list(Side))), price=price)
    wallets = chance.choice([IN, OUT])
    version = chance.randint(1, 4)
    return chance.choice([
        order, order, order, order, order,
        replace(order, quantity=order.quantity * chance.randint(1, 20)),
        ask.CancelAllOrders(account=account),
        ask.Deposit(account=account, asset=chance.choice([DOLLAR, COIN]), amount=10**8),
        ask.Transfer(account=account, asset=DOLLAR, amount=chance.randint(1, 10**9), **wallets),
        ask.Transfer(account=account, asset=COIN, amount=chance.randint(1, 10**8), **wallets),
        world.fees(chance.choice([1, 2, 3]), chance.randint(0, 20_000)),
        ask.SetIndexPrice(
            asset=COIN, source=chance.randint(1, 3), price_e12=chance.randint(950, 1_050) * 10**12
        ),
        ask.SetMarketStatus(
            market=market, status=chance.choice(list(MarketStatus)[:3]), base_version=version
        ),
        ask.SetPriceBand(
            market=market, band_ppm=chance.choice([0, 50_000]), base_version=version
        ),
        margin_schedule(market, ((0, 60_000, 50_000),), version),
    ])  # fmt: skip
