"""The mark of a contract: its index plus a smoothed and clamped premium.

    premium  = middle of the contract's book - index, or 0 where a side is empty
    smoothed = smoothed + (premium - smoothed) x elapsed / 30 s   (elapsed at most 30 s)
    mark     = index + clamp(smoothed, +- index x premium_max_ppm)

All in hundredths of a price unit; divisions round down. Kraken documents the cap (1 % for
perpetuals); the smoothing over thirty seconds is our choice.
"""

from __future__ import annotations

from pilothouse.language.numbers import PPM, SECOND_US
from pilothouse.rules.compiled import kernel
from pilothouse.rules.money import share_down

SMOOTHING_US = 30 * SECOND_US


@kernel
def smoothed_premium(smoothed: int, premium: int, elapsed_us: int) -> int:
    """Return the smoothed premium after some time."""
    elapsed = min(elapsed_us, SMOOTHING_US)
    return smoothed + (premium - smoothed) * (elapsed // 1000) // (SMOOTHING_US // 1000)


@kernel
def clamp_premium(index: int, premium: int, premium_max_ppm: int) -> int:
    """Return the premium held within its share of the index."""
    most = share_down(index, premium_max_ppm)
    return max(-most, min(most, premium))


@kernel
def premium_e12(mark: int, index: int) -> int:
    """Return the relative premium of the mark in 10^-12, rounded towards zero."""
    share = abs(mark - index) * PPM // index * PPM
    return share if mark >= index else -share
