"""The demonstration's markets in the shape of Kraken's answers, for the catalogue.

The machine holds every figure that matters; these entries hold the words beside them.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pilothouse.simulation import markets
from pilothouse.simulation.markets import Perpetual, Spot, Tier

Entry = dict[str, Any]


def spot_entries() -> dict[str, Entry]:
    """Return an `AssetPairs` entry for each spot pair, by its symbol."""
    return {one.symbol: _spot(one) for one in markets.SPOT}


def instrument_entries() -> dict[str, Entry]:
    """Return an `instruments` entry for each contract, by its symbol."""
    made = {one.symbol: _perpetual(one) for one in markets.PERPETUALS}
    return made | {markets.DATED: _dated()}


def _spot(one: Spot) -> Entry:
    return {
        "altname": one.altname,
        "wsname": one.wsname,
        "aclass_base": "currency",
        "base": one.base,
        "aclass_quote": "currency",
        "quote": one.quote,
        "lot": "unit",
        "cost_decimals": 5,
        "pair_decimals": one.price_decimals,
        "lot_decimals": 8,
        "lot_multiplier": 1,
        "leverage_buy": list(one.leverage),
        "leverage_sell": list(one.leverage),
        "fees": [[volume, Decimal(taker)] for volume, _, taker in markets.SPOT_FEES],
        "fees_maker": [[volume, Decimal(maker)] for volume, maker, _ in markets.SPOT_FEES],
        "fee_volume_currency": "ZUSD",
        "margin_call": 80,
        "margin_stop": 40,
        "ordermin": one.quantity_min,
        "costmin": one.cost_min,
        "tick_size": str(Decimal(1).scaleb(-one.price_decimals)),
        "status": "online",
    }


def _perpetual(one: Perpetual) -> Entry:
    base = {"XXBT": "BTC"}.get(one.base, one.base.removeprefix("X"))
    return {
        "symbol": one.symbol,
        "pair": f"{base}:USD",
        "base": base,
        "quote": "USD",
        "type": "flexible_futures",
        "tickSize": Decimal(one.tick),
        "contractSize": 1,
        "tradeable": True,
        "maxPositionSize": Decimal(one.position_max),
        "openingDate": "2022-03-22T13:18:45.000Z",
        "marginLevels": _levels(one.tiers, "numNonContractUnits"),
        "fundingRateCoefficient": markets.FUNDING_COEFFICIENT,
        "maxRelativeFundingRate": Decimal(markets.FUNDING_RATE_MAX),
        "contractValueTradePrecision": one.trade_precision,
        "postOnly": False,
        "feeScheduleUid": "futures",
        "tags": [],
    }


def _dated() -> Entry:
    return {
        "symbol": markets.DATED,
        "pair": "BTC:USD",
        "base": "BTC",
        "quote": "USD",
        "type": "futures_inverse",
        "underlying": "rr_xbtusd",
        "lastTradingTime": markets.DATED_LAST_TRADING,
        "tickSize": Decimal("0.5"),
        "contractSize": 1,
        "tradeable": False,
        "marginLevels": _levels(markets.LARGE, "contracts"),
        "contractValueTradePrecision": 0,
        "postOnly": False,
        "feeScheduleUid": "futures",
        "tags": [],
    }


def _levels(tiers: tuple[Tier, ...], floor_name: str) -> list[Entry]:
    return [
        {
            floor_name: floor,
            "initialMargin": Decimal(initial) / 100,
            "maintenanceMargin": Decimal(maintenance) / 100,
        }
        for floor, initial, maintenance in tiers
    ]
