"""Commands that the worlds of tests ask alike, in few words."""

from __future__ import annotations

from typing import Any

from pilothouse.language.commands import (
    Deposit,
    MarginTier,
    OpenAccount,
    PlaceOrder,
    SetIndexPrice,
    SetMarginSchedule,
    Transfer,
)
from pilothouse.language.kinds import ClientClass, OrderType, Purpose, TimeInForce, Wallet

CEILINGS = ("accounts_below_initial", "accounts_below_maintenance")
CEILINGS += ("notional_below_initial", "notional_below_maintenance")
PLAIN_TIER = (0, 20_000, 10_000)
TIERS = (PLAIN_TIER, (500_000, 40_000, 20_000))
DOUBLED = tuple((floor, 2 * initial, 2 * maintenance) for floor, initial, maintenance in TIERS)


def schedule(market: int, *tiers: tuple[int, int, int], **changes: Any) -> SetMarginSchedule:
    """Return margins for everybody, of tiers from a floor in dollars, without any ceiling."""
    made = [
        MarginTier(floor_usd=floor, initial_ppm=initial, maintenance_ppm=maintenance)
        for floor, initial, maintenance in tiers
    ]
    plain = {"client_class": ClientClass.ANY, "jurisdiction": 0, "opened_from": 0}
    plain |= {"base_version": 1} | {f"{name}_max": -1 for name in CEILINGS}
    plain |= {"count": len(made), "tiers": tuple(made)}
    return SetMarginSchedule(market=market, **(plain | changes))


def house(*purposes: Purpose) -> list[OpenAccount]:
    """Open an account of the house for each purpose."""
    return [OpenAccount(client_class=ClientClass.HOUSE, purpose=one) for one in purposes]


def funded(account: int, asset: int, amount: int) -> tuple[Deposit, Transfer]:
    """Deposit money, and move it to the futures wallet."""
    wallets = {"source": Wallet.SPOT, "target": Wallet.FUTURES}
    return (
        Deposit(account=account, asset=asset, amount=amount),
        Transfer(account=account, asset=asset, amount=amount, **wallets),
    )


def limit(account: int, market: int, side: int, quantity: int, price: int, **words: Any) -> Any:
    """Return a limit order that rests; words tell what is otherwise."""
    plain = {"order_type": OrderType.LIMIT, "flags": 0, "time_in_force": TimeInForce.GTC}
    asked = {"account": account, "market": market, "side": side, "quantity": quantity}
    return PlaceOrder(price=price, **(asked | plain | words))


def prices(asset: int, said: dict[int, float]) -> list[SetIndexPrice]:
    """Return what sources say an asset costs, in dollars."""
    return [
        SetIndexPrice(asset=asset, source=source, price_e12=int(dollars * 10**12))
        for source, dollars in said.items()
    ]
