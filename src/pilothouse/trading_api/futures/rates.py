"""historicalfundingrates and feeschedules: what positions paid each other, and what trades pay."""

from __future__ import annotations

from typing import Any, Final

from pilothouse.language.commands import FeeTier
from pilothouse.language.numbers import MARK_DECIMALS
from pilothouse.records.client_ids import uuid_of
from pilothouse.trading_api.figures import iso, number, product
from pilothouse.trading_api.futures.call import Call
from pilothouse.trading_api.listing import Market
from pilothouse.venue.views.accounts import account
from pilothouse.venue.views.fees import fee_tiers
from pilothouse.venue.views.markets import listed

RATE_DECIMALS: Final = 12
PERCENT_DECIMALS: Final = 4
"""A share in millionths, as a percentage."""
NO_FEE: Final = (FeeTier(volume_from_usd=0, maker_ppm=0, taker_ppm=0),)
"""Of contracts that have no schedule."""
SCHEDULE: Final = "fee schedule"


async def historical_funding_rates(call: Call) -> dict[str, Any]:
    """Return a contract's funding rates by the hour, oldest first, of the last thirty days."""
    one = call.arguments.contract(call.door.listing())
    rows = []
    for rate in call.door.history.quotes.funding_rates(one.number):
        relative = number(rate.rate_e12, RATE_DECIMALS)
        index = number(rate.index, one.price_decimals + MARK_DECIMALS)
        absolute = product(relative, index)
        row = {"fundingRate": absolute, "relativeFundingRate": relative}
        rows.append({"timestamp": iso(rate.time), **row})
    return {"rates": rows}


async def fee_schedules(call: Call) -> dict[str, Any]:
    """Return the fee schedules of contracts, in per cent by the dollars traded in thirty days."""
    with call.door.follower.machine() as machine:
        found = _schedules(call, machine)
        tiers = {uid: fee_tiers(machine, one) or NO_FEE for uid, one in found.items()}
    return {
        "feeSchedules": [
            {"uid": uid, "name": f"Fees {k}", "tiers": [_tier(one) for one in every]}
            for k, (uid, every) in enumerate(tiers.items(), 1)
        ]
    }


async def fee_volumes(call: Call) -> dict[str, Any]:
    """Return the dollars that an account traded in thirty days, which count in every schedule."""
    await call.door.caught_up(call.key)
    with call.door.follower.machine() as machine:
        known = account(machine, call.key.account)
        uids = _schedules(call, machine)
    volume = known.volume_30d_usd if known else 0
    return {"volumesByFeeSchedule": dict.fromkeys(uids, volume)}


def uid_of(one: Market, schedule: int) -> str:
    """Return the name of a contract's fee schedule: its file's, or one made from its number."""
    return str(one.entry.get("feeScheduleUid") or uuid_of(SCHEDULE, schedule))


def _schedules(call: Call, machine: Any) -> dict[str, int]:
    found = {}
    for one in call.door.listing(machine).contracts:
        schedule = listed(machine, one.number).fee_schedule
        if schedule or one.entry.get("feeScheduleUid"):
            found[uid_of(one, schedule)] = schedule
    return found


def _tier(one: Any) -> dict[str, Any]:
    return {
        "makerFee": number(one.maker_ppm, PERCENT_DECIMALS),
        "takerFee": number(one.taker_ppm, PERCENT_DECIMALS),
        "usdVolume": one.volume_from_usd,
    }
