"""Price bands: setting one, and the limit it puts on an order."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.assets import power_of_ten
from pilothouse.engine.markets import is_contract, market_refusal
from pilothouse.engine.state import State
from pilothouse.language.kinds import Side
from pilothouse.language.numbers import E12, MARK_PER_PRICE
from pilothouse.language.refusals import (
    BAND_IS_OUT_OF_RANGE,
    BASE_VERSION_HAS_MOVED,
    IMPACT_ABOVE_WHAT_WAS_SIGNED,
    NOTHING_TO_CHANGE,
)
from pilothouse.rules.compiled import entry, inner
from pilothouse.rules.index import is_stale
from pilothouse.rules.price_band import (
    PROTECTION_PPM,
    band_is_allowed,
    band_limit,
    is_outside,
    pair_price,
)


@inner
def set_price_band(s: State, c: Any) -> int:
    """Set a market's band as a command asks; return a refusal or 0."""
    refused = market_refusal(s, c.market)
    if refused != 0:
        return refused
    m = s.markets[c.market]
    if c.base_version != m.band_version:
        return BASE_VERSION_HAS_MOVED
    if not band_is_allowed(c.band_ppm):
        return BAND_IS_OUT_OF_RANGE
    if c.band_ppm == m.band_ppm:
        return NOTHING_TO_CHANGE
    outside = count_outside(s, c.market, c.band_ppm)
    if 0 <= c.orders_outside_max and c.orders_outside_max < outside:
        return IMPACT_ABOVE_WHAT_WAS_SIGNED
    before = m.band_ppm
    m.band_ppm = c.band_ppm
    m.band_version += 1
    emit.price_band_set(
        s, 0, c.market, c.band_ppm, before, m.band_version, outside, c.cause, c.cause_id
    )
    return 0


@inner
def reference_price(s: State, market: int) -> int:
    """Return what a band is measured from: a contract's mark; a spot pair's index while it is
    live, else its last trade; 0 if there is none.
    """
    m = s.markets[market]
    if is_contract(m.kind):
        return m.mark // MARK_PER_PRICE
    unit = power_of_ten(m.price_decimals)
    index = pair_price(_live_index(s, m.base), _live_index(s, m.quote), unit)
    return index if index != 0 else m.last_price


@inner
def _live_index(s: State, asset: int) -> int:
    # The dollars of one of an asset in 10^-12, 0 if its index is not known or stale.
    a, x = s.assets[asset], s.exchange[0]
    if asset == x.dollar:
        return E12
    return 0 if is_stale(a.live_until, a.held_since, x.time) else a.index_e12


@inner
def worst_price(s: State, market: int, side: int) -> int:
    """Return the worst price the band lets a side name, 0 if there is no band or reference."""
    m = s.markets[market]
    reference = reference_price(s, market)
    if m.band_ppm == 0 or reference == 0:
        return 0
    return band_limit(reference, m.band_ppm, side, m.tick)


@inner
def market_order_limit(s: State, market: int, side: int, banded: bool) -> int:
    """Return the price at which a market order stops, 0 if the other side is empty."""
    m = s.markets[market]
    level = s.books[m.asks].lowest if side == Side.BUY else s.books[m.bids].highest
    if level == 0:
        return 0
    limit = band_limit(s.levels[level].price, PROTECTION_PPM, side, m.tick)
    worst = worst_price(s, market, side)
    if worst == 0 or not banded:
        return limit
    return min(limit, worst) if side == Side.BUY else max(limit, worst)


@entry
def orders_outside(s: State, market: int, band_ppm: int) -> int:
    """Return how many resting orders a band would leave outside, as the command counts them."""
    return count_outside(s, market, band_ppm)


@inner
def count_outside(s: State, market: int, band_ppm: int) -> int:
    """Return how many resting orders a band would leave outside; none is cancelled by it."""
    reference = reference_price(s, market)
    if band_ppm == 0 or reference == 0:
        return 0
    outside = 0
    for row in range(1, s.exchange[0].orders_used + 1):
        o = s.orders[row]
        if o.number != 0 and o.market == market:
            limit = band_limit(reference, band_ppm, o.side, s.markets[market].tick)
            outside += 1 if is_outside(o.price, limit, o.side) else 0
    return outside
