"""One contract whose index sources a test plays by the second: honest, silent, wrong."""

from __future__ import annotations

from itertools import count

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.language.commands import (
    CancelAllOrders,
    CreateExchange,
    ListAsset,
    ListMarket,
    OpenAccount,
    SetMarketStatus,
)
from pilothouse.language.kinds import (
    CauseKind,
    ClientClass,
    FillKind,
    MarketKind,
    MarketStatus,
    Purpose,
    Side,
)
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message, from_event_row, to_rows
from tests import asking

DOLLAR, BITCOIN, ETHER = 1, 2, 3
CONTRACT, OTHER = 1, 2
"""Contracts on bitcoin and on ether."""
E6, E12 = 10**6, 10**12
SECOND_US = E6
START = 1_700_000_000 * E6
REDUCE_ONLY = 2
COIN = 10**4
PRICE = 20_000
ALL = (1, 2, 3)


class IndexWorld:
    """A machine with a clock that a test moves."""

    def __init__(self, tier=asking.PLAIN_TIER, rows=2_000, **bitcoin) -> None:
        self.machine, self.names, self.time = Machine.empty(), count(1), START
        self.happened = []
        sizes = dict.fromkeys(("accounts", "balances", "positions", "orders", "levels"), rows)
        self.say(
            CreateExchange(**sizes, nodes=2 * rows),
            *asking.house(Purpose.CUSTODY, Purpose.FEES, Purpose.INSURANCE),
            ListAsset(symbol="ZUSD", decimals=6, collateral=1),
            ListAsset(symbol="XXBT", decimals=8, collateral=1, **bitcoin),
            ListAsset(symbol="XETH", decimals=8, collateral=1),
            *[contract(f"PF_{k}", asset) for k, asset in ((1, BITCOIN), (2, ETHER))],
            *[asking.schedule(market, tier) for market in (CONTRACT, OTHER)],
        )
        self.maker, self.seller, self.client = (self.account(10_000_000) for _ in range(3))

    # what is asked
    def say(self, *commands):
        """Step commands as one block; return their outcomes."""
        cause = Cause(CauseKind.GENESIS, 1)
        senders = [Sender.CONTROL if c.governed else Sender.GENESIS for c in commands]
        rows = [
            to_rows(Message(c, Name(sender, 1, next(self.names)), cause))
            for c, sender in zip(commands, senders, strict=True)
        ]
        stepped = self.machine.step(
            np.concatenate([np.zeros((0, 16), np.int64), *rows]), self.time
        )
        self.happened += [from_event_row(row) for row in stepped.events]
        return [int(one[1]) for one in stepped.receipts]

    def account(self, dollars):
        """Open a client's account with dollars in its futures wallet."""
        (opened,) = self.made(OpenAccount(client_class=ClientClass.PROFESSIONAL))
        self.fund(opened, DOLLAR, dollars * E6)
        return opened

    def fund(self, account, asset, amount):
        """Give an account money in its futures wallet."""
        assert self.say(*asking.funded(account, asset, amount)) == [0, 0]

    def made(self, command):
        """Step a command; return what it made."""
        name = Name(Sender.GENESIS, 1, next(self.names))
        rows = to_rows(Message(command, name, Cause(CauseKind.GENESIS, 1)))
        stepped = self.machine.step(rows, self.time)
        return [int(one[2]) for one in stepped.receipts]

    def tell(self, said, asset=BITCOIN):
        """Let sources tell dollars now; return the outcomes."""
        return self.say(*asking.prices(asset, said))

    def all_tell(self, dollars, asset=BITCOIN):
        """Let the three sources tell the same price now."""
        return self.tell(dict.fromkeys(ALL, dollars), asset)

    def live(self, seconds, said=(), asset=BITCOIN):
        """Let seconds pass, in each of which these sources tell these dollars."""
        for _ in range(seconds):
            self.time += SECOND_US
            self.tell(dict(said), asset)

    def order(self, account, side, price, quantity=COIN, market=CONTRACT, **more):
        """Send an order; return its outcome. Limits rest unless told otherwise."""
        asked = asking.limit(account, market, side, quantity, int(price * 10), **more)
        return self.say(asked)[0]

    def long(self, account, price=PRICE, quantity=COIN, market=CONTRACT):
        """Let an account buy from the maker."""
        assert self.order(self.maker, Side.SELL, price, quantity, market) == 0
        assert self.order(account, Side.BUY, price, quantity, market) == 0

    def status(self, status, market=CONTRACT):
        """Move a market to a status; return the outcome."""
        version = int(self.machine.state.markets[market]["status_version"])
        return self.say(SetMarketStatus(market=market, status=status, base_version=version))[0]

    def cancel_all(self, account):
        """Cancel an account's orders; return the outcome."""
        return self.say(CancelAllOrders(account=account, market=0))[0]

    # what is so
    def index(self, asset=BITCOIN):
        """Return the index in dollars, cut."""
        return int(self.machine.state.assets[asset]["index_e12"]) // E12

    def mark(self, market=CONTRACT):
        """Return the mark in dollars, with its cents."""
        return int(self.machine.state.markets[market]["mark"]) / 1_000

    def held(self, account, market=CONTRACT):
        """Return an account's position."""
        found = [
            int(one["quantity"])
            for one in self.machine.state.positions
            if one["account"] == account and one["market"] == market
        ]
        return sum(found)

    def liquidated(self):
        """Return who was liquidated, or unwound."""
        kinds = (FillKind.LIQUIDATION, FillKind.UNWIND)
        fills = [one for one in self.happened if getattr(one.event, "fill_kind", 0) in kinds]
        return {one.account for one in fills}

    def events(self, kind):
        """Return the events of a class so far."""
        return [one.event for one in self.happened if isinstance(one.event, kind)]


def contract(symbol, asset):
    """Return a perpetual contract on an asset."""
    return ListMarket(
        symbol=symbol, kind=MarketKind.PERPETUAL_LINEAR, base=asset, quote=DOLLAR,
        price_decimals=1, quantity_decimals=4, tick=1, lot=1, band_ppm=50_000,
        status=MarketStatus.ONLINE, funding_coefficient=24, funding_rate_max_e12=2_500_000_000,
    )  # fmt: skip
