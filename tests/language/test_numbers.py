"""Decimal strings and integers mean each other exactly; what does not fit is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.language.numbers import (
    INT64_MAX,
    NotExact,
    format_decimal,
    parse_decimal,
    ppm_to_percent,
    trim,
)

WHOLE = st.integers(-INT64_MAX, INT64_MAX)
PLACES = st.integers(0, 12)


@given(WHOLE, PLACES)
def test_a_formatted_number_reads_back_as_itself(value, decimals):
    assert parse_decimal(format_decimal(value, decimals), decimals) == value
    assert parse_decimal(trim(format_decimal(value, decimals)), decimals) == value


@given(WHOLE, PLACES)
def test_the_text_means_the_value(value, decimals):
    assert Decimal(format_decimal(value, decimals)) == Decimal(f"{value}e-{decimals}")


@given(WHOLE, PLACES, st.integers(1, 40))
def test_one_more_decimal_than_the_grid_is_refused(value, decimals, further):
    text = format_decimal(value, decimals) + ("." if decimals == 0 else "") + "0" * (further - 1)
    with pytest.raises(NotExact):
        parse_decimal(text + "1", decimals)


@pytest.mark.parametrize(
    "text",
    ["", "-", ".", "nan", "Infinity", "0x1", "1_0", " 1", "1 ", "\uff11", "1,5", "1e99999", "1\n"],
)
def test_what_is_no_plain_decimal_number_is_refused(text):
    with pytest.raises(NotExact):
        parse_decimal(text, 8)


@pytest.mark.parametrize(
    ("text", "decimals", "value"),
    [("1.5", 2, 150), ("-0.01", 2, -1), ("1e3", 0, 1000), ("1E-2", 2, 1), ("7.", 0, 7)],
)
def test_known_texts(text, decimals, value):
    assert parse_decimal(text, decimals) == value


def test_what_passes_sixty_four_bits_is_refused():
    assert parse_decimal(str(INT64_MAX), 0) == INT64_MAX
    with pytest.raises(NotExact):
        parse_decimal(str(INT64_MAX + 1), 0)
    with pytest.raises(NotExact):
        parse_decimal(str(INT64_MAX), 1)


def test_percentages_are_short_and_exact():
    ppm = (26_000, 1_000_000, 1, 0)
    assert [ppm_to_percent(one) for one in ppm] == ["2.6", "100", "0.0001", "0"]
