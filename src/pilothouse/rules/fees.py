"""Trading fees: a share of a trade's value, by the account's volume of thirty days.

    fee = value x ppm / 1,000,000, rounded up: the house gains less than one base unit

The tier is the last whose volume the account has reached. A spot buy holds its fee at the taker's
rate; a fill never charges what the order holds for the value of its rest.
"""

from __future__ import annotations

from typing import Any

from pilothouse.language.numbers import PPM
from pilothouse.language.refusals import (
    FEE_TIERS_MUST_RISE,
    FEE_TIERS_MUST_START_AT_ZERO,
    FEES_MUST_NOT_BE_NEGATIVE,
    FEES_MUST_NOT_RISE_WITH_VOLUME,
    TOO_MANY_TIERS,
)
from pilothouse.rules.compiled import inlined, kernel
from pilothouse.rules.money import share_up

TIERS_MAX = 16
VOLUME_DAYS = 30


@inlined
def fee(value: int, ppm: int) -> int:
    """Return the fee of a value, rounded up."""
    return share_up(value, ppm)


@inlined
def tier_of(volume_usd: int, volumes_from: Any, count: int) -> int:
    """Return the place of the last tier whose volume (dollars) is reached."""
    tier = 0
    while tier + 1 < count and volume_usd >= volumes_from[tier + 1]:
        tier += 1
    return tier


@kernel
def fee_schedule_refusal(volumes_from: Any, maker_ppm: Any, taker_ppm: Any, count: int) -> int:
    """Return why a fee schedule may not be set, or 0."""
    if count < 1 or count > TIERS_MAX:
        return TOO_MANY_TIERS
    if volumes_from[0] != 0:
        return FEE_TIERS_MUST_START_AT_ZERO
    for k in range(count):
        if maker_ppm[k] < 0 or taker_ppm[k] < 0 or taker_ppm[k] > PPM or maker_ppm[k] > PPM:
            return FEES_MUST_NOT_BE_NEGATIVE
        if k > 0 and volumes_from[k] <= volumes_from[k - 1]:
            return FEE_TIERS_MUST_RISE
        if k > 0 and (maker_ppm[k] > maker_ppm[k - 1] or taker_ppm[k] > taker_ppm[k - 1]):
            return FEES_MUST_NOT_RISE_WITH_VOLUME
    return 0
