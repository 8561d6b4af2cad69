"""Series: what memory holds of a number over two hours, and how much of it at most."""

import pytest

from pilothouse.watch.history import KEPT_US, History
from pilothouse.watch.noted import INDEX, INSURANCE, LAST, MARK, NEAR_OR_BELOW
from pilothouse.watch.rules import EXCHANGE
from pilothouse.watch.series import POINTS_MOST, Point, moved_ppm, series, window
from tests.watch.world import SCOPE, S, World

KEY = ("spread", SCOPE)


def filled(values, every_us=S):
    history = History()
    for k, value in enumerate(values):
        history.keep((k + 1) * every_us, {KEY: value, ("block_age", EXCHANGE): 0})
    return history


def test_a_point_has_the_lowest_the_highest_and_the_last_of_its_stretch():
    history = filled([5, 1, 9, 4])
    assert series(history, KEY, S, 4 * S, points=1) == (
        Point(3 * S, 1, 9, 9),
        Point(4 * S, 4, 4, 4),
    )


def test_there_are_never_more_points_than_a_drawing_has():
    history = filled(range(7_200))
    made = series(history, KEY, *window(history, 7_200 * S))
    assert POINTS_MOST <= len(made) <= POINTS_MOST + 1
    assert (made[0].lowest, made[-1].last) == (0, 7_199)


def test_what_was_not_measured_is_no_series():
    assert series(History(), KEY, 0, KEPT_US) == ()
    assert window(History(), 7 * S) == (7 * S, 7 * S)


def test_a_window_begins_with_monitoring_or_two_hours_ago():
    history = filled([1])
    assert window(history, 10 * S) == (S, 10 * S)
    assert window(history, 3 * KEPT_US) == (2 * KEPT_US, 3 * KEPT_US)


def test_what_is_only_drawn_is_kept_at_a_slower_pace_and_forgotten_too():
    history = History(kept_us=60 * S)
    for second in range(1, 301):
        history.note(second * S, {(LAST, SCOPE): second})
        history.keep(second * S, {("block_age", EXCHANGE): 0})
    times, values = history.columns((LAST, SCOPE))
    assert times.tolist() == [second * S for second in range(240, 301, 5)]
    assert values[-1] == 300


@pytest.fixture
def world(founded):
    return World((30_000, 300_000))


def test_a_look_notes_prices_and_the_health_of_all_accounts(world):
    world.live(12)
    kept, market = world.watchman.history, world.watchman.reading.markets[0].market
    assert kept.latest((INDEX, SCOPE)) == market.index > 0
    assert kept.latest((MARK, SCOPE)) == market.mark > 0
    assert kept.latest((LAST, SCOPE)) == 100 * market.last_price > 0
    assert kept.latest((NEAR_OR_BELOW, EXCHANGE)) == 0
    assert kept.latest((INSURANCE, EXCHANGE)) == world.watchman.reading.insurance_micro_usd


def test_a_move_is_from_the_first_sample_to_the_last_and_is_cut_to_zero():
    assert moved_ppm(filled([300, 900, 301]), KEY, S, 3 * S) == 3_333
    assert moved_ppm(filled([300, 299]), KEY, S, 2 * S) == -3_333
    assert moved_ppm(filled([0, 299]), KEY, S, 2 * S) is None
    assert moved_ppm(History(), KEY, 0, S) is None
