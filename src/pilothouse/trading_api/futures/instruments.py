"""instruments: every contract and index, with the margin levels the machine holds now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pilothouse.language.kinds import ClientClass, MarketKind, MarketStatus
from pilothouse.trading_api.door import Door
from pilothouse.trading_api.figures import iso, number
from pilothouse.trading_api.futures.call import Call
from pilothouse.trading_api.futures.errors import CONTRACT_NOT_FOUND, Refused
from pilothouse.trading_api.futures.rates import uid_of
from pilothouse.trading_api.listing import Market
from pilothouse.venue.catalogue import Entry
from pilothouse.venue.views.margin import ScheduleView, schedules
from pilothouse.venue.views.markets import MarketView, listed

TYPES: Final = {
    MarketKind.PERPETUAL_LINEAR: "flexible_futures",
    MarketKind.PERPETUAL_INVERSE: "futures_inverse",
    MarketKind.FUTURE_INVERSE: "futures_inverse",
    MarketKind.INDEX: "spot index",
}
LEVELS: Final = {
    "marginLevels": ClientClass.ANY,
    "retailMarginLevels": ClientClass.RETAIL,
}
COUNTRY_CLASSES: Final = {
    ClientClass.RETAIL: "retail",
    ClientClass.PROFESSIONAL: "professional",
}
"""The classes of clients that a country's schedules are told of."""
PPM_DECIMALS: Final = 6
RATE_DECIMALS: Final = 12
SUSPENDED: Final = (MarketStatus.HALTED, MarketStatus.DELISTED)


async def instruments(call: Call) -> dict[str, Any]:
    """Return all contracts and indices; those that cannot trade here say tradeable: false."""
    contracts = call.door.listing().contracts
    with call.door.follower.machine() as machine:
        return {"instruments": [_instrument(call.door, machine, one) for one in contracts]}


async def statuses(call: Call) -> dict[str, Any]:
    """Return which contracts can trade; the protections Kraken lists beside are not in force."""
    contracts = call.door.listing().contracts
    with call.door.follower.machine() as machine:
        return {"instrumentStatus": [_status(machine, one) for one in contracts]}


async def status(call: Call) -> dict[str, Any]:
    """Return whether one contract can trade."""
    found = call.door.listing().contract(call.path["symbol"])
    if found is None:
        raise Refused(CONTRACT_NOT_FOUND)
    with call.door.follower.machine() as machine:
        return _status(machine, found)


def can_trade(live: MarketView) -> bool:
    """Tell whether orders in a contract can be taken at all."""
    return bool(live.tradeable) and MarketStatus(live.status) not in SUSPENDED


def is_suspended(live: MarketView) -> bool:
    """Tell whether a ticker says suspended: nothing that takes a risk is taken now, or ever."""
    return not can_trade(live) or live.index_is_stale


def _status(machine: Any, one: Market) -> dict[str, Any]:
    return {
        "tradeable": one.symbol,
        "experiencingDislocation": False,
        "priceDislocationDirection": None,
        "experiencingExtremeVolatility": False,
        "extremeVolatilityInitialMarginMultiplier": 1,
    }


def _instrument(door: Door, machine: Any, one: Market) -> Entry:
    live = listed(machine, one.number)
    made: Entry = _always(door, one) | (one.entry or _minimal(one))
    made["symbol"] = one.symbol
    made["type"] = one.entry.get("type", TYPES[one.kind])
    made["tradeable"] = can_trade(live)
    if one.kind != MarketKind.INDEX:
        found = schedules(machine, one.number)
        if live.fee_schedule:
            made["feeScheduleUid"] = uid_of(one, live.fee_schedule)
        made.update(_live(one, live, made))
        made.update(_levels(found, made))
        made["marginSchedules"] = _by_country(found, made)
    return made


def _always(door: Door, one: Market) -> Entry:
    # What Kraken says of every contract, and strict clients refuse an answer without.
    made: Entry = {"mtf": False, "tradfi": False, "category": "", "tags": []}
    if one.kind == MarketKind.INDEX:
        return made
    made["isExpired"] = _has_expired(one.entry.get("lastTradingTime"), door.now_us)
    made["openingDate"] = iso(door.history.quotes.listed_at(one.number))
    return made | {"impactMidSize": 1}


def _has_expired(last: Any, now_us: int) -> bool:
    try:
        ends = datetime.fromisoformat(str(last))
    except ValueError:
        return False
    return (ends if ends.tzinfo else ends.replace(tzinfo=UTC)).timestamp() * 1e6 <= now_us


def _minimal(one: Market) -> Entry:
    if one.kind == MarketKind.INDEX:
        return {}
    return {
        "contractSize": 1,
        "contractValueTradePrecision": one.lot_decimals,
        "base": one.base.display,
        "quote": one.quote.display,
        "pair": f"{one.base.display}:{one.quote.display}",
        "postOnly": False,
        "maxPositionSize": 0,
        "fundingRateCoefficient": 0,
        "maxRelativeFundingRate": 0,
        "marginLevels": [],
    }


def _live(one: Market, live: MarketView, made: Entry) -> Entry:
    found = {
        "tickSize": number(live.tick, one.price_decimals),
        "postOnly": live.status == MarketStatus.POST_ONLY,
        "maxPositionSize": number(live.position_max, one.quantity_decimals),
        "fundingRateCoefficient": live.funding_coefficient,
        "maxRelativeFundingRate": number(live.funding_rate_max_e12, RATE_DECIMALS),
    }
    known = {name: value for name, value in found.items() if name in made or name == "tickSize"}
    least = number(live.quantity_min or live.lot, one.quantity_decimals)
    return known | {"minimumTradeSize": least}


def _levels(found: Sequence[ScheduleView], made: Entry) -> Entry:
    # The schedule that holds for everybody else of the class: no country, no cohort of its own.
    general = {
        one.client_class: one for one in found if not one.jurisdiction and not one.opened_from
    }
    levels: Entry = {}
    for name, client_class in LEVELS.items():
        # Where a class has no schedule of its own, everybody's holds.
        schedule = general.get(client_class) or general.get(ClientClass.ANY)
        if schedule is not None:
            levels[name] = [_level(tier, _floor_name(made, name)) for tier in schedule.tiers]
    return levels


def _by_country(found: Sequence[ScheduleView], made: Entry) -> Entry:
    countries: Entry = {}
    floor = _floor_name(made, "marginLevels")
    for one in found:
        name = COUNTRY_CLASSES.get(one.client_class)
        if one.jurisdiction and not one.opened_from and name is not None:
            levels = [_level(tier, floor) for tier in one.tiers]
            countries.setdefault(str(one.jurisdiction), {})[name] = levels
    return countries


def _floor_name(made: Entry, name: str) -> str:
    before = made.get(name) or made.get("marginLevels") or [{}]
    return "contracts" if "contracts" in before[0] else "numNonContractUnits"


def _level(tier: Any, floor_name: str) -> Entry:
    return {
        floor_name: tier.floor_usd,
        "initialMargin": number(tier.initial_ppm, PPM_DECIMALS),
        "maintenanceMargin": number(tier.maintenance_ppm, PPM_DECIMALS),
    }
