"""The mark of a contract: its index plus a smoothed and clamped premium.

    most     = index x min(premium_max_ppm, (least maintenance_ppm - liquidation_fee_ppm) / 4)
    premium  = median of bid, ask and index - index, or 0 while the book cannot be traded on
    smoothed = smoothed + (clamp(premium, most) - smoothed) x elapsed / 30 s   (at most 2 s)
    mark     = index + clamp(smoothed, index x premium_max_ppm)

All in hundredths of a price unit; divisions round down. Kraken documents the cap (1 % for
perpetuals); the smoothing over thirty seconds is our choice. So is the share of the maintenance
margin: a mark that goes from one end of its premium to the other uses up half of what an account
has left there, so who moves it takes nothing from the insurance pool.

Bid and ask are impact prices: that of the order which completes the impact quantity, from the best
price on. Of the book's sides only a bid above the index, or an ask below it, says that the
contract is worth something else: anybody can make money by hitting it. Orders on the far side of
the index are hit by nobody, and move nothing.

A book can be traded on while its market executes orders and both sides hold the impact quantity
where the price band lets somebody hit it, in orders of a sixteenth of it or more. An order beyond
the index whose account could not bear its fill is not counted, nor one that has not rested for
three quarters of the time that the look counts for: what nobody had the time to hit costs nothing.
The premium counts once that has held for ten seconds. While a side's first orders are too many to
tell, the mark goes towards the index, and the ten seconds do not begin anew.
"""

from __future__ import annotations

from pilothouse.language.numbers import PPM, SECOND_US
from pilothouse.rules.compiled import kernel
from pilothouse.rules.money import share_down

SMOOTHING_US = 30 * SECOND_US
SETTLES_AFTER_US = 10 * SECOND_US
"""How long a book must have been tradable before its premium counts."""
IMPACT_MICRO_USD = 500_000_000
"""What a side must hold where a market was listed without an impact quantity."""
LOOK_MOST_US = 2 * SECOND_US
"""The most that one look at the book counts for, however long ago the last one was."""
RESTS_LEAST_US = SECOND_US // 10
"""How long an order beyond the index must have rested to count, however short that time is."""
SMALL_PART = 16
"""An order counts from this part of the impact quantity on."""
ORDERS_LOOKED_AT = 2_048
"""Orders of a side that are looked at before nobody can tell."""
MARGINS_LOOKED_AT = 32
"""Orders beyond the index whose accounts' margin is worked out before nobody can tell."""


@kernel
def book_premium(index: int, bid: int, ask: int) -> int:
    """Return how far a book's bid is above the index, or its ask below it (negative), else 0."""
    return max(bid, min(ask, index)) - index


@kernel
def rests_long_enough(rested_us: int, elapsed_us: int) -> bool:
    """Tell whether an order has rested long enough to count for the time since the last look."""
    return rested_us >= max(RESTS_LEAST_US, min(elapsed_us, LOOK_MOST_US) * 3 // 4)


@kernel
def premium_share_ppm(premium_max_ppm: int, maintenance_ppm: int, fee_ppm: int) -> int:
    """Return the largest share of the index that a look at the book may say.

    `maintenance_ppm` is the least of a contract's schedules, `fee_ppm` that of a liquidation.
    """
    return min(premium_max_ppm, max(0, (maintenance_ppm - fee_ppm) // 4))


@kernel
def smoothed_premium(smoothed: int, premium: int, elapsed_us: int) -> int:
    """Return the smoothed premium after some time."""
    elapsed = min(elapsed_us, LOOK_MOST_US)
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
