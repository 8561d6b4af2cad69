"""Integers in Kraken's spelling, exact to the last place."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pilothouse.trading_api import figures
from pilothouse.venue.catalogue import parse_json, to_json

WORDS = st.integers(-(1 << 62), 1 << 62)


@given(WORDS, st.integers(0, 18))
def test_a_json_number_is_the_integer_at_its_decimals(value: int, decimals: int) -> None:
    made = parse_json(to_json(figures.number(value, decimals)))
    assert Decimal(made).scaleb(decimals) == value


def test_whole_numbers_have_no_point() -> None:
    assert to_json([figures.number(1500, 2), figures.number(5, -3), figures.number(-50, 1)]) == (
        b"[15,5000,-5]"
    )


def test_averages_are_rounded_to_the_nearest() -> None:
    assert figures.average_price(3 * 100 + 2 * 101, 5, 1, 5) == "10.04000"
    assert figures.average_price(2, 3, 0, 2) == "0.67"
    assert figures.average_price(0, 0, 1, 5) == "0.00000"
    assert figures.average_price(1234 * 7, 7, 8, 5) == "0.00001234"
    assert figures.ratio(-5, 10, 0) == -1


def test_rescaling_drops_zeros_only() -> None:
    assert figures.rescaled(150_000, 6, 2) == "0.15"
    assert figures.rescaled(150_001, 6, 2) == "0.150001"
    assert figures.rescaled(15, 1, 3) == "1.500"
    assert figures.rescaled(3_000, 3, 0) == "3"


def test_times() -> None:
    moment = 1_456_393_553_818_123
    assert figures.iso(moment) == "2016-02-25T09:45:53.818Z"
    assert figures.iso_seconds(moment) == "2016-02-25T09:45:53Z"
    assert to_json(figures.seconds(moment)) == b"1456393553.818123"
