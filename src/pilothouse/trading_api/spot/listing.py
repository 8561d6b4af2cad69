"""Time, SystemStatus, Assets, AssetPairs: what is there, with live parameters of the machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pilothouse.language.kinds import MarketKind, MarketStatus
from pilothouse.language.numbers import PPM, format_decimal, trim
from pilothouse.trading_api.figures import iso_seconds, number, rfc1123
from pilothouse.trading_api.listing import Asset, Market
from pilothouse.trading_api.lists import NAMES_MAX
from pilothouse.trading_api.spot.call import Call
from pilothouse.trading_api.spot.errors import UNKNOWN_ASSET, Refused
from pilothouse.venue.catalogue import Entry
from pilothouse.venue.views.assets import AssetView, all_assets
from pilothouse.venue.views.fees import fee_tiers
from pilothouse.venue.views.markets import MarketView, all_markets, listed

STATUS_WORDS: Final = {
    MarketStatus.ONLINE: "online",
    MarketStatus.POST_ONLY: "post_only",
    MarketStatus.LIMIT_ONLY: "limit_only",
    MarketStatus.REDUCE_ONLY: "reduce_only",
    MarketStatus.CANCEL_ONLY: "cancel_only",
    MarketStatus.HALTED: "maintenance",
    MarketStatus.DELISTED: "delisted",
}
PAIR_WORDS: Final = STATUS_WORDS | {
    MarketStatus.HALTED: "cancel_only",
    MarketStatus.DELISTED: "cancel_only",
}
"""AssetPairs has five words only. Cancels work in a pair that is halted, or delisted."""
PARTS: Final = {
    "info": None,
    "leverage": ("leverage_buy", "leverage_sell"),
    "fees": ("fees", "fees_maker", "fee_volume_currency"),
    "margin": ("margin_call", "margin_stop"),
}
CLASSES: Final = {"currency": "currency", "tokenized_asset": "tokenized_asset", "all": None}


async def time(call: Call) -> Any:
    """Return the exchange's time."""
    now = call.door.now_us
    return {"unixtime": now // 1_000_000, "rfc1123": rfc1123(now)}


async def system_status(call: Call) -> Any:
    """Return whether trading goes on: online while any spot market takes orders."""
    with call.door.follower.machine() as machine:
        said = system_word(machine)
    return {"status": said, "timestamp": iso_seconds(call.door.now_us)}


def system_word(machine: Any) -> str:
    """Return Kraken's word for how far spot trading goes on."""
    statuses = {one.status for one in all_markets(machine) if one.kind == MarketKind.SPOT}
    known = [MarketStatus.ONLINE, MarketStatus.POST_ONLY, MarketStatus.CANCEL_ONLY]
    best = next((one for one in known if one in statuses), None)
    return STATUS_WORDS[best] if best else ("maintenance" if statuses else "online")


async def assets(call: Call) -> Any:
    """Return the assets, all or those of `asset`, of all classes or of `aclass`."""
    listing, words = call.door.listing(), call.door.catalogue()
    wanted = call.arguments.names("asset", NAMES_MAX + len(listing.assets))
    found: dict[int, Asset] = {}
    for name in wanted:
        asset = listing.asset(name)
        if asset is None:
            raise Refused(UNKNOWN_ASSET)
        found[asset.number] = asset
    every = (found if wanted else listing.assets).values()
    with call.door.follower.machine() as machine:
        live = {one.number: one for one in all_assets(machine)}
    made = {
        one.symbol: _asset(one, words.assets.get(one.symbol), live[one.number]) for one in every
    }
    return _of_class(call, "aclass", made)


def _of_class(call: Call, name: str, every: dict[str, Entry]) -> dict[str, Entry]:
    wanted = call.arguments.choice(name, CLASSES, "all")
    return {key: one for key, one in every.items() if wanted in (None, one[name])}


def _asset(one: Asset, entry: Entry | None, live: AssetView) -> Entry:
    made: Entry = {
        "aclass": "currency",
        "altname": one.short,
        "display_decimals": min(one.decimals, 5),
        "status": "enabled",
    }
    made.update(entry or {})
    made["decimals"] = one.decimals
    made.pop("collateral_value", None)
    # Nothing is lent on spot in this release, so there is no rate of it.
    made.pop("margin_rate", None)
    if live.collateral:
        made["collateral_value"] = number(PPM - live.haircut_ppm, 6)
    return made


async def asset_pairs(call: Call) -> Any:
    """Return the pairs, all or those of `pair`, of all classes or of `aclass_base`, whole or the
    part `info` names.
    """
    pairs = call.arguments.pairs(call.door.listing())
    part = call.arguments.choice("info", PARTS, "info")
    with call.door.follower.machine() as machine:
        every = {key: _pair(machine, one) for key, one in pairs.items()}
    made = _of_class(call, "aclass_base", every)
    if part is None:
        return made
    return {symbol: {k: one[k] for k in part if k in one} for symbol, one in made.items()}


def _pair(machine: Any, one: Market) -> Entry:
    # What the answer it was imported from said, with the machine's own figures on top.
    live = listed(machine, one.number)
    made = {**_plain(one), **one.entry} if one.entry else _plain(one) | _minimal(one)
    if "tick_size" in made or live.tick != 10 ** max(0, one.price_decimals - _places(one)):
        made["tick_size"] = trim(format_decimal(live.tick, one.price_decimals))
    made["status"] = PAIR_WORDS[MarketStatus(live.status)]
    # The lot is the machine's, and nobody lends: what a file says beyond is not to be had here.
    made["lot_decimals"] = one.lot_decimals
    made["leverage_buy"] = made["leverage_sell"] = []
    made.update(_minimums(one, live, made))
    made.update(_fees(machine, live, made))
    return made


def _places(one: Market) -> int:
    return int(one.entry.get("pair_decimals", one.price_decimals))


def _plain(one: Market) -> Entry:
    made: Entry = {"altname": one.altname}
    if one.wsname:
        made["wsname"] = one.wsname
    made |= {"aclass_base": "currency", "base": one.base.symbol}
    made |= {"aclass_quote": "currency", "quote": one.quote.symbol, "lot": "unit"}
    return made


def _minimal(one: Market) -> Entry:
    return {
        "cost_decimals": one.cost_decimals,
        "pair_decimals": one.price_decimals,
        "lot_decimals": one.lot_decimals,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [],
        "fees_maker": [],
        "fee_volume_currency": "ZUSD",
    }


def _minimums(one: Market, live: MarketView, made: Entry) -> Entry:
    found: Entry = {}
    if "ordermin" in made or live.quantity_min:
        found["ordermin"] = trim(format_decimal(live.quantity_min, one.quantity_decimals))
    if "costmin" in made or live.cost_min:
        found["costmin"] = trim(format_decimal(live.cost_min, one.cost_decimals))
    return found


def _fees(machine: Any, live: MarketView, made: Entry) -> Entry:
    if not live.fee_schedule:
        return {}
    tiers: Sequence[Any] = fee_tiers(machine, live.fee_schedule)
    sides = {"fees": "taker_ppm", "fees_maker": "maker_ppm"}
    return {
        name: [[tier.volume_from_usd, number(getattr(tier, ppm), 4)] for tier in tiers]
        for name, ppm in sides.items()
        if name in made
    }
