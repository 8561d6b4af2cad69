"""A small real exchange: one spot market, some accounts with money, and orders that meet."""

import random

from pilothouse.language.commands import (
    CancelAllOrders,
    CreateExchange,
    Deposit,
    FeeTier,
    ListAsset,
    ListMarket,
    OpenAccount,
    PlaceOrder,
    SetFeeSchedule,
)
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
from pilothouse.language.rows import Message

HOUSE = (Purpose.FEES, Purpose.INSURANCE, Purpose.CUSTODY)
ACCOUNTS = range(len(HOUSE) + 1, len(HOUSE) + 9)
MARKET = 1
PLENTY = 10**15


def genesis():
    """Return the commands that create the exchange, in order."""
    sizes = CreateExchange(
        accounts=64,
        balances=256,
        positions=16,
        orders=100_000,
        levels=4_096,
        nodes=8_192,
        assets=8,
        markets=8,
        schedules=8,
        volumes=64,
        names=4_096,
    )
    tier = FeeTier(volume_from_usd=0, maker_ppm=1_600, taker_ppm=2_600)
    market = ListMarket(
        symbol="XXBTZUSD",
        kind=MarketKind.SPOT,
        base=2,
        quote=1,
        price_decimals=1,
        quantity_decimals=8,
        tick=1,
        lot=1,
        fee_schedule=1,
    )
    asked = [
        sizes,
        ListAsset(symbol="ZUSD", decimals=4, display="USD"),
        ListAsset(symbol="XXBT", decimals=8, display="BTC"),
        SetFeeSchedule(fee_schedule=1, count=1, tiers=(tier,)),
        *[OpenAccount(client_class=ClientClass.HOUSE, purpose=one) for one in HOUSE],
        *[OpenAccount(client_class=ClientClass.RETAIL) for _ in ACCOUNTS],
        market,
        *[
            Deposit(account=one, asset=asset, amount=PLENTY)
            for one in ACCOUNTS
            for asset in (1, 2)
        ],
    ]
    cause = Cause(CauseKind.GENESIS, 1)
    return [
        Message(one, Name(Sender.GENESIS, 1, number), cause) for number, one in enumerate(asked, 1)
    ]


def trader(sender, seed):
    """Yield messages without end: limit orders around one price, now and then all cancelled."""
    chance, number = random.Random(seed), 0
    while True:
        number += 1
        account = chance.choice(ACCOUNTS)
        if number % 200 == 0:
            asked = CancelAllOrders(account=account)
        else:
            asked = PlaceOrder(
                account=account,
                market=MARKET,
                side=chance.choice((Side.BUY, Side.SELL)),
                order_type=OrderType.LIMIT,
                time_in_force=TimeInForce.GTC,
                flags=0,
                quantity=chance.randint(1_000, 5_000_000),
                price=300_000 + chance.randint(-200, 200),
            )
        yield Message(asked, Name(sender, 1, number))
