"""Margin: one row per refusal in the order of precedence, and requirements without a jump."""

from fractions import Fraction

import numpy as np
import pytest

from pilothouse.language import refusals as words
from pilothouse.language.kinds import ClientClass
from pilothouse.rules.compiled import kernel
from pilothouse.rules.margin import (
    cohort_refusal,
    collateral_value,
    deductions,
    requirement,
    schedule_refusal,
    tier_of,
)

ANY = ClientClass.ANY
FEE_PPM = 2_500
# Floors in dollars, initial and maintenance margin in ppm, client class, and the answer.
SCHEDULES = [
    ([0], [20_000], [10_000], ANY, 0),
    ([0, 500_000], [20_000, 40_000], [10_000, 20_000], ANY, 0),
    ([0, 500_000], [20_000, 20_000], [10_000, 10_000], ANY, 0),
    ([], [], [], ANY, words.TOO_MANY_TIERS),
    ([1], [20_000], [10_000], ANY, words.TIERS_MUST_START_AT_ZERO),
    ([0, 0], [20_000] * 2, [10_000] * 2, ANY, words.TIERS_MUST_RISE),
    ([0, 10**13], [20_000] * 2, [10_000] * 2, ANY, words.TIERS_MUST_RISE),
    ([0], [20_000], [2_500], ANY, words.MAINTENANCE_MUST_EXCEED_LIQUIDATION_FEE),
    ([0], [10_000], [10_000], ANY, words.INITIAL_MUST_EXCEED_MAINTENANCE),
    ([0], [1_000_001], [10_000], ANY, words.INITIAL_MUST_NOT_EXCEED_ONE),
    ([0, 9], [40_000, 20_000], [10_000] * 2, ANY, words.MARGINS_MUST_NOT_FALL_WITH_SIZE),
    ([0, 9], [40_000] * 2, [20_000, 10_000], ANY, words.MARGINS_MUST_NOT_FALL_WITH_SIZE),
    ([0], [19_999], [10_000], ANY, words.LEGAL_CAP_OF_THE_CLASS),
    ([0], [19_999], [10_000], ClientClass.RETAIL, words.LEGAL_CAP_OF_THE_CLASS),
    ([0], [10_000], [5_000], ClientClass.PROFESSIONAL, 0),
    ([0], [9_999], [5_000], ClientClass.INSTITUTION, words.LEGAL_CAP_OF_THE_CLASS),
]


def words_of(numbers):
    return np.array([*numbers, 0], np.int64)


@pytest.mark.parametrize(("floors", "initial", "maintenance", "client_class", "answer"), SCHEDULES)
def test_each_schedule_gets_its_answer(floors, initial, maintenance, client_class, answer):
    columns = [words_of(one) for one in (floors, initial, maintenance)]
    assert schedule_refusal(*columns, len(floors), FEE_PPM, client_class) == answer


def test_seventeen_tiers_are_too_many():
    floors = np.arange(17, dtype=np.int64)
    flat = np.full(17, 50_000, np.int64)
    assert schedule_refusal(floors, flat, flat // 2, 17, FEE_PPM, ANY) == words.TOO_MANY_TIERS


@pytest.mark.parametrize(
    ("opened_from", "is_known", "answer"),
    [
        (0, False, 0),
        (99, False, words.COHORT_IS_IN_THE_PAST),
        (99, True, 0),
        (100, False, 0),
        (101, False, 0),
    ],
)
def test_a_new_cohort_does_not_begin_in_the_past(opened_from, is_known, answer):
    assert cohort_refusal(opened_from, 100, is_known) == answer


FLOORS = words_of([0, 500_000, 2_000_000, 5_000_000])
PPM = words_of([20_000, 40_000, 100_000, 200_000])
TIERS = 4


@kernel
def of_tier(notional, floors, ppm, count, made):
    tier = tier_of(notional, floors, count)
    return requirement(notional, ppm[tier], made[tier])


@kernel
def worth_of(balance, index_e12, unit_e6, haircut_ppm):
    return collateral_value(balance, index_e12, unit_e6, haircut_ppm)


def needed(notional):
    made = np.zeros(TIERS, np.int64)
    deductions(FLOORS, PPM, TIERS, made)
    return of_tier(notional, FLOORS, PPM, TIERS, made)


def slice_by_slice(notional):
    """The same requirement said another way: each dollar pays the share of its own tier."""
    edges = [floor * 10**6 for floor in (0, 500_000, 2_000_000, 5_000_000)] + [10**30]
    rates = (20_000, 40_000, 100_000, 200_000)
    due = sum(
        Fraction(max(0, min(notional, top) - bottom) * rate, 10**6)
        for bottom, top, rate in zip(edges, edges[1:], rates, strict=False)
    )
    return -(-due.numerator // due.denominator)


@pytest.mark.parametrize("floor", [500_000, 2_000_000, 5_000_000])
def test_the_requirement_has_no_jump_at_a_floor(floor):
    assert 0 <= needed(floor * 10**6) - needed(floor * 10**6 - 1) <= 1


@pytest.mark.parametrize("notional", [0, 1, 49, 10**6, 123_456_789_012, 7 * 10**12 + 1, 10**17])
def test_the_requirement_is_that_of_every_slice(notional):
    assert needed(notional) == slice_by_slice(notional)


@pytest.mark.parametrize(
    ("balance", "haircut", "worth"),
    [(10**8, 0, 60_000 * 10**6), (10**8, 50_000, 57_000 * 10**6), (1, 0, 600), (-1, 50_000, -601)],
)
def test_collateral_is_rounded_down_and_debts_count_whole(balance, haircut, worth):
    assert worth_of(balance, 60_000 * 10**12, 10**14, haircut) == worth
