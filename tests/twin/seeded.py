"""A seeded world small enough for the twin, and rough enough that many are liquidated."""

from __future__ import annotations

import random
from collections.abc import Iterator

from pilothouse.language import commands as ask
from pilothouse.language.kinds import OrderType, Side, TimeInForce, Wallet
from tests.twin.worlds import COIN, DOLLAR, PERPETUAL, SMALL, SPOT, START_US, foundation

INSURANCE, FIRST, CLIENTS = 2, 6, 5
ORDERS = 8
TURN_US = 2_000_000_000
"""How long an account leans to one side of the contracts."""
Block = tuple[list[object], int]


def money(account: int, amount: int) -> list[object]:
    """Return a deposit of dollars and its transfer to the futures wallet."""
    return [
        ask.Deposit(account=account, asset=DOLLAR, amount=amount),
        ask.Transfer(
            account=account, asset=DOLLAR, source=Wallet.SPOT, target=Wallet.FUTURES,
            amount=amount,
        ),
    ]  # fmt: skip


def blocks(seed: int) -> Iterator[Block]:
    """Yield blocks of commands with their times, without end, the same for the same seed."""
    chance = random.Random(seed)
    time, price = START_US, 1_000 * 10**6
    yield foundation() + money(INSURANCE, 400_000 * 10**6), time
    while True:
        elapsed = chance.choice([100_000, 100_000, 2_000_000, 9_000_000, 400_000_000])
        time += elapsed
        price = _moved(chance, price)
        made: list[object] = []
        # After a long silence prices come first, or most orders would meet a stale index.
        if elapsed > 60_000_000 or chance.random() < 0.6:
            made += _prices(chance, price)
        turn = time // TURN_US
        made += [_any(chance, price, turn) for _ in range(chance.randint(1, 2 * ORDERS))]
        if chance.random() < 0.3:
            made += money(FIRST + chance.randrange(CLIENTS), chance.randint(1, 900) * 10**6)
        yield made, time


def _moved(chance: random.Random, price: int) -> int:
    ppm = chance.choice([300, 1_000, 3_000, 3_000, 20_000, 20_000, 80_000])
    moved = price + price * chance.randint(-ppm, ppm) // 10**6
    return min(max(moved, 700 * 10**6), 1_400 * 10**6)


def _prices(chance: random.Random, price: int) -> list[object]:
    return [
        ask.SetIndexPrice(
            asset=COIN, source=k, price_e12=(price + chance.randint(-90_000, 90_000)) * 10**6
        )
        for k in (1, 2, 3)
        if chance.random() < 0.97
    ]


def _any(chance: random.Random, price: int, turn: int) -> object:
    draw = chance.random()
    account = FIRST + chance.randrange(CLIENTS)
    if draw < 0.02:
        return ask.CancelAllOrders(account=account)
    if draw < 0.06:
        return _transfer(chance, account)
    return _order(chance, account, price, turn)


def _transfer(chance: random.Random, account: int) -> object:
    source = chance.choice([Wallet.SPOT, Wallet.FUTURES, Wallet.FUTURES])
    return ask.Transfer(
        account=account,
        asset=chance.choice([DOLLAR, DOLLAR, COIN]),
        source=source,
        target=Wallet.FUTURES if source == Wallet.SPOT else Wallet.SPOT,
        amount=chance.choice([-1, 10**8, 10**9, 5 * 10**9]),
    )


def _order(chance: random.Random, account: int, price: int, turn: int) -> object:
    market = chance.choice([SPOT, SPOT, PERPETUAL, PERPETUAL, PERPETUAL, PERPETUAL, SMALL])
    scale, tick = (10**6 // 10**3, 10) if market == SMALL else (10**6 // 10, 5)
    near = price // scale * (10**6 + chance.randint(-4_000, 4_000)) // 10**6
    kind = chance.choice([OrderType.LIMIT] * 6 + [OrderType.MARKET])
    limit = near // tick * tick + chance.choice([0] * 39 + [1])
    contract = market != SPOT
    reduces = 2 if contract and chance.random() < 0.06 else 0
    rests = kind == OrderType.LIMIT
    force = chance.choice([TimeInForce.GTC] * 12 + [TimeInForce.IOC, TimeInForce.FOK])
    post = 1 if rests and force == TimeInForce.GTC and chance.random() < 0.1 else 0
    return ask.PlaceOrder(
        account=account,
        market=market,
        side=_side(chance, contract, account + turn),
        order_type=kind,
        time_in_force=force,
        flags=reduces | post,
        quantity=_quantity(chance, market),
        price=0 if kind == OrderType.MARKET else limit * chance.choice([1] * 29 + [2]),
    )


def _side(chance: random.Random, contract: bool, leaning: int) -> Side:
    # Whoever leans to one side for a while has a position worth liquidating.
    leans = Side.BUY if leaning % 2 else Side.SELL
    return leans if contract and chance.random() < 0.8 else chance.choice(list(Side))


def _quantity(chance: random.Random, market: int) -> int:
    odd = chance.random() < 0.06
    if market == SPOT:
        return chance.choice([999, 10_000, 10**11]) if odd else chance.randint(1, 40) * 10**6
    if market == SMALL:
        return 0 if odd else chance.randint(1, 12)
    return chance.choice([1, 500_000, 0]) if odd else chance.randint(500, 25_000)
