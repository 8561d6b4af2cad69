"""Markets as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pilothouse.engine.machine import Machine
from pilothouse.language.kinds import MarketKind, MarketStatus
from pilothouse.rules.index import is_stale
from pilothouse.venue.views.texts import text_of

TRADEABLE = (MarketKind.SPOT, MarketKind.PERPETUAL_LINEAR)


@dataclass(frozen=True)
class MarketView:
    """One market. Prices in price units, `mark` and `index` in hundredths of one, quantities in
    quantity units, money in base units of the quote asset; 0 where there is none.
    """

    number: int
    symbol: str
    kind: MarketKind
    base: int
    quote: int
    price_decimals: int
    quantity_decimals: int
    tick: int
    lot: int
    quantity_min: int
    cost_min: int
    position_max: int
    fee_schedule: int
    status: MarketStatus
    status_version: int
    band_ppm: int
    band_version: int
    last_price: int
    mark: int
    index: int
    open_interest: int
    positions_open: int
    funding_rate_e12: int
    funding_next_rate_e12: int
    next_funding_time: int
    schedule_version: int
    funding_coefficient: int
    funding_rate_max_e12: int
    insurance_account: int
    clearing_account: int
    liquidation_fee_ppm: int
    premium_max_ppm: int
    tradeable: bool
    index_is_stale: bool
    """Whether only orders that reduce a position are taken, for want of an index."""
    bid: int
    ask: int
    bid_quantity: int
    ask_quantity: int


_SAME = (
    "base", "quote", "price_decimals", "quantity_decimals", "tick", "lot", "quantity_min",
    "cost_min", "position_max", "fee_schedule", "status_version", "band_ppm", "band_version",
    "last_price", "mark", "index", "open_interest", "positions_open", "funding_rate_e12",
    "schedule_version", "funding_coefficient", "funding_rate_max_e12", "insurance_account",
    "clearing_account", "liquidation_fee_ppm", "premium_max_ppm",
)  # fmt: skip


def listed(machine: Machine, number: int) -> MarketView:
    """Return a market that is known to be listed; raises LookupError if there is none."""
    found = market(machine, number)
    if found is None:
        raise LookupError(f"there is no market {number}")
    return found


def market(machine: Machine, number: int) -> MarketView | None:
    """Return a market, or None if there is none of this number."""
    if not 1 <= number <= int(machine.state.exchange[0]["markets_used"]):
        return None
    m = machine.state.markets[number]
    kind = MarketKind(int(m["kind"]))
    bid, bid_quantity = _best(machine, int(m["bids"]), "highest")
    ask, ask_quantity = _best(machine, int(m["asks"]), "lowest")
    same = {name: int(m[name]) for name in _SAME}
    return MarketView(
        number=number,
        symbol=text_of(m, "symbol", 3),
        kind=kind,
        status=MarketStatus(int(m["status"])),
        funding_next_rate_e12=_next_rate(m),
        next_funding_time=int(machine.state.exchange[0]["next_hour"]),
        tradeable=kind in TRADEABLE,
        index_is_stale=_index_is_stale(machine, m),
        bid=bid,
        bid_quantity=bid_quantity,
        ask=ask,
        ask_quantity=ask_quantity,
        **same,
    )


def all_markets(machine: Machine) -> list[MarketView]:
    """Return every market by its number."""
    count = int(machine.state.exchange[0]["markets_used"])
    made = (market(machine, number) for number in range(1, count + 1))
    return [one for one in made if one is not None]


def _index_is_stale(machine: Machine, m: Any) -> bool:
    if int(m["kind"]) == MarketKind.SPOT:
        return False
    base = machine.state.assets[int(m["base"])]
    stale = is_stale(base["live_until"], base["held_since"], machine.time)
    return not int(base["live_until"]) or bool(stale)


def _best(machine: Machine, book: int, end: str) -> tuple[int, int]:
    level = machine.state.levels[machine.state.books[book][end]]
    return int(level["price"]), int(level["quantity"])


def _next_rate(m: Any) -> int:
    # What the rate would be if the hour ended now.
    elapsed, coefficient = int(m["premium_ms"]), int(m["funding_coefficient"])
    if elapsed <= 0 or coefficient <= 0:
        return 0
    most = int(m["funding_rate_max_e12"])
    return max(-most, min(most, int(m["premium_sum_e12_ms"]) // elapsed // coefficient))
