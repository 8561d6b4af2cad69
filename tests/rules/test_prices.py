"""Index, mark, funding, bands and fees: the worked cases and the roundings."""

import numpy as np
import pytest

from pilothouse.language import refusals as words
from pilothouse.language.kinds import Side
from pilothouse.language.numbers import HOUR_US, SECOND_US
from pilothouse.rules import fees, funding, index, mark, price_band

NOW = 1_000 * SECOND_US


def index_of(*prices, ages=(0,) * 8):
    told = np.zeros(8, np.int64)
    told[: len(prices)] = prices
    times = NOW - np.array(ages, np.int64) * SECOND_US
    return index.median(told, index.live_sources(told, times, NOW))


@pytest.mark.parametrize(
    ("prices", "median"),
    [((7,), 7), ((9, 1, 5), 5), ((1, 4), 2), ((10, 1, 2, 9), 5), ((3, 3, 3, 900), 3), ((), 0)],
)
def test_the_index_is_the_median(prices, median):
    assert index_of(*prices) == median


def test_a_source_older_than_a_minute_does_not_count():
    assert index_of(5, 100, 5, ages=(0, 61, 60, 0, 0, 0, 0, 0)) == 5
    assert index_of(5, 100, 5, ages=(0, 60, 61, 0, 0, 0, 0, 0)) == 52


def test_the_premium_moves_a_thirtieth_in_a_second_and_is_clamped():
    assert mark.smoothed_premium(0, 300, SECOND_US) == 10
    assert mark.smoothed_premium(0, 300, 2 * SECOND_US) == 20
    assert mark.smoothed_premium(0, 300, 90 * SECOND_US) == 20, "one look counts for two seconds"
    assert mark.clamp_premium(1_000_000, 20_000, 10_000) == 10_000
    assert mark.clamp_premium(1_000_000, -20_000, 10_000) == -10_000


@pytest.mark.parametrize(
    ("maintenance_ppm", "share_ppm"), [(10_000, 1_875), (5_000, 625), (2_500, 0), (60_000, 10_000)]
)
def test_a_look_says_no_more_than_a_quarter_of_the_margin_that_the_fee_leaves(
    maintenance_ppm, share_ppm
):
    assert mark.premium_share_ppm(10_000, maintenance_ppm, 2_500) == share_ppm


@pytest.mark.parametrize(
    ("elapsed_us", "least_us"),
    [(1_000, 100_000), (SECOND_US, 750_000), (2 * SECOND_US, 1_500_000),
     (3_600 * SECOND_US, 1_500_000)],
)  # fmt: skip
def test_an_order_rests_for_most_of_the_time_that_a_look_counts_for(elapsed_us, least_us):
    assert mark.rests_long_enough(least_us, elapsed_us)
    assert not mark.rests_long_enough(least_us - 1, elapsed_us)


def test_funding_is_clamped_and_its_payment_is_against_the_holder():
    assert funding.hourly_rate_e12(80 * 3_600_000, 3_600_000, 8, 10**9) == 10
    assert funding.hourly_rate_e12(10**16, 3_600_000, 1, 5) == 5
    assert funding.accrued_e6(1_000_000, HOUR_US // 2) == 500_000
    assert funding.accrued_e6(1_000_000, 3 * HOUR_US) == 1_000_000
    assert funding.received(3, 500_000) == -2
    assert funding.received(-3, 500_000) == 1


def test_the_band_is_on_the_tick_and_never_wider_than_said():
    assert price_band.band_limit(1_003, 10_000, Side.BUY, 5) == 1_010
    assert price_band.band_limit(1_003, 10_000, Side.SELL, 5) == 995
    assert price_band.is_outside(1_011, 1_010, Side.BUY)
    assert not price_band.is_outside(1_010, 1_010, Side.BUY)


@pytest.mark.parametrize(
    ("volumes", "maker", "taker", "answer"),
    [
        ([0, 10], [5, 4], [9, 8], 0),
        ([], [], [], words.TOO_MANY_TIERS),
        ([1], [5], [9], words.FEE_TIERS_MUST_START_AT_ZERO),
        ([0, 0], [5, 5], [9, 9], words.FEE_TIERS_MUST_RISE),
        ([0, 10], [5, 6], [9, 9], words.FEES_MUST_NOT_RISE_WITH_VOLUME),
        ([0], [-1], [9], words.FEES_MUST_NOT_BE_NEGATIVE),
    ],
)
def test_each_fee_schedule_gets_its_answer(volumes, maker, taker, answer):
    columns = [np.array([*one, 0], np.int64) for one in (volumes, maker, taker)]
    assert fees.fee_schedule_refusal(*columns, len(volumes)) == answer
