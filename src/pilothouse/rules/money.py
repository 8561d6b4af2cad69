"""The value of a quantity at a price.

    value = price x quantity x multiplier / divisor

A market's multiplier and divisor are powers of ten, one of which is 1; they turn price units times
quantity units into base units of the quote asset. A trade's value is rounded down once and used
for both sides, so that nothing is made or lost by rounding.
"""

from __future__ import annotations

from pilothouse.language.numbers import PPM
from pilothouse.rules.bits import fits, muldiv_down, muldiv_up
from pilothouse.rules.compiled import inlined, kernel

SHARE_MAX = 1 << 62


@inlined
def value_fits(price: int, quantity: int, multiplier: int, divisor: int) -> bool:
    """Tell whether the value, and what is computed from it, stays within 62 bits."""
    # Four times the product still has 64 bits. The multiplier is a power of ten below 2^42.
    if not fits(price, 4 * multiplier, 2) or quantity >= SHARE_MAX:
        return False
    return fits(price * multiplier, quantity, divisor) and (
        muldiv_down(price * multiplier, quantity, divisor) < SHARE_MAX // 4
    )


@inlined
def value_down(price: int, quantity: int, multiplier: int, divisor: int) -> int:
    """Return the value rounded down: what a trade moves, what collateral or a long is worth."""
    return muldiv_down(price * multiplier, quantity, divisor)


@kernel
def value_up(price: int, quantity: int, multiplier: int, divisor: int) -> int:
    """Return the value rounded up: what an order holds, what a short owes."""
    return muldiv_up(price * multiplier, quantity, divisor)


@inlined
def share_up(amount: int, ppm: int) -> int:
    """Return a share of a non-negative amount, rounded up, without leaving 64 bits."""
    rest = amount % PPM
    return amount // PPM * ppm + (rest * ppm + PPM - 1) // PPM


@inlined
def share_down(amount: int, ppm: int) -> int:
    """Return a share of a non-negative amount, rounded down, without leaving 64 bits."""
    return amount // PPM * ppm + amount % PPM * ppm // PPM
