"""Markets by exception: one line per reason, not per market, and never a blank room."""

from types import SimpleNamespace

from pilothouse.console.live.exceptions import ROWS, UNUSUAL_MOST, Together, exceptions
from pilothouse.watch.reasons import NamedMarket, Reason


def market(number, *reasons):
    return NamedMarket(SimpleNamespace(number=number, symbol=f"M{number}"), reasons)


def lines(named=(), quiet=()):
    return exceptions(SimpleNamespace(named=tuple(named), quiet=tuple(quiet)))


EMPTY = Reason(50, "no orders in the book")
HALTED = Reason(100, "status is halted")


def wide(times):
    return Reason(5 * times, f"spread {times} times usual", "spread wider than usual")


def test_three_hundred_markets_with_one_reason_are_one_line():
    made = lines([market(k, EMPTY) for k in range(304)] + [market(999, HALTED)])
    alone, together = made.unusual
    assert alone.market.number == 999
    assert isinstance(together, Together)
    assert (together.sentence, len(together.markets)) == ("no orders in the book", 304)
    assert [one.market.number for one in made.rows] == [999]


def test_figures_do_not_keep_markets_apart():
    (together,) = lines([market(k, wide(3 + k)) for k in range(4)]).unusual
    assert together.sentence == "spread wider than usual"


def test_a_market_with_one_more_reason_stands_alone():
    made = lines([market(k, EMPTY) for k in range(5)] + [market(9, HALTED, EMPTY)])
    assert [len(getattr(one, "markets", "1")) for one in made.unusual] == [1, 5]


def test_few_markets_stand_one_by_one():
    assert [one.market.number for one in lines([market(k, EMPTY) for k in range(3)]).rows] == [
        0,
        1,
        2,
    ]


def test_normal_markets_fill_the_rows_that_are_left_and_the_rest_is_folded():
    made = lines([market(50, HALTED)], [market(k) for k in range(20)])
    assert len(made.rows) == ROWS and len(made.folded) == 20 - (ROWS - 1)


def test_there_are_never_more_lines_than_the_room_bears():
    made = lines([market(k, Reason(k, f"alert: rule {k}")) for k in range(60)])
    assert (len(made.unusual), made.more_unusual) == (UNUSUAL_MOST, 20)
    assert made.unusual[0].market.number == 59 and made.normal == ()
