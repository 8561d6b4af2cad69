"""The walk through bars is exact: every corner is met at its second, whatever the scale."""

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.venue.index_replay.bars import Bar
from pilothouse.venue.index_replay.walking import Scale, Way

MINUTE_US = 60_000_000
PRICES = st.lists(st.integers(1, 9 * 10**15), min_size=4, max_size=4)


def bar(minute, prices):
    """Return a bar whose open and close lie between the least and the greatest of four prices."""
    low, first, close, high = sorted(prices)
    if prices[0] % 2:
        first, close = close, first
    return Bar(minute * MINUTE_US, first, high, low, close)


@given(st.lists(st.tuples(st.integers(1, 4), PRICES), min_size=1, max_size=6))
def test_every_corner_of_every_bar_is_met_and_nothing_lies_outside(made):
    minute, bars = 0, []
    for skip, prices in made:
        minute += skip
        bars.append(bar(minute, prices))
    way = Way(bars)
    assert way.steps == 60 * (bars[-1].began_us // MINUTE_US - bars[0].began_us // MINUTE_US + 1)
    for one in bars:
        first = 60 * (one.began_us - bars[0].began_us) // MINUTE_US
        walked = [way.price(first + second) for second in range(60)]
        rises = one.close_e12 >= one.open_e12
        turns = (one.low_e12, one.high_e12) if rises else (one.high_e12, one.low_e12)
        assert [walked[k] for k in (0, 20, 40, 59)] == [one.open_e12, *turns, one.close_e12]
        assert min(walked) == one.low_e12 and max(walked) == one.high_e12


def test_between_corners_it_goes_straight_and_rounds_down():
    way = Way([Bar(0, 100, 141, 80, 90)])
    assert [way.price(k) for k in (0, 1, 10, 20, 30, 40, 50, 59)] == [
        100, 102, 120, 141, 110, 80, 85, 90,
    ]  # fmt: skip


def test_a_gap_stands_at_the_last_close():
    way = Way([Bar(0, 5, 5, 5, 5), Bar(3 * MINUTE_US, 9, 9, 9, 9)])
    assert [way.price(60 * k) for k in range(4)] == [5, 5, 5, 9]
    assert way.price(179) == 5 and way.steps == 240


@given(st.integers(1, 10**17), PRICES)
def test_scaled_to_an_index_the_first_price_is_that_index(present, prices):
    one = bar(0, prices)
    scale = Scale(present, one.open_e12)
    way = Way([one], scale)
    assert way.price(0) == present
    assert way.price(59) == one.close_e12 * present // one.open_e12
    assert way.span() == (scale.of(one.low_e12), scale.of(one.high_e12))


@given(st.integers(0, 119), st.integers(0, 119), st.integers(1, 20))
def test_what_is_told_of_a_long_beat_holds_its_extremes_and_its_end(one, other, most):
    way = Way([Bar(0, 100, 141, 80, 90), Bar(MINUTE_US, 70, 200, 60, 150)])
    first, last = min(one, other), max(one, other)
    told = way.told(first, last, most)
    assert told == sorted(set(told)) and told[-1] == last and first <= told[0]
    whole = [way.price(k) for k in range(first, last + 1)]
    said = [way.price(k) for k in told]
    assert (min(said), max(said)) == (min(whole), max(whole))
    assert len(told) == len(whole) if len(whole) <= most else len(told) <= 3
