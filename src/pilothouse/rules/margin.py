"""Margin: how much collateral a position needs, by its notional and the schedule of its owner.

    requirement = notional x ppm / 1,000,000 (rounded up) - deduction of the tier
    deduction_k = deduction_(k-1) + floor_k x (ppm_k - ppm_(k-1)) / 1,000,000

so each tier's share holds only for the notional above its floor, and the requirement has no jump.
Floors are whole dollars and the unit is the micro-dollar, so deductions are exact. Notional is
rounded up. Which schedule holds is resolved by scope: the client's class before the country before
the moment of opening, the most particular one wins.
"""

from __future__ import annotations

from typing import Any

from pilothouse.language.kinds import ClientClass
from pilothouse.language.numbers import MICRO_USD, PPM
from pilothouse.language.refusals import (
    COHORT_IS_IN_THE_PAST,
    INITIAL_MUST_EXCEED_MAINTENANCE,
    INITIAL_MUST_NOT_EXCEED_ONE,
    LEGAL_CAP_OF_THE_CLASS,
    MAINTENANCE_MUST_EXCEED_LIQUIDATION_FEE,
    MARGINS_MUST_NOT_FALL_WITH_SIZE,
    TIERS_MUST_RISE,
    TIERS_MUST_START_AT_ZERO,
    TOO_MANY_TIERS,
)
from pilothouse.rules.bits import muldiv_down
from pilothouse.rules.compiled import inlined, kernel
from pilothouse.rules.money import share_up

TIERS_MAX = 16
RETAIL_INITIAL_MIN_PPM = 20_000
"""Retail clients: at most 50 times leverage, whatever a schedule says."""
INITIAL_MIN_PPM = 10_000
"""Everyone else's hard limit: at most 100 times."""
FLOOR_USD_MAX = 1_000_000_000_000


@inlined
def tier_of(notional_micro_usd: int, floors_usd: Any, count: int) -> int:
    """Return the place of the last tier whose floor the notional reaches."""
    tier = 0
    while tier + 1 < count and notional_micro_usd >= floors_usd[tier + 1] * MICRO_USD:
        tier += 1
    return tier


@inlined
def requirement(notional_micro_usd: int, ppm: int, deduction_micro_usd: int) -> int:
    """Return the margin a notional needs within its tier, rounded up (micro-dollars)."""
    return share_up(notional_micro_usd, ppm) - deduction_micro_usd


@kernel
def deductions(floors_usd: Any, ppm: Any, count: int, made: Any) -> None:
    """Write each tier's deduction (micro-dollars, exact) into `made`."""
    made[0] = 0
    for k in range(1, count):
        # Dollars times ppm are micro-dollars.
        made[k] = made[k - 1] + floors_usd[k] * (ppm[k] - ppm[k - 1])


@inlined
def initial_min_ppm(client_class: int) -> int:
    """Return the smallest initial margin the law allows a class; ANY covers retail clients."""
    if client_class == ClientClass.ANY or client_class == ClientClass.RETAIL:
        return RETAIL_INITIAL_MIN_PPM
    return INITIAL_MIN_PPM


@kernel
def schedule_refusal(
    floors_usd: Any,
    initial_ppm: Any,
    maintenance_ppm: Any,
    count: int,
    liquidation_fee_ppm: int,
    client_class: int,
) -> int:
    """Return why a margin schedule may not be set, or 0. Arrays hold one number a tier."""
    if count < 1 or count > TIERS_MAX:
        return TOO_MANY_TIERS
    if floors_usd[0] != 0:
        return TIERS_MUST_START_AT_ZERO
    for k in range(count):
        if k > 0 and (floors_usd[k] <= floors_usd[k - 1] or floors_usd[k] > FLOOR_USD_MAX):
            return TIERS_MUST_RISE
        refused = _tier_refusal(initial_ppm[k], maintenance_ppm[k], liquidation_fee_ppm)
        if refused != 0:
            return refused
        if k > 0 and (
            initial_ppm[k] < initial_ppm[k - 1] or maintenance_ppm[k] < maintenance_ppm[k - 1]
        ):
            return MARGINS_MUST_NOT_FALL_WITH_SIZE
    if initial_ppm[0] < initial_min_ppm(client_class):
        return LEGAL_CAP_OF_THE_CLASS
    return 0


@kernel
def cohort_refusal(opened_from: int, now: int, is_known: bool) -> int:
    """Return why a schedule may not be set for positions opened from a moment on, or 0.

    New positions only means just that: a new cohort begins now or later. One that is known may
    be changed or taken back whenever it began. Times in microseconds; 0 is no cohort.
    """
    if opened_from != 0 and opened_from < now and not is_known:
        return COHORT_IS_IN_THE_PAST
    return 0


@inlined
def _tier_refusal(initial_ppm: int, maintenance_ppm: int, liquidation_fee_ppm: int) -> int:
    if maintenance_ppm <= liquidation_fee_ppm:
        return MAINTENANCE_MUST_EXCEED_LIQUIDATION_FEE
    if initial_ppm <= maintenance_ppm:
        return INITIAL_MUST_EXCEED_MAINTENANCE
    if initial_ppm > PPM:
        return INITIAL_MUST_NOT_EXCEED_ONE
    return 0


@inlined
def scope_holds(
    class_scope: int,
    country_scope: int,
    opened_scope: int,
    client_class: int,
    country: int,
    opened_at: int,
) -> bool:
    """Tell whether a schedule's scope covers a position of this class, country and age."""
    return (
        (class_scope == 0 or class_scope == client_class)
        and (country_scope == 0 or country_scope == country)
        and opened_scope <= opened_at
    )


@inlined
def scope_beats(
    class_scope: int,
    country_scope: int,
    opened_scope: int,
    class_other: int,
    country_other: int,
    opened_other: int,
) -> bool:
    """Tell whether the first scope is more particular than the second."""
    if (class_scope != 0) != (class_other != 0):
        return class_scope != 0
    if (country_scope != 0) != (country_other != 0):
        return country_scope != 0
    return opened_scope > opened_other


@inlined
def collateral_value(balance: int, index_e12: int, unit_e6: int, haircut_ppm: int) -> int:
    """Return what a collateral balance counts for, in micro-dollars.

    `unit_e6` is the asset's base units in one whole, times 10^6. A positive balance loses its
    haircut and is rounded down; a negative one counts whole and is rounded away from zero.
    """
    if balance >= 0:
        worth = muldiv_down(balance, index_e12, unit_e6)
        return worth - share_up(worth, haircut_ppm)
    return -muldiv_down(-balance, index_e12, unit_e6) - 1
