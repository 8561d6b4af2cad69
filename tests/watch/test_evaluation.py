"""The one evaluation of a rule: what fires it, what must not, flapping, missing data, jumps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.watch.evaluation import STEP_MAX_US, Standing, Terms, firings, look
from pilothouse.watch.trial import _worth_a_look

S = 1_000_000
ABOVE = Terms(True, limit=100, clear_limit=80, for_us=3 * S, clear_us=5 * S, absent_us=4 * S)
BELOW = Terms(False, limit=10, clear_limit=20, for_us=3 * S, clear_us=5 * S, absent_us=4 * S)


def walk(terms, values, start=0, standing=None, step=S):
    """Every value a second apart; return each standing."""
    made = []
    for place, value in enumerate(values):
        standing = look(terms, standing, start + place * step, value)
        made.append(standing)
    return made


def fired(terms, values, **how):
    return [one.firing for one in walk(terms, values, **how)]


@pytest.mark.parametrize(("terms", "bad", "good"), [(ABOVE, 101, 100), (BELOW, 9, 10)])
def test_it_fires_when_it_was_beyond_the_limit_for_so_long(terms, bad, good):
    assert fired(terms, [bad] * 4) == [False, False, False, True]
    assert not any(fired(terms, [good] * 100)), "the limit itself is not beyond it"
    assert not any(fired(terms, [bad, bad, bad, good] * 25)), "three looks are two seconds"


def test_with_no_time_to_wait_it_fires_at_once():
    at_once = Terms(True, 100, 80, 0, 0, 4 * S)
    assert fired(at_once, [101, 80, 101]) == [True, False, True]


def test_between_the_limits_it_stays_as_it_is():
    assert fired(ABOVE, [101] * 4 + [90] * 100)[-1] is True
    assert not any(fired(ABOVE, [90] * 100))


def test_it_clears_when_it_was_within_for_so_long():
    states = fired(ABOVE, [101] * 4 + [80] * 6)
    assert states == [False] * 3 + [True] * 6 + [False]


def test_flapping_fires_once():
    flapping = [101] * 4 + [70, 70, 101] * 40
    states = fired(ABOVE, flapping)
    assert states[3:] == [True] * (len(flapping) - 3)
    assert len(firings(ABOVE, enumerate_seconds(flapping))) == 1


def enumerate_seconds(values):
    return [(place * S, value) for place, value in enumerate(values)]


def test_missing_data_is_reported_after_its_time_and_ends_when_as_much_was_seen():
    states = walk(ABOVE, [50] + [None] * 5 + [50] * 4)
    assert [one.missing for one in states] == [False] * 4 + [True] * 5 + [False]
    assert not any(one.firing for one in states)


def test_a_value_now_and_then_hides_no_missing_data():
    states = walk(ABOVE, ([None] * 3 + [50]) * 20)
    assert states[-1].missing and sum(one.missing for one in states) > 60
    assert not any(one.missing for one in walk(ABOVE, ([50] * 3 + [None]) * 20))


@pytest.mark.parametrize("bad", [2, 3, 10])
def test_an_absent_look_starves_no_rule(bad):
    # Ten of eleven looks beyond the limit, for ten minutes, are an alert.
    states = walk(ABOVE, ([101] * bad + [None]) * 60)
    assert states[-1].firing and not any(one.missing for one in states)


def test_what_cannot_be_seen_neither_fires_nor_clears():
    states = walk(ABOVE, [101, 101] + [None] * 100)
    assert not states[-1].firing and states[-1].beyond_us is None, "missing data end a count"
    states = walk(ABOVE, [101] * 4 + [None] * 100)
    assert states[-1].firing and states[-1].missing
    states = walk(ABOVE, [80] * 5, start=104 * S, standing=states[-1])
    assert states[-1].firing and not states[-1].missing


@pytest.mark.parametrize("jump", [3_600 * S, -3_600 * S, 86_400 * 365 * S, -1])
def test_a_jump_of_the_clock_fires_nothing_clears_nothing_and_misses_nothing(jump):
    patient = Terms(True, 100, 80, 60 * S, 60 * S, 60 * S)
    bad = walk(patient, [101, 101])[-1]
    jumped = look(patient, bad, bad.at_us + jump, 101)
    assert not jumped.firing and 0 <= jumped.beyond_us <= S + STEP_MAX_US
    firing = Standing(0, firing=True, within_us=0)
    assert look(patient, firing, jump, 80).firing
    assert not look(patient, Standing(0), jump, None).missing


@pytest.mark.parametrize("jump", [3_600 * S, -3_600 * S])
def test_after_a_jump_it_goes_on(jump):
    before = walk(ABOVE, [101, 101])[-1]
    after = walk(ABOVE, [101] * 4, start=before.at_us + jump, standing=before)
    assert after[-1].firing


def test_an_hour_without_a_watch_is_not_an_hour_of_anything():
    patient = Terms(True, 100, 80, 60 * S, 60 * S, 60 * S)
    before = walk(patient, [101] * 50)[-1]
    assert not look(patient, before, before.at_us + 3_600 * S, 101).firing


def test_a_restart_in_the_middle_goes_on_where_it_was():
    values = [101, 101, 101, 101, 90, 80, 80, 80, 80, 80, 80]
    whole = walk(ABOVE, values)
    for cut in range(1, len(values)):
        standing = Standing(**vars(whole[cut - 1]))
        rest = walk(ABOVE, values[cut:], start=cut * S, standing=standing)
        assert rest == whole[cut:]


def test_the_times_it_would_have_fired():
    values = [50] * 3 + [101] * 5 + [50] * 10 + [101] * 4
    first, second = firings(ABOVE, enumerate_seconds(values))
    assert (first.from_us, first.until_us) == (6 * S, 13 * S)
    assert (second.from_us, second.until_us) == (21 * S, None)


VALUES = st.lists(
    st.tuples(
        st.sampled_from([50, 50, 50, 90, 101, 101, None]),
        st.integers(1, 60),
        st.sampled_from([S, S, S, 2 * S, 7 * S, 3_600 * S]),
    ),
    max_size=12,
)


@given(VALUES, st.integers(0, 6), st.integers(0, 6))
def test_a_trial_that_leaves_calm_looks_out_finds_the_same(runs, for_s, clear_s):
    """Runs of one value, each look some time after the one before."""
    terms = Terms(True, 100, 80, for_s * S, clear_s * S, 4 * S)
    at_us, looks = 0, []
    for value, times, step in runs:
        for _ in range(times):
            at_us += step
            looks.append((at_us, value))
    seen = {at: value for at, value in looks if value is not None}
    thinned = list(_worth_a_look(terms, [at for at, _ in looks], seen))
    assert firings(terms, thinned) == firings(terms, looks)
