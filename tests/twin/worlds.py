"""What Hypothesis may ask: a small exchange, and blocks of commands that often meet each other."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as some

from pilothouse.language import commands as ask
from pilothouse.language.kinds import (
    CauseKind,
    ClientClass,
    MarketKind,
    MarketStatus,
    OrderType,
    Purpose,
    Side,
    TimeInForce,
    Wallet,
)
from pilothouse.language.names import Cause, Name
from pilothouse.language.rows import Message, Rows, to_rows

START_US = 1_798_761_600_000_000 + 1_234_567
CLIENTS_FROM, CLIENTS = 7, 5
HOUSE = (1, 2, 3, 4, 5)
"""Fees, insurance, custody, and the clearing accounts of two contracts."""
DOLLAR, COIN, OTHER = 1, 2, 3
SPOT, PERPETUAL, SMALL = 1, 2, 3
PRICES = (
    9_600,
    9_900,
    9_950,
    9_980,
    9_990,
    10_000,
    10_000,
    10_010,
    10_020,
    10_050,
    10_100,
    10_400,
)
"""Prices near the index: a coin is worth 1,000 dollars and has one decimal."""


class Sender:
    """Gives names that rise; a command marked `again` keeps the one before."""

    def __init__(self) -> None:
        self._lo = 0

    def message(self, command: object) -> Message:
        """Return a command under a name, or under the last name again."""
        if isinstance(command, Again):
            return Message(command.command, Name(2, 1, self._lo), Cause(CauseKind.CHANGE, 1))
        self._lo += 1
        if isinstance(command, By):
            name, founding = Name(command.sender, 1, self._lo), Cause(CauseKind.GENESIS, 1)
            return Message(command.command, name, founding)  # type: ignore[arg-type]
        cause = Cause(CauseKind.CHANGE, 1)
        return Message(command, Name(2, 1, self._lo), cause)  # type: ignore[arg-type]


class Again:
    """A command under the name that was used last."""

    def __init__(self, command: object) -> None:
        self.command = command

    def __repr__(self) -> str:
        return f"Again({self.command})"


class By:
    """A command of a sender that is not change control."""

    def __init__(self, sender: int, command: object) -> None:
        self.sender, self.command = sender, command

    def __repr__(self) -> str:
        return f"By({self.sender}, {self.command})"


def rows_of(messages: list[Message]) -> Rows:
    """Return the rows of a block."""
    return np.concatenate([np.zeros((0, 16), np.int64), *(to_rows(one) for one in messages)])


def foundation() -> list[object]:
    """Return the commands that make a small exchange with funded clients."""
    house = [
        ask.OpenAccount(client_class=ClientClass.HOUSE, purpose=one)
        for one in (Purpose.FEES, Purpose.INSURANCE, Purpose.CUSTODY)
    ]
    clients = [
        ask.OpenAccount(client_class=kind, jurisdiction=country, orders_max=most)
        for kind, country, most in (
            (ClientClass.RETAIL, 276, 0),
            (ClientClass.PROFESSIONAL, 276, 0),
            (ClientClass.INSTITUTION, 840, 0),
            (ClientClass.RETAIL, 840, 3),
            (ClientClass.PROFESSIONAL, 0, 0),
        )
    ]
    return [
        ask.CreateExchange(
            accounts=64, balances=256, positions=128, orders=512, levels=512, nodes=2048,
            assets=8, markets=8, schedules=64, fees=8, volumes=64, names=1024,
        ),
        *house,
        ask.ListAsset(symbol="ZUSD", decimals=6, collateral=1),
        ask.ListAsset(symbol="COIN", decimals=8, collateral=1, haircut_ppm=150_000),
        ask.ListAsset(symbol="OTHER", decimals=4, sources_least=1),
        ask.SetFeeSchedule(fee_schedule=1, count=3, tiers=FEES),
        *_markets(),
        *clients,
        *(_schedule(number, tiers) for number, tiers in ((PERPETUAL, WIDE), (SMALL, NARROW))),
        *(ask.SetIndexPrice(asset=COIN, source=k, price_e12=1000 * 10**12) for k in (1, 2, 3)),
        *(money for account in _clients() for money in _funding(account)),
    ]  # fmt: skip


FEES = (
    ask.FeeTier(volume_from_usd=0, maker_ppm=1_600, taker_ppm=2_600),
    ask.FeeTier(volume_from_usd=2_000, maker_ppm=700, taker_ppm=1_900),
    ask.FeeTier(volume_from_usd=50_000, maker_ppm=0, taker_ppm=333),
)
WIDE = ((0, 20_000, 10_000), (10_000, 40_000, 20_000), (50_000, 100_000, 50_000))
NARROW = ((0, 50_000, 25_000),)


def _markets() -> list[object]:
    return [
        ask.ListMarket(
            symbol="COINZUSD", kind=MarketKind.SPOT, base=COIN, quote=DOLLAR,
            price_decimals=1, quantity_decimals=8, tick=1, lot=1_000,
            quantity_min=20_000, cost_min=500_000, fee_schedule=1,
        ),
        ask.ListMarket(
            symbol="PF_COINUSD", kind=MarketKind.PERPETUAL_LINEAR, base=COIN, quote=DOLLAR,
            price_decimals=1, quantity_decimals=3, tick=5, lot=1, quantity_min=2,
            position_max=400_000, fee_schedule=1, band_ppm=50_000,
            funding_coefficient=8, funding_rate_max_e12=10**9,
        ),
        ask.ListMarket(
            symbol="PF_SMALL", kind=MarketKind.PERPETUAL_LINEAR, base=COIN, quote=DOLLAR,
            price_decimals=3, quantity_decimals=0, tick=10, lot=1,
            funding_coefficient=1, funding_rate_max_e12=10**9,
        ),
    ]  # fmt: skip


def _schedule(market: int, tiers: tuple[tuple[int, int, int], ...]) -> object:
    return margin_schedule(market, tiers, 1)


def margin_schedule(
    market: int,
    tiers: tuple[tuple[int, int, int], ...],
    base_version: int,
    scope: tuple[int, int, int] = (0, 0, 0),
    most: tuple[int, int, int, int] = (-1, -1, -1, -1),
) -> object:
    """Return a margin schedule of a scope, with its signed ceilings."""
    return ask.SetMarginSchedule(
        market=market,
        client_class=scope[0],  # type: ignore[arg-type]
        jurisdiction=scope[1],
        opened_from=scope[2],
        base_version=base_version,
        accounts_below_initial_max=most[0],
        accounts_below_maintenance_max=most[1],
        notional_below_initial_max=most[2],
        notional_below_maintenance_max=most[3],
        count=len(tiers),
        tiers=tuple(
            ask.MarginTier(floor_usd=floor, initial_ppm=initial, maintenance_ppm=maintenance)
            for floor, initial, maintenance in tiers
        ),
    )


def _clients() -> range:
    return range(CLIENTS_FROM - 1, CLIENTS_FROM - 1 + CLIENTS)


def _funding(account: int) -> list[object]:
    made: list[object] = []
    for asset, amount in ((DOLLAR, 9_000 * 10**6), (COIN, 7 * 10**8), (OTHER, 5_000)):
        made.append(ask.Deposit(account=account, asset=asset, amount=amount))
    for asset, amount in ((DOLLAR, 4_000 * 10**6), (COIN, 1 * 10**8)):
        made.append(_to_futures(account, asset, amount))
    return made


def _to_futures(account: int, asset: int, amount: int) -> object:
    return ask.Transfer(
        account=account, asset=asset, source=Wallet.SPOT, target=Wallet.FUTURES, amount=amount
    )


def blocks() -> some.SearchStrategy[list[tuple[list[object], int]]]:
    """Draw blocks: commands, and the microseconds that passed before them."""
    elapsed = some.sampled_from([0, 1, 100_000, 7_000_000, 45_000_000, 3_700_000_000])
    return some.lists(
        some.tuples(some.lists(_command(), min_size=2, max_size=16), elapsed),
        min_size=4,
        max_size=16,
    )


def _account() -> some.SearchStrategy[int]:
    return some.sampled_from([*_clients()] * 8 + [0, *HOUSE, 99])


def _command() -> some.SearchStrategy[object]:
    return some.one_of(
        *(_order() for _ in range(16)),
        _cancel(), _cancel(), _index(), _index(), _transfer(), _governed(), _repeat(),
        _deposit(), _others(),
    )  # fmt: skip


def _repeat() -> some.SearchStrategy[object]:
    return _order().map(Again)


@some.composite
def _order(draw: some.DrawFn) -> object:
    market = draw(some.sampled_from([SPOT] * 6 + [PERPETUAL] * 15 + [SMALL] * 6 + [9]))
    order_type = draw(some.sampled_from([OrderType.LIMIT] * 5 + [OrderType.MARKET]))
    scale = {SMALL: 100}.get(market, 1)
    tick = {PERPETUAL: 5, SMALL: 10}.get(market, 1)
    price = draw(some.sampled_from(PRICES)) * scale
    off_tick = draw(some.integers(0, 19)) == 0
    unpriced = draw(some.integers(0, 29)) == 0
    return ask.PlaceOrder(
        account=draw(_account()),
        market=market,
        side=draw(some.sampled_from(list(Side))),
        order_type=order_type,
        time_in_force=draw(some.sampled_from([TimeInForce.GTC] * 5 + list(TimeInForce))),
        flags=draw(some.sampled_from([0] * 24 + [1, 1, 2, 2, 2, 3, 4])),
        quantity=draw(_quantity(market)),
        price=0 if order_type == OrderType.MARKET or unpriced else price + off_tick - price % tick,
        client_order_id=draw(some.sampled_from(["", "", "", "", "mine", "a-longer-name-of-mine"])),
    )


def _quantity(market: int) -> some.SearchStrategy[int]:
    if market == SPOT:
        return some.one_of(
            some.integers(1, 400).map(lambda k: k * 1_000_000),
            some.integers(1, 100).map(lambda k: k * 1_000_000),
            some.sampled_from([0, -5, 999, 10_000, 20_000, 123_456_000, 10**12]),
        )
    if market == SMALL:
        return some.integers(0, 60)
    return some.one_of(
        some.integers(2, 3_000),
        some.integers(2, 60_000),
        some.integers(2, 3_000),
        some.integers(10_000, 60_000),
        some.sampled_from([0, 1, 20_000, 500_000]),
    )


def _cancel() -> some.SearchStrategy[object]:
    one = some.builds(
        ask.CancelOrder,
        account=_account(),
        order=some.one_of(some.just(0), some.integers(40, 180)),
        client_order_id=some.sampled_from(["", "mine", "a-longer-name-of-mine"]),
    )
    every = some.builds(
        ask.CancelAllOrders, account=_account(), market=some.sampled_from([0, SPOT, PERPETUAL])
    )
    return some.one_of(one, one, one, every)


def _index() -> some.SearchStrategy[object]:
    return some.builds(
        ask.SetIndexPrice,
        asset=some.sampled_from([COIN, COIN, COIN, COIN, OTHER, 7]),
        source=some.sampled_from([1, 2, 3, 1, 2, 3, 8, 9]),
        price_e12=some.one_of(
            some.integers(985, 1_015).map(lambda k: k * 10**12),
            some.integers(990 * 10**12, 1_010 * 10**12),
            some.sampled_from([0, -1, 950 * 10**12, 1_060 * 10**12]),
            some.sampled_from([100 * 10**12, 10_000 * 10**12, 850 * 10**12, 600 * 10**12]),
        ),
        taken_at=some.sampled_from(
            [0] * 12 + [START_US - 1, START_US + 5, START_US + 45_000_000, 1 << 62]
        ),
    )


def _transfer() -> some.SearchStrategy[object]:
    return some.builds(
        ask.Transfer,
        account=_account(),
        asset=some.sampled_from([DOLLAR, DOLLAR, COIN, OTHER, 8]),
        source=some.sampled_from(list(Wallet)),
        target=some.sampled_from(list(Wallet)),
        amount=some.one_of(some.integers(-1, 10**10), some.integers(10**8, 5 * 10**9)),
    )


def _deposit() -> some.SearchStrategy[object]:
    return some.builds(
        ask.Deposit,
        account=_account(),
        asset=some.sampled_from([DOLLAR, DOLLAR, COIN, 8]),
        amount=some.integers(-1, 10**9),
    )


def _others() -> some.SearchStrategy[object]:
    """Draw what another sender says that only change control may, and fees by either."""
    said = some.one_of(_governed(), _fees(), _transfer(), _new_schedule())
    others = some.builds(By, some.sampled_from([1, 5, 7, 8]), said)
    return some.one_of(others, others, _fees())


def _fees() -> some.SearchStrategy[object]:
    def schedule(number: int, tiers: tuple[ask.FeeTier, ...]) -> object:
        return ask.SetFeeSchedule(fee_schedule=number, count=len(tiers), tiers=tiers)

    return some.builds(
        schedule, some.sampled_from([1, 2]), some.sampled_from([FEES, FEES[:1], FEES[:2]])
    )


def _governed() -> some.SearchStrategy[object]:
    return some.one_of(_new_schedule(), _new_status(), _new_band())


@some.composite
def _new_schedule(draw: some.DrawFn) -> object:
    initial = draw(some.sampled_from([15_000, 20_000, 30_000, 60_000, 150_000]))
    maintenance = draw(some.sampled_from([2_000, 10_000, 15_000, 50_000]))
    floor = draw(some.sampled_from([0, 1_000, 20_000]))
    tiers = (0, initial, maintenance), (floor, 2 * initial, 2 * maintenance)
    return margin_schedule(
        draw(some.sampled_from([SPOT, PERPETUAL, PERPETUAL, SMALL])),
        draw(some.sampled_from([tiers[:1], tiers[:1], tiers, ()])),
        draw(some.sampled_from([2, 2, 3, 4])),
        (
            draw(some.sampled_from([0, 0, 1, 2])),
            draw(some.sampled_from([0, 0, 276])),
            draw(some.sampled_from([0, 0, START_US, START_US + 50_000_000])),
        ),
        draw(
            some.sampled_from([(-1, -1, -1, -1), (-1, -1, -1, -1), (0, 0, 0, 0), (2, 1, -1, -1)])
        ),
    )


def _new_status() -> some.SearchStrategy[object]:
    return some.builds(
        ask.SetMarketStatus,
        market=some.sampled_from([SPOT, PERPETUAL, SMALL, SMALL, SMALL, SMALL]),
        status=some.sampled_from([MarketStatus.ONLINE] * 3 + list(MarketStatus)),
        base_version=some.sampled_from([1, 1, 2, 3, 4]),
    )


def _new_band() -> some.SearchStrategy[object]:
    return some.builds(
        ask.SetPriceBand,
        market=some.sampled_from([SPOT, PERPETUAL, SMALL, 0]),
        band_ppm=some.sampled_from([0, 1, 1_000, 5_000, 20_000, 50_000, 2_000_000]),
        base_version=some.sampled_from([1, 1, 2, 3]),
    )
