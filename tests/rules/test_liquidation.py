"""Liquidation: the zero-equity price leaves nothing, never less, whatever the rounding."""

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.rules.liquidation import (
    insured_value,
    price_of_value,
    profit_rank_ppm,
    quantity_to_close,
    share_of_equity,
    unwound_price,
    zero_equity_value,
)

FEE_PPM = 2_500


def equity_after(value, at, equity, fee_ppm, is_long):
    gain = at - value if is_long else value - at
    return equity + gain - -(-at * fee_ppm // 10**6)


def test_a_long_sold_at_its_zero_equity_value_keeps_nothing_and_owes_nothing():
    for equity in (0, 1, 999_999, 10**9):
        at = zero_equity_value(10**10, equity, True, FEE_PPM)
        assert 0 <= equity_after(10**10, at, equity, FEE_PPM, True) <= 2
        assert equity_after(10**10, at - 2, equity, FEE_PPM, True) < 0


def test_a_short_bought_back_at_its_zero_equity_value_keeps_nothing_and_owes_nothing():
    for equity in (0, 1, 999_999, 10**9):
        at = zero_equity_value(10**10, equity, False, FEE_PPM)
        assert 0 <= equity_after(10**10, at, equity, FEE_PPM, False) <= 2
        assert equity_after(10**10, at + 2, equity, FEE_PPM, False) < 0


def test_the_pool_sells_near_the_mark_and_not_beyond_what_it_may_lose():
    value, pool = 10**10, 10**9
    near = value * FEE_PPM // 10**6
    for equity in (0, -1, -pool // 2):
        assert insured_value(value, equity, equity + pool, True, FEE_PPM) == value - near
        assert insured_value(value, equity, equity + pool, False, FEE_PPM) == value + near
    for is_long in (True, False):
        far = zero_equity_value(value, 4 * near, is_long, FEE_PPM)
        assert insured_value(value, 4 * near, pool, is_long, FEE_PPM) == far, "its own equity"
        used_up = zero_equity_value(value, near // 4, is_long, FEE_PPM)
        assert insured_value(value, -pool, near // 4, is_long, FEE_PPM) == used_up
        assert insured_value(value, -1, pool - 1, is_long, 0) == value, "without a fee at the mark"


def test_the_price_is_on_the_tick_and_on_the_safe_side():
    assert price_of_value(1_000_001, 100, 1, 1, 5, True) == 10_005
    assert price_of_value(1_000_001, 100, 1, 1, 5, False) == 10_000
    assert price_of_value(0, 100, 1, 1, 5, False) == 5


def test_half_is_closed_while_equity_is_at_least_half_of_maintenance():
    assert quantity_to_close(1_000, 50, 100, 10) == 500
    assert quantity_to_close(1_000, 49, 100, 10) == 1_000
    assert quantity_to_close(10, 99, 100, 10) == 10


def test_the_most_profitable_share_ranks_first():
    assert profit_rank_ppm(50, -100) > profit_rank_ppm(400, 1_000) > profit_rank_ppm(-1, 10) == 0


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(1, 10**14), min_size=1, max_size=8))
def test_the_shares_of_equity_come_to_all_of_it_but_for_rounding(equity, needs):
    shares = [int(share_of_equity(equity, one, sum(needs))) for one in needs]
    assert equity - len(needs) < sum(shares) <= equity
    assert shares == [equity * one // sum(needs) for one in needs]


def test_a_lone_position_may_use_up_all_equity():
    assert share_of_equity(700, 30, 30) == 700
    assert share_of_equity(-700, 0, 0) == -700


def test_an_unwind_takes_back_profit_and_nothing_else():
    long, short = True, False
    assert unwound_price(640, 600, 630, long) == 630, "all of the profit"
    assert unwound_price(620, 600, 630, long) == 620, "what is asked"
    assert unwound_price(640, 600, 590, long) == 600, "it has none"
    assert unwound_price(560, 600, 570, short) == 570
    assert unwound_price(580, 600, 570, short) == 580
    assert unwound_price(560, 600, 610, short) == 600
