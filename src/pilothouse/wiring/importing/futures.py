"""Contracts: from an entry of Kraken's futures `instruments` to a listing and margin schedules.

Linear perpetuals (`flexible_futures` without a last trading time) can trade. Inverse and dated
contracts and indices are listed with the same figures for information. A floor given in contracts
of an inverse contract is its floor in dollars, for its contract is one dollar.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import numpy as np

from pilothouse.language.commands import ListMarket, MarginTier, SetMarginSchedule
from pilothouse.language.kinds import ClientClass, MarketKind, MarketStatus
from pilothouse.language.refusals import describe
from pilothouse.rules.margin import schedule_refusal
from pilothouse.wiring.importing.answers import Instrument, MarginLevel, Refused
from pilothouse.wiring.importing.drafts import Assets, asset_of, exact, places

NO_LIMIT = -1
FIRST_VERSION = 1
"""The version of a contract's schedules when it is listed; each schedule set adds one."""


def symbol_of(entry: Instrument) -> str:
    """Return a contract's symbol; the older answers' lower case becomes today's capitals."""
    return entry.symbol.upper() if entry.symbol.islower() else entry.symbol


def note_assets(entry: Instrument, assets: Assets) -> None:
    """Note the asset of a contract's index and the one it settles in."""
    base, quote = _pair_of(entry)
    assets.name(asset_of(base), base)
    assets.name(asset_of(quote), quote)
    if kind_of(entry) == MarketKind.PERPETUAL_LINEAR:
        assets.settles(asset_of(quote))


def kind_of(entry: Instrument) -> MarketKind:
    """Return what is traded; what this release has no word for is listed like its next of kin."""
    if entry.type == "spot index":
        return MarketKind.INDEX
    if entry.type == "flexible_futures" and entry.last_trading_time is None:
        return MarketKind.PERPETUAL_LINEAR
    if entry.type == "futures_inverse" and entry.last_trading_time is None:
        return MarketKind.PERPETUAL_INVERSE
    return MarketKind.FUTURE_INVERSE


def market_of(place: str, entry: Instrument, assets: Assets) -> ListMarket:
    """Return the listing of one entry; Refused where it lacks what its kind needs."""
    kind = kind_of(entry)
    if kind == MarketKind.INDEX:
        return _index(entry, assets)
    tick = _need(entry.tick, f"{place}.tickSize")
    if _need(entry.contract_size, f"{place}.contractSize") != 1:
        raise Refused(f"{place}.contractSize", "only contracts of size 1 are known")
    base, quote = _pair_of(entry)
    settles_in = quote if kind == MarketKind.PERPETUAL_LINEAR else base
    numbers = assets.numbers()
    precision = entry.trade_precision or 0
    decimals = max(0, precision)
    return ListMarket(
        symbol=symbol_of(entry),
        kind=kind,
        base=numbers[asset_of(base)],
        quote=numbers[asset_of(settles_in)],
        price_decimals=places(tick),
        quantity_decimals=decimals,
        tick=exact(tick, places(tick), f"{place}.tickSize"),
        lot=10 ** max(0, -precision),
        position_max=exact(entry.position_max or Decimal(0), decimals, f"{place}.maxPositionSize"),
        funding_coefficient=entry.funding_coefficient or 0,
        funding_rate_max_e12=exact(
            entry.funding_rate_max or Decimal(0), 12, f"{place}.maxRelativeFundingRate"
        ),
        status=MarketStatus.POST_ONLY if entry.post_only else MarketStatus.ONLINE,
    )


def _index(entry: Instrument, assets: Assets) -> ListMarket:
    """Return the listing of an index: it has no grid, so the smallest one stands for it."""
    base, quote = _pair_of(entry)
    numbers = assets.numbers()
    return ListMarket(
        symbol=symbol_of(entry),
        kind=MarketKind.INDEX,
        base=numbers[asset_of(base)],
        quote=numbers[asset_of(quote)],
        price_decimals=0,
        quantity_decimals=0,
        tick=1,
        lot=1,
    )


def schedules_of(
    place: str, entry: Instrument, market: int, liquidation_fee_ppm: int
) -> Iterator[SetMarginSchedule]:
    """Yield a contract's margin schedules: for everyone, and for retail clients where given.

    Raises Refused with the place where the exchange would refuse one, and where one that can
    trade has none.
    """
    if entry.levels is None and kind_of(entry) == MarketKind.PERPETUAL_LINEAR:
        raise Refused(f"{place}.marginLevels", "a contract that can trade needs margin levels")
    version = FIRST_VERSION
    for scope, levels, name in (
        (ClientClass.ANY, entry.levels, "marginLevels"),
        (ClientClass.RETAIL, entry.retail_levels, "retailMarginLevels"),
    ):
        if levels is None:
            continue
        tiers = tuple(_tier(one, f"{place}.{name}.{k}") for k, one in enumerate(levels))
        reason = _refusal(tiers, scope, liquidation_fee_ppm)
        if reason:
            raise Refused(f"{place}.{name}", describe(reason))
        yield SetMarginSchedule(
            market=market,
            client_class=scope,
            jurisdiction=0,
            opened_from=0,
            base_version=version,
            accounts_below_initial_max=NO_LIMIT,
            accounts_below_maintenance_max=NO_LIMIT,
            notional_below_initial_max=NO_LIMIT,
            notional_below_maintenance_max=NO_LIMIT,
            count=len(tiers),
            tiers=tiers,
        )
        version += 1


def _refusal(tiers: Sequence[MarginTier], scope: ClientClass, liquidation_fee_ppm: int) -> int:
    floors, initial, maintenance = (
        np.array([getattr(one, name) for one in tiers], np.int64)
        for name in ("floor_usd", "initial_ppm", "maintenance_ppm")
    )
    return int(
        schedule_refusal(floors, initial, maintenance, len(tiers), liquidation_fee_ppm, scope)
    )


def _tier(level: MarginLevel, place: str) -> MarginTier:
    floor = level.floor_usd if level.contracts is None else level.contracts
    if floor is None:
        raise Refused(f"{place}.numNonContractUnits", "the tier has no floor")
    return MarginTier(
        floor_usd=exact(floor, 0, f"{place}.numNonContractUnits"),
        initial_ppm=exact(level.initial, 6, f"{place}.initialMargin"),
        maintenance_ppm=exact(level.maintenance, 6, f"{place}.maintenanceMargin"),
    )


def _need(value: Decimal | None, place: str) -> Decimal:
    if value is None:
        raise Refused(place, "the field is missing")
    return value


def _pair_of(entry: Instrument) -> tuple[str, str]:
    """Return an entry's short names: said by it, or else read out of its symbol (PF_XBTUSD)."""
    name = entry.symbol.split("_")[1] if "_" in entry.symbol else entry.symbol
    base, quote = entry.base or name[:-3].upper(), entry.quote or name[-3:].upper()
    if not base or not quote:
        raise Refused(f"instruments.{entry.symbol}.symbol", "it names no pair")
    return base, quote
