"""Price bands: a buy may not be above, a sell not below, the reference by more than the band.

    highest buy = reference + reference x ppm / 1,000,000 (rounded down); a sell mirrors it

The reference of a spot pair is made of the indices of both assets, as long as both can be relied
on. A last trade is what two accounts made of it; it serves where there is nothing better.

A market order without a band is held within five percent of the best price (market protection).
"""

from __future__ import annotations

from pilothouse.language.kinds import Side
from pilothouse.language.numbers import PPM
from pilothouse.rules.bits import fits, muldiv_down
from pilothouse.rules.compiled import kernel
from pilothouse.rules.money import share_down

PROTECTION_PPM = 50_000
BAND_MIN_PPM = 1_000
REFERENCE_LIMIT = 1 << 61
"""A reference from here on is none: a band around it would leave 64 bits."""


@kernel
def pair_price(base_e12: int, quote_e12: int, unit: int) -> int:
    """Return what one of the base asset costs in price units, `unit` of which are one of the quote
    asset, by the indices of both (rounded down); 0 if that is out of range.
    """
    if base_e12 <= 0 or quote_e12 <= 0 or not fits(unit, base_e12, quote_e12):
        return 0
    price = muldiv_down(unit, base_e12, quote_e12)
    return price if price < REFERENCE_LIMIT else 0


@kernel
def band_limit(reference: int, ppm: int, side: int, tick: int) -> int:
    """Return the worst price on the tick that a side may name, at least one tick."""
    width = share_down(reference, ppm)
    if side == Side.BUY:
        return max(tick, (reference + width) // tick * tick)
    return max(tick, (reference - width + tick - 1) // tick * tick)


@kernel
def is_outside(price: int, limit: int, side: int) -> bool:
    """Tell whether a price is worse than its side's limit."""
    return price > limit if side == Side.BUY else price < limit


@kernel
def band_is_allowed(ppm: int) -> bool:
    """Tell whether a band is none or within its range."""
    return ppm == 0 or (BAND_MIN_PPM <= ppm and ppm <= PPM)
