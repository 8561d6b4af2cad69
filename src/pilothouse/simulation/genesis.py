"""The commands that make the demonstration exchange, in their order, before any client comes.

House accounts come first, so that their numbers are known: 1 fees, 2 insurance, 3 custody,
4 liquidation desk, 5 suspense. The engine opens one clearing account for each contract it lists.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from pilothouse.language.commands import (
    CreateExchange,
    Deposit,
    FeeTier,
    ListAsset,
    ListMarket,
    MarginTier,
    OpenAccount,
    SetFeeSchedule,
    SetMarginSchedule,
    Transfer,
)
from pilothouse.language.kinds import ClientClass, MarketKind, Purpose, Wallet
from pilothouse.language.numbers import parse_decimal
from pilothouse.language.schema import Command
from pilothouse.simulation import markets
from pilothouse.simulation.markets import Perpetual, Spot, Tier, asset_number

NO_LIMIT: Final = -1
HOUSE: Final = (
    Purpose.FEES,
    Purpose.INSURANCE,
    Purpose.CUSTODY,
    Purpose.LIQUIDATION_DESK,
    Purpose.SUSPENSE,
)
INSURANCE_ACCOUNT: Final = 2
CONTRACTS: Final = len(markets.PERPETUALS) + 1
CLIENTS_FROM: Final = len(HOUSE) + CONTRACTS + 1
"""The number of the first client's account: behind the house's and the clearing accounts."""
BAND_PPM: Final = 50_000
INSURANCE_USD: Final = 4_000_000
SPOT_FEES, FUTURES_FEES = 1, 2


def found(orders: int = 65_536, accounts: int = 8_192) -> list[Command]:
    """Return the commands that create the exchange and open its house's accounts."""
    return [
        CreateExchange(
            accounts=accounts,
            balances=accounts * 8,
            positions=accounts * 4,
            orders=orders,
            levels=orders,
            nodes=orders,
            volumes=accounts,
        ),
        *(OpenAccount(client_class=ClientClass.HOUSE, purpose=one) for one in HOUSE),
    ]


def furnish() -> list[Command]:
    """Return the commands that list assets, fees, markets and schedules and fill the pool."""
    return [
        *(_asset(one) for one in markets.ASSETS),
        _fees(SPOT_FEES, markets.SPOT_FEES),
        _fees(FUTURES_FEES, markets.FUTURES_FEES),
        *(spot_listing(one) for one in markets.SPOT),
        *(perpetual_listing(one) for one in markets.PERPETUALS),
        dated_listing(),
        *(
            schedule(len(markets.SPOT) + k + 1, one.tiers)
            for k, one in enumerate(markets.PERPETUALS)
        ),
        *_insurance(),
    ]


def _asset(one: markets.Asset) -> ListAsset:
    return ListAsset(
        symbol=one.symbol,
        decimals=one.decimals,
        collateral=int(one.haircut_percent is not None),
        haircut_ppm=parse_decimal(one.haircut_percent or "0", 4),
        display=one.display,
    )


def _fees(number: int, tiers: tuple[Tier, ...]) -> SetFeeSchedule:
    made = tuple(
        FeeTier(
            volume_from_usd=volume,
            maker_ppm=parse_decimal(maker, 4),
            taker_ppm=parse_decimal(taker, 4),
        )
        for volume, maker, taker in tiers
    )
    return SetFeeSchedule(fee_schedule=number, count=len(made), tiers=made)


def spot_listing(one: Spot) -> ListMarket:
    """Return the listing of a spot pair; its tick is one unit of its last decimal."""
    return ListMarket(
        symbol=one.symbol,
        kind=MarketKind.SPOT,
        base=asset_number(one.base),
        quote=asset_number(one.quote),
        price_decimals=one.price_decimals,
        quantity_decimals=markets.asset(one.base).decimals,
        tick=1,
        lot=1,
        quantity_min=parse_decimal(one.quantity_min, markets.asset(one.base).decimals),
        cost_min=parse_decimal(one.cost_min, markets.asset(one.quote).decimals),
        fee_schedule=SPOT_FEES,
        band_ppm=0,
    )


def perpetual_listing(one: Perpetual) -> ListMarket:
    """Return the listing of a perpetual that settles in dollars."""
    price_decimals = decimals_of(one.tick)
    return ListMarket(
        symbol=one.symbol,
        kind=MarketKind.PERPETUAL_LINEAR,
        base=asset_number(one.base),
        quote=asset_number("ZUSD"),
        price_decimals=price_decimals,
        quantity_decimals=max(0, one.trade_precision),
        tick=parse_decimal(one.tick, price_decimals),
        lot=10 ** max(0, -one.trade_precision),
        position_max=parse_decimal(one.position_max, max(0, one.trade_precision)),
        fee_schedule=FUTURES_FEES,
        band_ppm=BAND_PPM,
        funding_coefficient=markets.FUNDING_COEFFICIENT,
        funding_rate_max_e12=parse_decimal(markets.FUNDING_RATE_MAX, 12),
    )


def dated_listing() -> ListMarket:
    """Return the listing of the one dated contract, for information only."""
    return ListMarket(
        symbol=markets.DATED,
        kind=MarketKind.FUTURE_INVERSE,
        base=asset_number("XXBT"),
        quote=asset_number("XXBT"),
        price_decimals=1,
        quantity_decimals=0,
        tick=5,
        lot=1,
        fee_schedule=FUTURES_FEES,
    )


def schedule(market: int, tiers: tuple[Tier, ...], base_version: int = 1) -> SetMarginSchedule:
    """Return a margin schedule for everyone, without a ceiling."""
    made = tuple(
        MarginTier(
            floor_usd=floor,
            initial_ppm=parse_decimal(initial, 4),
            maintenance_ppm=parse_decimal(maintenance, 4),
        )
        for floor, initial, maintenance in tiers
    )
    return SetMarginSchedule(
        market=market,
        client_class=ClientClass.ANY,
        jurisdiction=0,
        opened_from=0,
        base_version=base_version,
        accounts_below_initial_max=NO_LIMIT,
        accounts_below_maintenance_max=NO_LIMIT,
        notional_below_initial_max=NO_LIMIT,
        notional_below_maintenance_max=NO_LIMIT,
        count=len(made),
        tiers=made,
    )


def _insurance() -> list[Command]:
    dollar = asset_number("ZUSD")
    amount = INSURANCE_USD * 10**6
    return [
        Deposit(account=INSURANCE_ACCOUNT, asset=dollar, amount=amount),
        Transfer(
            account=INSURANCE_ACCOUNT,
            asset=dollar,
            source=Wallet.SPOT,
            target=Wallet.FUTURES,
            amount=amount,
        ),
    ]


def decimals_of(text: str) -> int:
    """Return how many decimals a decimal string has."""
    return max(0, -int(Decimal(text).as_tuple().exponent))
