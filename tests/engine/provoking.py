"""One command for each refusal that ordinary life does not bring about."""

from __future__ import annotations

from typing import Any

from pilothouse.language import commands as ask
from pilothouse.language.kinds import (
    CauseKind,
    ClientClass,
    MarketKind,
    MarketStatus,
    OrderType,
    Side,
    TimeInForce,
    Wallet,
)
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message, to_rows
from pilothouse.simulation import genesis, markets
from pilothouse.simulation.world import GENESIS

CONTROL = Cause(CauseKind.CONTROL, 1)
OTHER_DOOR = 9
SIGNERS_DOOR = 10
SPOT, PERPETUAL = 1, len(markets.SPOT) + 1
DATED = len(markets.SPOT) + len(markets.PERPETUALS) + 1
UNPRICED = DATED + 1
CLIENT = 11
BIG = 1 << 61


def provocations(world: Any) -> None:
    """Send everything that must be refused, and what must come before it."""
    _malformed(world)
    _signed_twice(world)
    world.send(_listings(), CONTROL)
    world.send([_schedule(PERPETUAL, ((0, 20_000, 10_000),))])
    world.send([_schedule(PERPETUAL, ((0, 20_000, 10_000),))], GENESIS)
    world.send(_schedules(), CONTROL)
    world.send(_unknown_things(), CONTROL)
    world.send(_orders(), CONTROL)
    world.send(_money(), CONTROL)
    _modes(world)
    world.send(_capped_account(world), CONTROL)


def _malformed(world: Any) -> None:
    deposit = to_rows(
        Message(ask.Deposit(account=CLIENT, asset=1, amount=5), Name(OTHER_DOOR, 1, 10**6))
    )
    for place, value in ((0, 999), (2, 99), (4, -1), (4, 1)):
        wrong = deposit.copy()
        wrong[0, place] = value
        world.step(wrong)
        _note(world)
    world.step(deposit)
    other = deposit.copy()
    other[0, 9] += 1
    world.step(other)
    _note(world)
    late = deposit.copy()
    late[0, 3], late[0, 4] = 0, 10**6 + 64
    world.step(late)
    _note(world)


def _signed_twice(world: Any) -> None:
    """Open a door, use nonces and requests, and try each of them again."""
    hi, number = 7, 0

    def say(command: Any) -> None:
        nonlocal number
        number += 1
        world.step(to_rows(Message(command, Name(SIGNERS_DOOR, hi, number))))
        _note(world)

    say(ask.CancelAllOrders(account=CLIENT))
    far = Message(ask.CancelAllOrders(account=CLIENT), Name(Sender.AUDIT, 1 << 60, 0))
    world.step(to_rows(far))
    _note(world)
    world.step(to_rows(Message(ask.OpenDoor(), Name(SIGNERS_DOOR, 0, 0))))
    say(ask.CancelAllOrders(account=CLIENT))
    hi += 1
    for key, nonce in ((1, 25), (1, 25), (1, 26), (1, 126), (1, 2**64)):
        hi_word, lo_word = divmod(nonce, 10**10)
        say(ask.UseNonce(key=key, nonce_hi=hi_word, nonce_lo=lo_word, digest_hi=1 + nonce % 97))
    for key, digest in ((1, 1), (2, 1), (2, 1), (2, 2), (3, 3)):
        say(ask.UseRequest(key=key, digest_hi=digest, digest_lo=0))
    say(ask.UseNonce(key=2, nonce_hi=1, nonce_lo=0))
    world.send([ask.GrowTable(table="keys", rows=4), ask.GrowTable(table="requests", rows=2)])
    for key in (3, 4):
        say(ask.UseRequest(key=key, digest_hi=key, digest_lo=0))
    say(ask.UseRequest(key=3, digest_hi=9, digest_lo=0, account=1))
    say(ask.UseRequest(key=3, digest_hi=9, digest_lo=0, account=-1))


def _note(world: Any) -> None:
    # What is stepped as raw rows has no command to which the world could count its refusal.
    outcome = int(world.last_outcome)
    world.refused[outcome] = world.refused.get(outcome, 0) + 1


def _listing(**changes: Any) -> ask.ListMarket:
    plain: dict[str, Any] = {
        "symbol": "NEW", "kind": MarketKind.SPOT, "base": 2, "quote": 1, "price_decimals": 1,
        "quantity_decimals": 8, "tick": 1, "lot": 1,
    }  # fmt: skip
    return ask.ListMarket(**(plain | changes))


