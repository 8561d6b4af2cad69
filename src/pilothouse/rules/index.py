"""The index of an asset: the median of its live sources.

A source is live while its last price is at most sixty seconds old. With an even count the index is
the mean of the two middle prices, rounded down. One source alone gives its price; what watches the
exchange says that it stands alone.
"""

from __future__ import annotations

from typing import Any

from pilothouse.language.numbers import SECOND_US
from pilothouse.rules.compiled import kernel

SOURCES_MAX = 8
STALE_AFTER_US = 60 * SECOND_US


@kernel
def live_sources(prices_e12: Any, times: Any, now: int) -> int:
    """Return how many sources are live."""
    count = 0
    for k in range(SOURCES_MAX):
        if prices_e12[k] > 0 and now - times[k] <= STALE_AFTER_US:
            count += 1
    return count


@kernel
def index_of(prices_e12: Any, times: Any, now: int) -> int:
    """Return the median price of live sources (10^-12 dollars), or 0 if none is live."""
    count = live_sources(prices_e12, times, now)
    if count == 0:
        return 0
    low = _ranked(prices_e12, times, now, (count - 1) // 2)
    high = _ranked(prices_e12, times, now, count // 2)
    # The sum of two prices may pass 63 bits, the half of their difference never does.
    return low + (high - low) // 2


@kernel
def _ranked(prices_e12: Any, times: Any, now: int, rank: int) -> int:
    # With at most eight sources, counting is simpler than sorting.
    for k in range(SOURCES_MAX):
        if prices_e12[k] > 0 and now - times[k] <= STALE_AFTER_US:
            lower = 0
            for j in range(SOURCES_MAX):
                live = prices_e12[j] > 0 and now - times[j] <= STALE_AFTER_US
                if live and (
                    prices_e12[j] < prices_e12[k] or (prices_e12[j] == prices_e12[k] and j < k)
                ):
                    lower += 1
            if lower == rank:
                return prices_e12[k]
    return 0
