"""A real machine in this process, for change control: one perpetual, its holders, no journal."""

from contextlib import contextmanager

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.language.commands import (
    CreateExchange,
    FeeTier,
    ListAsset,
    ListMarket,
    OpenAccount,
    SetFeeSchedule,
)
from pilothouse.language.kinds import (
    CauseKind,
    ClientClass,
    MarketKind,
    Purpose,
    Side,
)
from pilothouse.language.names import Cause, Name, Receipt, Sender
from pilothouse.language.rows import Message, to_rows
from pilothouse.venue.follower import Span
from tests import asking

DOLLAR, BITCOIN = 1, 2
CONTRACT = 1
DOLLAR_DECIMALS = 6
PRICE = 60_000
HOUSE = (Purpose.FEES, Purpose.INSURANCE, Purpose.CUSTODY)
MAKER = len(HOUSE) + 2
"""Behind the house's accounts stands the contract's clearing account."""
COIN = 10_000
"""One bitcoin in quantity units of the contract."""


def create():
    return [
        CreateExchange(
            accounts=256,
            balances=1_024,
            positions=512,
            orders=1_024,
            levels=1_024,
            nodes=2_048,
            assets=8,
            markets=8,
            schedules=16,
            volumes=256,
            names=4_096,
        ),
        ListAsset(symbol="ZUSD", decimals=DOLLAR_DECIMALS, collateral=1, display="USD"),
        ListAsset(symbol="XXBT", decimals=8, display="BTC"),
        SetFeeSchedule(
            fee_schedule=1, count=1, tiers=(FeeTier(volume_from_usd=0, maker_ppm=0, taker_ppm=0),)
        ),
        *asking.house(*HOUSE),
        ListMarket(
            symbol="PF_XBTUSD",
            kind=MarketKind.PERPETUAL_LINEAR,
            base=BITCOIN,
            quote=DOLLAR,
            price_decimals=1,
            quantity_decimals=4,
            tick=5,
            lot=1,
            fee_schedule=1,
            funding_coefficient=24,
            funding_rate_max_e12=2_500_000_000,
        ),
        asking.schedule(CONTRACT, *asking.TIERS),
    ]


def funded(account, dollars):
    amount = dollars * 10**DOLLAR_DECIMALS
    return [
        OpenAccount(client_class=ClientClass.PROFESSIONAL),
        *asking.funded(account, DOLLAR, amount),
    ]


def order(account, side, price=PRICE, flags=0):
    return asking.limit(account, CONTRACT, side, COIN, price * 10, flags=flags)


class Running:
    """Venue and follower around one machine. Holders have these dollars for one bitcoin each."""

    def __init__(self, dollars):
        self.real = Machine.empty()
        self.listeners = []
        self.now = 1_795_000_000_000_000
        self.number = 0
        self.before_step = lambda: None
        for one in create():
            self.ask(one)
        self.index(PRICE)
        for one in funded(MAKER, 10_000_000):
            self.ask(one)
        self.holders = range(MAKER + 1, MAKER + 1 + len(dollars))
        for account, amount in zip(self.holders, dollars, strict=True):
            for one in funded(account, amount):
                self.ask(one)
            self.ask(order(MAKER, Side.SELL))
            self.ask(order(account, Side.BUY))

    # commands of everyone but change control
    def ask(self, command):
        self.number += 1
        cause = Cause(CauseKind.GENESIS, 1)
        # Only on a copy may somebody beside change control say what is governed.
        sender = Sender.REHEARSAL if command.governed else Sender.SIMULATION
        message = Message(command, Name(sender, 1, self.number), cause)
        (receipt,) = self._step([message])
        assert receipt.accepted, (command, receipt)

    def index(self, dollars):
        for one in asking.prices(BITCOIN, dict.fromkeys((1, 2, 3), dollars)):
            self.ask(one)
        self._step([])

    # the venue
    def submit(self, messages):
        self.before_step()
        return self._step(messages)

    def _step(self, messages):
        rows = [to_rows(message) for message in messages] or [np.zeros((0, 16), np.int64)]
        self.now += 10_000
        first, together = self.real.position + 1, np.concatenate(rows)
        stepped = self.real.step(together, self.now)
        for listener in self.listeners:
            listener(Span(first, self.now, together, stepped.receipts, stepped.events))
        return [
            Receipt(int(one[0]), int(one[1]), int(one[2]), bool(one[3]))
            for one in stepped.receipts
        ]

    # the follower
    @property
    def position(self):
        return self.real.position

    @property
    def time(self):
        return self.real.time

    def wait_for(self, position, timeout_s):
        return self.real.position >= position

    @contextmanager
    def machine(self):
        yield self.real

    def listen(self, callback, since=0):
        self.listeners.append(callback)