def _listings() -> list[Any]:
    fee = ask.FeeTier
    return [
        ask.CreateExchange(accounts=1, balances=1, positions=1, orders=1, levels=1, nodes=1),
        ask.GrowTable(table="orders", rows=1),
        ask.GrowTable(table="chairs", rows=10),
        ask.ListAsset(symbol="ZUSD", decimals=6),
        ask.ListAsset(symbol="", decimals=6),
        ask.ListAsset(symbol="WIDE", decimals=13),
        ask.ListAsset(symbol="BALD", decimals=6, haircut_ppm=1_000_001),
        ask.ListAsset(symbol="RASH", decimals=6, step_ppm=1_000_001),
        _listing(symbol=markets.SPOT[0].symbol),
        _listing(base=99),
        _listing(tick=0),
        _listing(lot=0),
        _listing(lot=10, quantity_min=15),
        _listing(price_decimals=13),
        _listing(fee_schedule=7),
        _listing(band_ppm=5),
        _listing(funding_coefficient=-1),
        _listing(
            symbol="PF_NEW", kind=MarketKind.PERPETUAL_LINEAR, base=1, quantity_decimals=2,
            position_max=1_000,
        ),
        ask.SetFeeSchedule(fee_schedule=3, count=0, tiers=()),
        *(
            ask.SetFeeSchedule(fee_schedule=3, count=len(tiers), tiers=tiers)
            for tiers in (
                (fee(volume_from_usd=1, maker_ppm=1, taker_ppm=1),),
                (fee(volume_from_usd=0, maker_ppm=-1, taker_ppm=1),),
                tuple(fee(volume_from_usd=0, maker_ppm=1, taker_ppm=1) for _ in range(2)),
                tuple(fee(volume_from_usd=k, maker_ppm=k, taker_ppm=9) for k in range(2)),
            )
        ),
    ]  # fmt: skip


def _schedule(market: int, tiers: tuple[tuple[int, int, int], ...], **changes: Any) -> Any:
    plain: dict[str, Any] = {
        "market": market, "client_class": ClientClass.ANY, "jurisdiction": 0, "opened_from": 0,
        "base_version": 2, "accounts_below_initial_max": -1,
        "accounts_below_maintenance_max": -1, "notional_below_initial_max": -1,
        "notional_below_maintenance_max": -1, "count": len(tiers),
        "tiers": tuple(
            ask.MarginTier(floor_usd=floor, initial_ppm=initial, maintenance_ppm=maintenance)
            for floor, initial, maintenance in tiers
        ),
    }  # fmt: skip
    return ask.SetMarginSchedule(**(plain | changes))


def _schedules() -> list[Any]:
    good = (0, 20_000, 10_000)
    return [
        _schedule(SPOT, (good,)),
        _schedule(PERPETUAL, (good,), base_version=1),
        _schedule(PERPETUAL, ((1, 20_000, 10_000),)),
        _schedule(PERPETUAL, (good, (0, 40_000, 20_000))),
        _schedule(PERPETUAL, ((0, 20_000, 2_500),)),
        _schedule(PERPETUAL, ((0, 20_000, 20_000),)),
        _schedule(PERPETUAL, ((0, 1_000_001, 20_000),)),
        _schedule(PERPETUAL, ((0, 40_000, 20_000), (5, 30_000, 20_000))),
        _schedule(PERPETUAL, ((0, 19_999, 10_000),)),
        _schedule(PERPETUAL, (), client_class=ClientClass.RETAIL),
        _schedule(PERPETUAL, ((0, 500_000, 400_000),), accounts_below_maintenance_max=0),
        _schedule(PERPETUAL, tuple((k, 20_000, 10_000) for k in range(17))),
        _schedule(PERPETUAL, ((0, 30_000, 15_000),), jurisdiction=276),
        _schedule(PERPETUAL, ((0, 25_000, 12_000),), opened_from=1, base_version=3),
        _schedule(PERPETUAL, ((0, 25_000, 12_000),), opened_from=BIG, base_version=3),
        _schedule(PERPETUAL, (), jurisdiction=276, base_version=4),
    ]


def _order(**changes: Any) -> ask.PlaceOrder:
    plain: dict[str, Any] = {
        "account": CLIENT, "market": SPOT, "side": Side.BUY, "order_type": OrderType.LIMIT,
        "time_in_force": TimeInForce.GTC, "flags": 0, "quantity": 1_000_000, "price": 300_000,
    }  # fmt: skip
    return ask.PlaceOrder(**(plain | changes))


