"""Charts over time: whole numbers inside their frame, gaps, marks that do not cover each other."""

from itertools import pairwise

from pilothouse.console.charts.over_time import GAP_US, Frame, Line, Mark, over_time, placed, spark
from pilothouse.console.templatetags.figures import usd_apart, usd_short
from pilothouse.watch.series import Point

S = 1_000_000
FRAME = Frame(0, 100 * S, 100, 60)


def flat(*values, every_us=S):
    return tuple(Point(k * every_us, one, one, one) for k, one in enumerate(values))


def corners(shape):
    return [tuple(map(int, one.split(","))) for one in shape.points.split()]


def test_the_lowest_stands_on_the_axis_and_the_highest_at_the_top():
    made = over_time([Line("price", flat(10, 30, 20))], FRAME, str)
    assert [one[1] for one in corners(made.lines[0])] == [made.axis, made.top, 34]
    assert [(one.y, one.text) for one in made.guides] == [(60, "10"), (34, "20"), (7, "30")]


def test_a_limit_has_its_place_on_the_axis():
    made = over_time([Line("price", flat(10, 30))], FRAME, str, limit=50)
    assert made.limit == made.top and corners(made.lines[0])[1][1] > made.top
    assert over_time([Line("price", flat(10, 30))], FRAME, str).limit is None


def test_words_of_marks_have_room_above_the_highest_and_none_is_wasted_without_them():
    lines = [Line("price", flat(10, 30))]
    bare, marked = (
        over_time(lines, FRAME, str),
        over_time(lines, FRAME, str, [Mark(S, "CH-1", "")]),
    )
    assert bare.top < marked.top and corners(marked.lines[0])[1][1] == marked.top
    assert marked.marks[0].y < marked.top


def test_values_of_an_axis_are_said_so_that_they_differ():
    points = flat(4_000_000_000_000, 4_000_000_000_000 + 3_000_000_000)
    made = over_time([Line("pool", points)], FRAME, usd_short, apart=usd_apart)
    assert [one.text for one in made.guides] == ["$4.000m", "$4.001m", "$4.003m"]


def test_lines_of_one_chart_share_their_scale():
    made = over_time([Line("a", flat(0, 0)), Line("b", flat(100, 100))], FRAME, str)
    assert [corners(one)[0][1] for one in made.lines] == [made.axis, made.top]


def test_a_flat_line_stands_in_the_middle_and_one_point_draws_nothing():
    made = over_time([Line("a", flat(7, 7))], FRAME, str)
    assert corners(made.lines[0])[0][1] == 33 and [one.text for one in made.guides] == ["7"]
    assert over_time([Line("a", flat(7))], FRAME, str) is None and spark([], FRAME) == ()


def test_a_time_without_samples_breaks_the_line():
    points = (*flat(1, 2), Point(2 * S + GAP_US, 1, 1, 1), Point(3 * S + GAP_US, 2, 2, 2))
    assert len(spark([Line("a", points)], Frame(0, 4 * S + GAP_US, 100, 20))) == 2


def test_points_of_a_long_time_are_joined_and_a_gap_among_them_is_not():
    every_us = 8 * GAP_US
    points = flat(*range(10), every_us=every_us)
    frame = Frame(0, 20 * every_us, 100, 20)
    assert len(spark([Line("a", points)], frame)) == 1
    later = tuple(Point(one.at_us + 14 * every_us, 1, 1, 1) for one in points)
    assert len(spark([Line("a", points + later)], frame)) == 2


def test_a_jump_within_one_point_is_drawn():
    points = (Point(0, 10, 10, 10), Point(S, 2, 10, 10), Point(2 * S, 10, 10, 10))
    made = over_time([Line("a", points)], Frame(0, 2 * S, 100, 60), str)
    assert made.axis in [one[1] for one in corners(made.lines[0])]


def test_a_step_holds_its_value_until_the_next():
    made = over_time([Line("a", flat(0, 10), step=True)], Frame(0, S, 100, 60), str)
    assert corners(made.lines[0]) == [(0, 60), (100, 60), (100, 7)]


def test_a_band_shows_the_lowest_and_the_highest():
    points = (Point(0, 1, 9, 5), Point(S, 2, 8, 5))
    made = over_time([Line("a", points, band=True)], Frame(0, S, 100, 60), str)
    assert len(corners(made.bands[0])) == 4


def test_words_of_marks_do_not_cover_each_other_and_every_line_stays():
    marks = [Mark(k * S, f"CH-{k}", "") for k in range(40, 60)]
    made = placed(marks, FRAME)
    assert len(made) == 20
    said = [one for one in made if one.label]
    assert 1 < len(said) < 5
    for lane in {one.lane for one in said}:
        lefts = [one.x - 32 if one.ends else one.x for one in said if one.lane == lane]
        assert all(b - a >= 32 for a, b in pairwise(lefts))


def test_a_mark_at_the_edge_is_read_inside_the_drawing_and_one_outside_is_left_out():
    made = placed([Mark(99 * S, "AL-1 spread", ""), Mark(101 * S, "later", "")], FRAME)
    assert [one.ends for one in made] == [True]
