"""Spot pairs: from an entry of Kraken's `AssetPairs` to the listing of a market.

The tick is `tick_size`, or 10^-pair_decimals where an answer has none; the lot is
10^-lot_decimals, though never finer than the unit in which the asset is held. A pair without
`fees_maker` has one fee for both sides, as Kraken documents.
"""

from __future__ import annotations

from decimal import Decimal

from pilothouse.language.commands import FeeTier, ListMarket
from pilothouse.language.kinds import MarketKind, MarketStatus
from pilothouse.wiring.importing.answers import AssetPairs, Pair, Refused
from pilothouse.wiring.importing.drafts import DOLLAR, Assets, FeeSchedules, exact, places


def note_assets(answer: AssetPairs, assets: Assets) -> None:
    """Note the two assets of every pair, with the decimals its lot needs."""
    for pair in answer.result.values():
        base, _, quote = (pair.wsname or "").partition("/")
        assets.name(pair.base, base, pair.lot_decimals)
        assets.name(pair.quote, quote)


def market_of(symbol: str, pair: Pair, assets: Assets, fees: FeeSchedules) -> ListMarket:
    """Return the listing of one pair; Refused where a figure is not on its own grid."""
    place = f"result.{symbol}"
    tick = pair.tick_size or Decimal(1).scaleb(-pair.pair_decimals)
    price_decimals = max(pair.pair_decimals, places(tick))
    quantity_decimals = assets.decimals(pair.base)
    if pair.lot_decimals > quantity_decimals and pair.base != DOLLAR:
        reason = f"{pair.base} has only {quantity_decimals} decimals here"
        raise Refused(f"{place}.lot_decimals", reason)
    numbers = assets.numbers()
    return ListMarket(
        symbol=symbol,
        kind=MarketKind.SPOT,
        base=numbers[pair.base],
        quote=numbers[pair.quote],
        price_decimals=price_decimals,
        quantity_decimals=quantity_decimals,
        tick=exact(tick, price_decimals, f"{place}.tick_size"),
        lot=10 ** max(0, quantity_decimals - pair.lot_decimals),
        quantity_min=_minimum(pair, quantity_decimals, f"{place}.ordermin"),
        cost_min=exact(
            pair.costmin or Decimal(0), assets.decimals(pair.quote), f"{place}.costmin"
        ),
        fee_schedule=fees.number(_tiers(pair, place)),
        status=MarketStatus[(pair.status or "online").upper()],
    )


def _minimum(pair: Pair, quantity_decimals: int, place: str) -> int:
    minimum = pair.ordermin or Decimal(0)
    exact(minimum, pair.lot_decimals, place)
    return exact(minimum, quantity_decimals, place)


def _tiers(pair: Pair, place: str) -> list[FeeTier]:
    maker_tiers = pair.fees if pair.fees_maker is None else pair.fees_maker
    maker_of, taker_of = dict(maker_tiers), dict(pair.fees)
    if len(maker_of) != len(maker_tiers) or len(taker_of) != len(pair.fees):
        raise Refused(f"{place}.fees", "two tiers have the same volume")
    if set(maker_of) != set(taker_of):
        raise Refused(f"{place}.fees_maker", "its volumes are not those of fees")
    return [
        FeeTier(
            volume_from_usd=exact(volume, 0, f"{place}.fees.{k}.0"),
            taker_ppm=exact(taker, 4, f"{place}.fees.{k}.1"),
            maker_ppm=exact(maker_of[volume], 4, f"{place}.fees_maker.{k}.1"),
        )
        for k, (volume, taker) in enumerate(pair.fees)
    ]
