"""Funding: what longs pay shorts, or shorts pay longs, to hold the contract near its index.

    rate of an hour = clamp(weighted premium of the hour before / coefficient, +- largest rate)
    paid for one unit of quantity in an hour = rate x index at the hour's start

It accrues without pause and is paid at the end of the hour or when the position changes. A
holder's payment is rounded against the holder, so the residue in the clearing account is never
negative once everyone has paid.
"""

from __future__ import annotations

from pilothouse.language.numbers import E12, HOUR_US
from pilothouse.rules.bits import muldiv_floor
from pilothouse.rules.compiled import kernel

UNIT_E6 = 1_000_000
"""Accrued funding of one quantity unit is counted in millionths of a settlement base unit."""


@kernel
def hourly_rate_e12(premium_e12_ms: int, elapsed_ms: int, coefficient: int, most_e12: int) -> int:
    """Return the relative rate of the next hour (10^-12), rounded down."""
    if elapsed_ms <= 0 or coefficient <= 0:
        return 0
    rate = premium_e12_ms // elapsed_ms // coefficient
    return max(-most_e12, min(most_e12, rate))


@kernel
def hourly_payment_e6(rate_e12: int, unit_value_e6: int) -> int:
    """Return what a quantity unit pays an hour (10^-6 base units), by its value, rounded down."""
    return muldiv_floor(rate_e12, unit_value_e6, E12)


@kernel
def accrued_e6(payment_e6: int, elapsed_us: int) -> int:
    """Return what one quantity unit has accrued since the hour began."""
    return muldiv_floor(payment_e6, min(elapsed_us, HOUR_US), HOUR_US)


@kernel
def received(quantity: int, accrued_since_e6: int) -> int:
    """Return what a holder receives (negative: pays) for a signed quantity, rounded down."""
    return muldiv_floor(-quantity, accrued_since_e6, UNIT_E6)