def _orders() -> list[Any]:
    contract = {"market": PERPETUAL, "quantity": 10, "price": 60_000}
    return [
        _order(market=DATED, quantity=10),
        _order(flags=4),
        _order(quantity=0),
        _order(market=len(markets.SPOT) + 4, quantity=1, price=61_000, flags=8),
        _order(quantity=1_000),
        _order(price=0),
        _order(price=-5),
        _order(market=len(markets.SPOT) + 5, quantity=3),
        _order(**(contract | {"price": 80_000})),
        _order(quantity=10_000, price=1),
        _order(quantity=10**17, price=10**14),
        _order(client_order_id="mine", price=200_000),
        _order(client_order_id="mine", price=200_000),
        _order(**(contract | {"flags": 1, "price": 65_000})),
        _order(time_in_force=TimeInForce.FOK, quantity=10**13),
        _order(**(contract | {"flags": 2})),
        _order(**(contract | {"quantity": 100_000_000})),
        _order(**(contract | {"quantity": 5_000_000})),
        _order(quantity=10**12, price=300_000),
        _order(market=UNPRICED, quantity=100, price=10),
        _order(market=UNPRICED, quantity=100, price=0, order_type=OrderType.MARKET),
        ask.ListMarket(
            symbol="PF_XBTODD", kind=MarketKind.PERPETUAL_LINEAR, base=2, quote=1,
            price_decimals=0, quantity_decimals=4, tick=5, lot=10,
        ),
        ask.SetIndexPrice(asset=2, source=1, price_e12=62_000 * 10**12),
        _order(market=UNPRICED + 1, quantity=10, price=60_000),
        _order(market=UNPRICED + 1, quantity=11, price=60_000),
        _order(market=UNPRICED + 1, quantity=10, price=60_001),
    ]  # fmt: skip


def _unknown_things() -> list[Any]:
    return [
        _order(account=9_999_999),
        _order(account=genesis.INSURANCE_ACCOUNT),
        _order(market=999),
        ask.CancelOrder(account=CLIENT, order=1),
        ask.CancelOrder(account=9_999_999, order=1),
        ask.SetIndexPrice(asset=99, source=1, price_e12=1),
        ask.SetIndexPrice(asset=2, source=9, price_e12=1),
        ask.SetIndexPrice(asset=2, source=1, price_e12=0),
        ask.SetIndexPrice(asset=2, source=1, price_e12=(1 << 63) - 1),
        ask.SetIndexPrice(asset=2, source=1, price_e12=1, taken_at=(1 << 63) - 1),
        ask.SetIndexPrice(asset=2, source=1, price_e12=1, taken_at=-1),
        ask.SetIndexPrice(asset=2, source=8, price_e12=10 * 10**12),
        ask.SetMarketStatus(market=SPOT, status=MarketStatus.DELISTED, base_version=1),
        ask.SetMarketStatus(market=SPOT, status=MarketStatus.HALTED, base_version=9),
        ask.SetPriceBand(market=SPOT, band_ppm=3, base_version=1),
        ask.SetPriceBand(market=SPOT, band_ppm=30_000, base_version=1),
    ]


def _money() -> list[Any]:
    def transfer(**changes: Any) -> ask.Transfer:
        plain: dict[str, Any] = {
            "account": CLIENT, "asset": 1, "source": Wallet.SPOT, "target": Wallet.FUTURES,
            "amount": 1,
        }  # fmt: skip
        return ask.Transfer(**(plain | changes))

    return [
        ask.Deposit(account=CLIENT, asset=1, amount=0),
        ask.Deposit(account=CLIENT, asset=1, amount=BIG),
        transfer(source=9),
        transfer(target=Wallet.SPOT),
        transfer(asset=6),
        transfer(amount=BIG),
        _order(market=PERPETUAL, quantity=90_000, price=62_000),
        transfer(source=Wallet.FUTURES, target=Wallet.SPOT, amount=99_000 * 10**6),
    ]


def _modes(world: Any) -> None:
    """Lead a spot pair and a contract through every status, each refusing something."""
    version = 1
    for status, order in (
        (MarketStatus.POST_ONLY, _order()),
        (MarketStatus.LIMIT_ONLY, _order(order_type=OrderType.MARKET, price=0)),
        (MarketStatus.REDUCE_ONLY, _order()),
        (MarketStatus.CANCEL_ONLY, _order()),
        (MarketStatus.HALTED, _order()),
        (MarketStatus.POST_ONLY, _order(flags=1)),
        (MarketStatus.ONLINE, _order()),
    ):
        move = ask.SetMarketStatus(market=SPOT, status=status, base_version=version)
        world.send([move, order], CONTROL)
        version += 1
        if status == MarketStatus.CANCEL_ONLY:
            end = ask.SetMarketStatus(
                market=SPOT, status=MarketStatus.DELISTED, base_version=version
            )
            world.send([end], CONTROL)


def _capped_account(world: Any) -> list[Any]:
    number = int(world.machine.state.exchange[0]["accounts_used"]) + 1
    taken = world.machine.state.orders
    resting = next(int(one["number"]) for one in taken[1:] if one["number"] and one["level"])
    return [
        ask.OpenAccount(client_class=ClientClass.RETAIL, orders_max=1),
        ask.Deposit(account=number, asset=1, amount=10**12),
        _order(account=number, price=200_000),
        _order(account=number, price=200_000),
        ask.CancelOrder(account=number, order=resting),
        ask.CancelAllOrders(account=number, market=SPOT),
    ]
