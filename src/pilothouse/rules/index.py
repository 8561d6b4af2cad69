"""The index of an asset: the median of its live sources that agree, guarded against bad prices.

A source is live while its last price is at most sixty seconds old, and counts unless it is frozen:
it has told the same price for five minutes, and more sources that moved deny it than say the same.
Sources further from the median than the outlier share are left out. What remains must be at least
the asset's least number of sources, must not be disputed between those that rest and those that
move, and must not step too far: `step_limit_ppm` says how far. A price beyond is held back until
it has lasted. An index that nobody renews grows stale; one that its sources deny is stale at once,
until they renew it.

A quiet asset and a broken feed look alike: both repeat one price. So the count decides: two that
move can deny a price, one alone only that of one or two; and only more than rest are followed.
One wrong source neither moves nor closes what three others agree on.

The middle of two prices is nobody's price, and half of what is wrong in one of them. So where two
sources agree, the index itself is the third: it moves no further than to the nearer of the two.
"""

from __future__ import annotations

from typing import Any

from pilothouse.language.numbers import PPM, SECOND_US
from pilothouse.rules.bits import muldiv_up
from pilothouse.rules.compiled import kernel
from pilothouse.rules.money import share_down

SOURCES_MAX = 8
STALE_AFTER_US = 60 * SECOND_US
"""How old a source's price may be, and how long an index lasts without its least sources."""
FROZEN_AFTER_US = 300 * SECOND_US
FROZEN_APART_PPM = 2_000
SOURCES_LEAST = 2
PAIR = 2
"""Sources of which nobody can tell which is wrong."""
OUTLIER_PPM = 50_000
STEP_PPM = 300_000
STEP_ONE_PPM = 50_000
"""What holds where an asset was listed without an index rule of its own."""
RULE_MIN_PPM = 1_000
CONFIRM_US = 60 * SECOND_US
"""How long a step beyond the limit must last where all live sources agree on it."""
CONFIRM_LONG_US = 600 * SECOND_US
"""How long where there is one source, or one of them disagrees: people are alerted meanwhile."""
ANCHOR_US = 60 * SECOND_US
"""Unless all agree, the index may move by its limit in this time, not in each step."""
PROBATION_US = 10 * SECOND_US
"""How long an index must be live again before anybody is liquidated by it."""
AHEAD_MAX_US = 5 * SECOND_US
"""How far a source's clock may be ahead."""


@kernel
def is_live(price_e12: int, time: int, now: int) -> bool:
    """Tell whether a source's price is fresh; one from the future is not."""
    return price_e12 > 0 and 0 <= now - time and now - time <= STALE_AFTER_US


@kernel
def count_of(mask: int) -> int:
    """Return how many sources a mask names: bit k stands for source k + 1."""
    count = 0
    for k in range(SOURCES_MAX):
        count += (mask >> k) & 1
    return count


@kernel
def live_sources(prices_e12: Any, times: Any, now: int) -> int:
    """Return the mask of the sources that are live."""
    mask = 0
    for k in range(SOURCES_MAX):
        if is_live(prices_e12[k], times[k], now):
            mask |= 1 << k
    return mask


@kernel
def moving_sources(changed: Any, live: int, now: int) -> int:
    """Return the mask of live sources whose price changed in the last five minutes."""
    moving = 0
    for k in range(SOURCES_MAX):
        if (live >> k) & 1 and now - changed[k] < FROZEN_AFTER_US:
            moving |= 1 << k
    return moving


@kernel
def denials(prices_e12: Any, price_e12: int, moving: int) -> int:
    """Return how many sources that move deny a price: those that stand apart from it on one side,
    if they are at least two and more than half of all that move, else 0.
    """
    above = below = 0
    for k in range(SOURCES_MAX):
        if (moving >> k) & 1 and is_apart(prices_e12[k], price_e12, FROZEN_APART_PPM):
            if prices_e12[k] > price_e12:
                above += 1
            else:
                below += 1
    most = max(above, below)
    return most if most >= SOURCES_LEAST and 2 * most > count_of(moving) else 0


@kernel
def frozen_sources(prices_e12: Any, live: int, moving: int) -> int:
    """Return the mask of live sources that do not move and that more sources that move deny than
    there are sources of any kind beside them, themselves among these.
    """
    frozen = 0
    for k in range(SOURCES_MAX):
        if ((live & ~moving) >> k) & 1:
            denied = denials(prices_e12, prices_e12[k], moving)
            if denied > _beside(prices_e12, k, live):
                frozen |= 1 << k
    return frozen


@kernel
def _beside(prices_e12: Any, source: int, live: int) -> int:
    # How many live sources say what a source says, itself among them.
    count = 0
    for k in range(SOURCES_MAX):
        if (live >> k) & 1:
            count += not is_apart(prices_e12[k], prices_e12[source], FROZEN_APART_PPM)
    return count


@kernel
def agreeing_sources(prices_e12: Any, counted: int, outlier_ppm: int) -> int:
    """Return the mask of counted sources within the outlier share of their median; two within
    that share of each other.
    """
    agreed = 0
    middle = median(prices_e12, counted)
    share_ppm = outlier_ppm // 2 if count_of(counted) == PAIR else outlier_ppm
    for k in range(SOURCES_MAX):
        if (counted >> k) & 1 and not is_apart(prices_e12[k], middle, share_ppm):
            agreed |= 1 << k
    return agreed


