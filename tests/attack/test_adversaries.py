"""Worlds of adversaries in small tables: everybody fills what there is while prices jump. After
every block all invariants hold and its work is bounded, and a snapshot of any block goes on alike.
"""

import random

import numpy as np
import pytest

from pilothouse.engine.machine import Machine
from pilothouse.engine.work import WORK_MOST
from pilothouse.language.commands import (
    CancelAllOrders,
    Deposit,
    GrowTable,
    OpenAccount,
    SetIndexPrice,
    Transfer,
)
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import CauseKind, ClientClass, Side, TimeInForce, Wallet
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message, to_rows
from tests.engine.protected import CONTRACTS, DOLLAR, E6, E12, NO_ROWS, SOURCES, Exchange

CLIENTS = 12
GREEDY = 3
TABLES = {
    "accounts": 64, "balances": 96, "positions": 64, "orders": 1_200, "levels": 900,
    "nodes": 700,
}  # fmt: skip
COMMAND_WORK = 16_384


class Adversaries:
    """A seeded crowd; three of them may have as many orders as anybody ever may."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.exchange = Exchange(
            clients=CLIENTS, pool_usd=self.chance.choice([1, 2_000]), **TABLES
        )
        greedy = [
            OpenAccount(client_class=ClientClass.INSTITUTION, orders_max=1 << 30)
            for _ in range(GREEDY)
        ]
        self.exchange.say(*greedy)
        self.numbers = range(self.exchange.first, self.exchange.first + CLIENTS + GREEDY)
        for number in self.numbers:
            self.exchange.fund(number, DOLLAR, self.chance.choice([400, 3_000, 90_000]) * E6)
        self.prices = {market: price for market, (_, price) in CONTRACTS.items()}

    def commands(self):
        """Return what comes in one block."""
        chance, made = self.chance, []
        if chance.random() < 0.4:
            market = chance.choice(list(CONTRACTS))
            self.prices[market] *= 1 + chance.choice([0.002, -0.002, 0.03, -0.05, 0.12, -0.15])
            price = int(self.prices[market] * E12)
            asset = CONTRACTS[market][0]
            made += [SetIndexPrice(asset=asset, source=k, price_e12=price) for k in SOURCES]
        for _ in range(chance.choice([0, 3, 40])):
            made += self.anything()
        return made

    def anything(self):
        chance, number = self.chance, self.chance.choice(self.numbers)
        draw = chance.random()
        if draw < 0.03:
            return [CancelAllOrders(account=number, market=chance.choice([0, 1, 2]))]
        if draw < 0.06:
            return [Deposit(account=number, asset=chance.choice([1, 2, 3]), amount=50 * E6)]
        if draw < 0.09:
            ways = [Wallet.SPOT, Wallet.FUTURES]
            chance.shuffle(ways)
            asset, amount = chance.choice([1, 2]), chance.choice([E6, 40 * E6])
            source, target = ways
            return [
                Transfer(account=number, asset=asset, source=source, target=target, amount=amount)
            ]
        if draw < 0.092:
            return [GrowTable(table=chance.choice(["orders", "levels"]), rows=2_000)]
        return self.orders(number, chance.choice([1, 1, 1, 60]))

    def orders(self, number, count):
        chance = self.chance
        market, side = chance.choice([1, 1, 2]), chance.choice(list(Side))
        words = {
            "flags": chance.choice([0, 0, 0, REDUCE_ONLY]),
            "time_in_force": chance.choice([TimeInForce.GTC] * 5 + [TimeInForce.FOK]),
        }
        far = chance.choice([0.0005, 0.01, 0.5])
        price = self.prices[market] * 10
        return [
            self.exchange.order(
                number, market, side, chance.choice([1, 40, 3_000]),
                max(1, int(price * (1 + chance.gauss(0, far)))), **words,
            )
            for _ in range(count)
        ]  # fmt: skip

    def block(self):
        """Return the rows of one block."""
        rows = [NO_ROWS]
        for one in self.commands():
            self.exchange.count += 1
            name = Name(Sender.SIMULATION, 1, self.exchange.count)
            rows.append(to_rows(Message(one, name, Cause(CauseKind.GENESIS, 1))))
        return np.concatenate(rows)


def live(seed, blocks):
    world = Adversaries(seed)
    exchange, copies, refused = world.exchange, [], set()
    for place in range(blocks):
        if place % (blocks // 4) == 1:
            copies.append(Machine.from_bytes(exchange.machine.to_bytes()))
        rows = world.block()
        refused |= {int(one) for one in exchange.step(rows).receipts[:, 1]}
        for one in copies:
            one.step(rows, exchange.time)
            assert one.fingerprint() == exchange.machine.fingerprint()
        scratch = exchange.machine.state.scratch[0]
        assert int(scratch["work"]) <= WORK_MOST
        assert int(scratch["command_work"]) <= COMMAND_WORK
        assert exchange.machine.broken_invariants() == []
    for _ in range(2_000):
        if exchange.machine.quiet():
            break
        exchange.step()
    assert exchange.machine.quiet() and exchange.machine.broken_invariants() == []
    return refused


@pytest.mark.parametrize("seed", range(2))
def test_adversaries_in_small_tables_stop_nobody(seed):
    assert 0 in live(seed, 80)


@pytest.mark.world
@pytest.mark.parametrize("seed", range(100, 130))
def test_many_worlds_of_adversaries(seed):
    assert 0 in live(seed, 400)
