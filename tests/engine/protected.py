"""A machine with a clock, two contracts and clients, told in few words."""

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.language.commands import (
    CreateExchange,
    ListAsset,
    ListMarket,
    OpenAccount,
)
from pilothouse.language.kinds import (
    CauseKind,
    ClientClass,
    MarketKind,
    Purpose,
    Side,
)
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message, from_event_row, to_rows
from pilothouse.venue.views.accounts import account_count
from tests import asking

DOLLAR, BITCOIN, ETHER = 1, 2, 3
CUSTODY, FEES, POOL = 1, 2, 3
SOURCES = (1, 2, 3)
CONTRACTS = {1: (BITCOIN, 60_000), 2: (ETHER, 3_000)}
E6, E12 = 10**6, 10**12
START = 1_700_000_000 * E6
NO_ROWS = np.zeros((0, 16), np.int64)
BUY, SELL = Side.BUY, Side.SELL


class Exchange:
    """A machine with a clock, two contracts and clients, told in few words."""

    def __init__(self, clients, pool_usd, **capacities):
        self.machine, self.count, self.time = Machine.empty(), 0, START
        self.told = []
        sizes = dict.fromkeys(("accounts", "balances", "positions", "orders", "levels"), 4_000)
        sizes = {"nodes": 8_000} | sizes | capacities
        self.say(
            CreateExchange(**sizes),
            *asking.house(Purpose.CUSTODY, Purpose.FEES, Purpose.INSURANCE),
            ListAsset(symbol="ZUSD", decimals=6, collateral=1),
            ListAsset(symbol="XXBT", decimals=8, collateral=1, haircut_ppm=50_000),
            ListAsset(symbol="XETH", decimals=8, collateral=1, haircut_ppm=50_000),
            *[self.contract(f"PF_{n}", asset) for n, (asset, _) in CONTRACTS.items()],
            *[self.schedule(n) for n in CONTRACTS],
        )
        self.first = account_count(self.machine) + 1
        self.say(*[OpenAccount(client_class=ClientClass.PROFESSIONAL) for _ in range(clients)])
        self.fund(POOL, DOLLAR, pool_usd * E6)
        self.prices({n: price for n, (_, price) in CONTRACTS.items()})

    def contract(self, symbol, asset):
        return ListMarket(
            symbol=symbol, kind=MarketKind.PERPETUAL_LINEAR, base=asset, quote=DOLLAR,
            price_decimals=1, quantity_decimals=4, tick=1, lot=1,
        )  # fmt: skip

    def schedule(self, market):
        return asking.schedule(market, *asking.TIERS)

    def say(self, *commands):
        rows = []
        for one in commands:
            self.count += 1
            sender = Sender.CONTROL if one.governed else Sender.SIMULATION
            name = Name(sender, 1, self.count)
            rows.append(to_rows(Message(one, name, Cause(CauseKind.GENESIS, 1))))
        return self.step(np.concatenate(rows)).receipts

    def step(self, rows=NO_ROWS):
        self.time += 10_000
        stepped = self.machine.step(rows, self.time)
        self.told += [from_event_row(row) for row in stepped.events]
        return stepped

    def fund(self, number, asset, amount):
        assert not self.say(*asking.funded(number, asset, amount))[:, 1].any()

    def order(self, number, market, side, quantity, price, **words):
        return asking.limit(number, market, side, quantity, price, **words)

    def prices(self, dollars, *behind):
        """Tell what the sources say, with other commands behind it in the same block."""
        told = [
            asking.prices(CONTRACTS[market][0], dict.fromkeys(SOURCES, price))
            for market, price in dollars.items()
        ]
        self.say(*[one for each in told for one in each], *behind)

    def settle(self):
        for _ in range(500):
            if self.machine.quiet():
                return
            self.step()
        raise AssertionError("equity protection does not come to an end")

    def events(self, kind):
        return [one.event for one in self.told if isinstance(one.event, kind)]