@kernel
def is_disputed(prices_e12: Any, agreed: int, moving: int) -> bool:
    """Tell whether nobody can know who is right: of those who agree some do not move, and what
    they say is denied; or only one or two agree, and one source that moves contradicts them.
    """
    voices, moved = count_of(agreed), count_of(moving & agreed)
    if moved < voices and denials(prices_e12, median(prices_e12, agreed), moving) > 0:
        return True
    # Three that agree outvote one, whether they move or not.
    if voices > PAIR:
        return False
    if moved == 0:
        return moving != 0
    if voices != PAIR or moved == PAIR:
        return False
    low, high = _ranked(prices_e12, agreed, 0), _ranked(prices_e12, agreed, 1)
    return is_apart(high, low, FROZEN_APART_PPM)


@kernel
def agreed_price(prices_e12: Any, agreed: int, index_e12: int) -> int:
    """Return the price that agreeing sources make, in 10^-12 dollars: their median (rounded down),
    of two with the index as the third. An index of 0 is none yet.
    """
    if index_e12 == 0 or count_of(agreed) != PAIR:
        return median(prices_e12, agreed)
    low, high = _ranked(prices_e12, agreed, 0), _ranked(prices_e12, agreed, 1)
    return max(low, min(high, index_e12))


@kernel
def is_apart(price_e12: int, reference_e12: int, ppm: int) -> bool:
    """Tell whether a price is further from a reference than a share of it."""
    return abs(price_e12 - reference_e12) > share_down(reference_e12, ppm)


@kernel
def median(prices_e12: Any, mask: int) -> int:
    """Return the median of some sources' prices (rounded down), 0 of none.

    With an even count it is the mean of the two middle prices.
    """
    count = count_of(mask)
    if count == 0:
        return 0
    low = _ranked(prices_e12, mask, (count - 1) // 2)
    high = _ranked(prices_e12, mask, count // 2)
    # The sum of two prices may pass 63 bits, the half of their difference never does.
    return low + (high - low) // 2


@kernel
def _ranked(prices_e12: Any, mask: int, rank: int) -> int:
    # With at most eight sources, counting is simpler than sorting.
    for k in range(SOURCES_MAX):
        if (mask >> k) & 1:
            lower = 0
            for j in range(SOURCES_MAX):
                if (mask >> j) & 1 and (
                    prices_e12[j] < prices_e12[k] or (prices_e12[j] == prices_e12[k] and j < k)
                ):
                    lower += 1
            if lower == rank:
                return prices_e12[k]
    return 0


@kernel
def is_unanimous(agreed: int, counted: int) -> bool:
    """Tell whether several sources tell a price and none that counts disagrees."""
    return agreed > 1 and agreed == counted


@kernel
def step_limit_ppm(agreed: int, counted: int, step_ppm: int, step_one_ppm: int) -> int:
    """Return how far an index may step: the whole step at once where all agree; in a minute a
    third of it where a source that counts disagrees, and little by one source alone.
    """
    if is_unanimous(agreed, counted):
        return step_ppm
    return step_one_ppm if agreed == 1 else step_ppm // 3


@kernel
def confirm_us(agreed: int, counted: int) -> int:
    """Return how long a step beyond the limit must last before it is believed."""
    return CONFIRM_US if is_unanimous(agreed, counted) else CONFIRM_LONG_US


@kernel
def lasts_until(times: Any, agreed: int, least: int) -> int:
    """Return when the least number of agreeing sources will no longer be live."""
    for k in range(SOURCES_MAX):
        if (agreed >> k) & 1:
            newer = 0
            for j in range(SOURCES_MAX):
                if (agreed >> j) & 1 and (times[j] > times[k] or (times[j] == times[k] and j < k)):
                    newer += 1
            if newer == least - 1:
                return times[k] + STALE_AFTER_US
    return 0


@kernel
def is_expired(live_until: int, now: int) -> bool:
    """Tell whether an index was not renewed for too long. One that never was has not expired."""
    return live_until != 0 and now > live_until


@kernel
def is_stale(live_until: int, held_since: int, now: int) -> bool:
    """Tell whether no risk may be taken on an index, since it has expired or its sources say
    otherwise at present (`held_since` is not 0). One that never was is not stale.
    """
    return live_until != 0 and (held_since != 0 or now > live_until)


@kernel
def doubt_ppm(index_e12: int, held_e12: int, step_ppm: int) -> int:
    """Return how far a stale index may be from what is true: its step, or as far as its sources
    say (`held_e12`, 0 if they say no one price), at most the whole.
    """
    if held_e12 == 0 or index_e12 == 0:
        return step_ppm
    apart = min(abs(held_e12 - index_e12), index_e12)
    return max(step_ppm, muldiv_up(apart, PPM, index_e12))


@kernel
def is_on_probation(live_until: int, live_since: int, now: int) -> bool:
    """Tell whether an index is live again, or at a new level, since too short a time."""
    return not is_expired(live_until, now) and live_since != 0 and now - live_since < PROBATION_US


@kernel
def rule_is_allowed(least: int, outlier_ppm: int, step_ppm: int, step_one_ppm: int) -> bool:
    """Tell whether an asset's index rule is within its range; 0 stands for the default."""
    if least < 0 or least > SOURCES_MAX:
        return False
    return _share_is_allowed(outlier_ppm) and (
        _share_is_allowed(step_ppm) and _share_is_allowed(step_one_ppm)
    )


@kernel
def _share_is_allowed(ppm: int) -> bool:
    return ppm == 0 or (RULE_MIN_PPM <= ppm and ppm <= PPM)
