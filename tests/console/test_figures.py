"""Numbers on pages: exact text from integers."""

from types import SimpleNamespace

import pytest

from pilothouse.console.templatetags import figures

MARKET = SimpleNamespace(price_decimals=1, quantity_decimals=4)


@pytest.mark.parametrize(
    ("micro", "text"),
    [
        (0, "$0.00"),
        (1, "$0.00"),
        (-1, "$0.00"),
        (1_234_567_890_000, "$1,234,567.89"),
        (1_999_999, "$1.99"),
        (-1_999_999, "−$1.99"),
        (9_007_199_254_740_993, "$9,007,199,254.74"),
        (None, "–"),
    ],
)
def test_dollars_are_cut_towards_zero(micro, text):
    assert figures.usd(micro) == text


@pytest.mark.parametrize(
    ("micro", "text"),
    [
        (999_999, "$0"),
        (-999_999, "$0"),
        (-1_999_999, "−$1"),
        (9_007_199_254_740_993, "$9,007,199,254"),
        (None, "–"),
    ],
)
def test_whole_dollars_are_cut_towards_zero(micro, text):
    assert figures.usd_whole(micro) == text


def test_exact_dollars_keep_every_digit_beyond_what_a_float_holds():
    assert figures.usd_exact(9_007_199_254_740_993) == "9,007,199,254.740993"
    assert figures.usd_exact(-4_321) == "−0.004321"


@pytest.mark.parametrize(
    ("micro", "text"),
    [
        (999_999_999, "$999"),
        (1_000_000_000, "$1.0k"),
        (184_299_999_000_000, "$184.2m"),
        (2_410_000_000_000_000, "$2.4bn"),
        (-184_299_999_000_000, "−$184.2m"),
    ],
)
def test_short_dollars(micro, text):
    assert figures.usd_short(micro) == text


def test_shares_and_rates():
    assert figures.percent(26_000) == "2.6 %"
    assert figures.percent(-500) == "−0.05 %"
    assert figures.rate(12_500_000) == "0.00125 %"
    assert figures.leverage(20_000) == "50×"
    assert figures.leverage(26_000) == "38.4×"
    assert figures.ratio(1_999, 1_000) == "1.99"
    assert figures.ratio(-1_999, 1_000) == "−1.99"
    assert figures.ratio(5, 0) == "–"


def test_prices_have_the_decimals_of_their_market():
    assert figures.price(973_123, MARKET) == "97,312.3"
    assert figures.price(0, MARKET) == "–"
    assert figures.mark(97_312_345, MARKET) == "97,312.345"
    assert figures.quantity(120_000, MARKET) == "12"
    assert figures.quantity(-1, MARKET) == "−0.0001"
    assert figures.amount(123_456_789_012, 10) == "12.3456789012"
    assert figures.index_price(97_123 * 10**12) == "$97,123"


def test_times_are_utc():
    assert figures.moment(1_795_395_600_999_999) == "2026-11-23 01:00:00"
    assert figures.clock(1_795_395_600_000_000) == "01:00:00"
    assert figures.machine_moment(1_795_395_600_000_000) == "2026-11-23T01:00:00Z"
    assert figures.moment(0) == "–"
