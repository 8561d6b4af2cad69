"""Numbers on pages: integers in, exact text out. No float ever, and the unit is in the filter.

Where a filter shortens, it cuts towards zero, so that no page shows more than there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from django import template

from pilothouse.language.numbers import (
    MARK_DECIMALS,
    MICRO_USD,
    PPM,
    SECOND_US,
    format_decimal,
    ppm_to_percent,
    trim,
)

register = template.Library()
SHORT_UNITS: Final = ((10**9, "bn"), (10**6, "m"), (10**3, "k"))
APART_MOST: Final = 4
"""Decimals at most that amounts on one axis take to differ."""
ABSENT: Final = (None, "")
"""What a template gives for a number that is not there."""
NONE: Final = "–"
"""What stands where there is no number."""


def grouped(text: str) -> str:
    """Return a decimal string with commas between thousands."""
    sign, digits = ("−", text[1:]) if text.startswith("-") else ("", text)
    whole, dot, rest = digits.partition(".")
    return f"{sign}{int(whole):,}{dot}{rest}"


@register.filter
def count(value: int | None) -> str:
    """Format a count: 1234567 becomes 1,234,567."""
    return NONE if value in ABSENT else grouped(str(int(value)))


@register.filter
def usd(micro_usd: int | None) -> str:
    """Format micro-dollars in dollars and cents, cut towards zero."""
    if micro_usd in ABSENT:
        return NONE
    cents = _cut(int(micro_usd), MICRO_USD // 100)
    text = grouped(format_decimal(cents, 2))
    return f"−${text[1:]}" if text.startswith("−") else f"${text}"


@register.filter
def usd_whole(micro_usd: int | None) -> str:
    """Format micro-dollars in whole dollars, cut towards zero, where a table has no room."""
    if micro_usd in ABSENT:
        return NONE
    dollars = _cut(int(micro_usd), MICRO_USD)
    return f"{'−' if dollars < 0 else ''}${abs(dollars):,}"


@register.filter
def usd_exact(micro_usd: int | None) -> str:
    """Format micro-dollars with all six decimals, so that lines add up on the page."""
    return NONE if micro_usd in ABSENT else grouped(format_decimal(int(micro_usd), 6))


@register.filter
def usd_short(micro_usd: int | None, decimals: int = 1) -> str:
    """Format micro-dollars with one decimal and a unit: $184.2m. Cut towards zero."""
    if micro_usd in ABSENT:
        return NONE
    dollars = _cut(int(micro_usd), MICRO_USD)
    sign = "−" if dollars < 0 else ""
    for unit, letter in SHORT_UNITS:
        if abs(dollars) >= unit:
            parts = abs(dollars) * 10**decimals // unit
            return f"{sign}${grouped(format_decimal(parts, decimals))}{letter}"
    return f"{sign}${abs(dollars)}"


def usd_apart(values: Iterable[int]) -> Callable[[int], str]:
    """Return how to say micro-dollars so short that values which differ by dollars still do."""
    wanted = {_cut(one, MICRO_USD) for one in values}
    for decimals in range(1, APART_MOST):
        if len({usd_short(one * MICRO_USD, decimals) for one in wanted}) == len(wanted):
            return partial(usd_short, decimals=decimals)
    return partial(usd_short, decimals=APART_MOST)


@register.filter
def percent(ppm: int | None) -> str:
    """Format parts per million as a percentage: 26000 becomes 2.6 %."""
    return NONE if ppm in ABSENT else f"{ppm_to_percent(int(ppm)).replace('-', '−')} %"


@register.filter
def move(ppm: int | None) -> str:
    """Format a move in ppm with its sign and two decimals of a percent, cut: +0.31 %."""
    if ppm in ABSENT:
        return NONE
    hundredths = abs(int(ppm)) // 100
    sign = "" if not hundredths else "+" if int(ppm) > 0 else "−"
    return f"{sign}{grouped(format_decimal(hundredths, 2))} %"


@register.filter
def times(ppm: int | None) -> str:
    """Format a ratio in ppm with one decimal, cut: 2600000 becomes 2.6×."""
    return NONE if ppm in ABSENT else f"{grouped(format_decimal(int(ppm) // 100_000, 1))}×"


@register.filter
def rate_short(e12: int | None) -> str:
    """Format a rate of 10^-12 as a percentage with four decimals, cut towards zero."""
    if e12 in ABSENT:
        return NONE
    cut = format_decimal(_cut(int(e12), 1_000_000), 4)
    return f"{cut.replace('-', '−')} %"


@register.filter
def rate(e12: int | None) -> str:
    """Format a rate of 10^-12 as a percentage, exact."""
    if e12 in ABSENT:
        return NONE
    return f"{trim(format_decimal(int(e12), 10)).replace('-', '−')} %"


@register.filter
def price(value: int | None, market: Any) -> str:
    """Format a price of a market; a price of zero is none."""
    return grouped(format_decimal(int(value), market.price_decimals)) if value else NONE


@register.filter
def mark(value: int | None, market: Any) -> str:
    """Format a mark or index of a market, which has two decimals more than its prices."""
    if not value:
        return NONE
    return grouped(format_decimal(int(value), market.price_decimals + MARK_DECIMALS))


@register.filter
def quantity(value: int | None, market: Any) -> str:
    """Format a quantity of a market, without zeros that say nothing."""
    if value in ABSENT:
        return NONE
    return grouped(trim(format_decimal(int(value), market.quantity_decimals)))


@register.filter
def amount(value: int | None, decimals: int) -> str:
    """Format an amount of an asset in whole units."""
    return NONE if value in ABSENT else grouped(trim(format_decimal(int(value), decimals)))


@register.filter
def index_price(e12: int | None) -> str:
    """Format an index price of 10^-12 dollars."""
    return f"${grouped(trim(format_decimal(int(e12), 12)))}" if e12 else NONE


@register.filter
def moment(microseconds: int | None) -> str:
    """Format a time in microseconds since the epoch as date and time of day, UTC."""
    return _moment(microseconds, "%Y-%m-%d %H:%M:%S")


@register.filter
def clock(microseconds: int | None) -> str:
    """Format a time in microseconds since the epoch as time of day, UTC."""
    return _moment(microseconds, "%H:%M:%S")


@register.filter
def minute(microseconds: int | None) -> str:
    """Format a time in microseconds since the epoch as hour and minute, UTC."""
    return _moment(microseconds, "%H:%M")


@register.filter
def moment_short(microseconds: int | None) -> str:
    """Format a time in microseconds since the epoch as day of the month and minute, UTC."""
    return _moment(microseconds, "%d %b %H:%M")


@register.filter
def elapsed(since_us: int | None, now_us: int | None) -> str:
    """Format the time between two moments in microseconds, nothing where the clock went back."""
    if since_us in ABSENT or now_us in ABSENT:
        return NONE
    return duration(max(0, int(now_us or 0) - int(since_us or 0)) // SECOND_US)


@register.filter
def day(microseconds: int | None) -> str:
    """Format a time in microseconds since the epoch as its date, UTC."""
    return _moment(microseconds, "%Y-%m-%d")


@register.filter
def duration(seconds: int | None) -> str:
    """Format whole seconds with the two largest of their units: 1 h 04 min, 2 min 05 s."""
    if seconds in ABSENT:
        return NONE
    left = int(seconds)
    days, hours, minutes = left // 86_400, left // 3_600 % 24, left // 60 % 60
    if days:
        return f"{grouped(str(days))} d {hours:02} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {left % 60:02} s" if minutes else f"{left} s"


@register.filter
def machine_moment(microseconds: int | None) -> str:
    """Format a time in microseconds for the datetime attribute of a time element."""
    return _moment(microseconds, "%Y-%m-%dT%H:%M:%SZ")


def _moment(microseconds: int | None, form: str) -> str:
    if not microseconds:
        return NONE
    return datetime.fromtimestamp(int(microseconds) // SECOND_US, UTC).strftime(form)


def _cut(value: int, unit: int) -> int:
    return value // unit if value >= 0 else -(-value // unit)


@register.filter
def span_seconds(microseconds: int | str | None) -> str:
    """Format a span of microseconds in seconds with one decimal, cut; words stay as they are."""
    if isinstance(microseconds, str):
        return microseconds
    if microseconds is None:
        return "never"
    text = f"{grouped(format_decimal(abs(int(microseconds)) // (SECOND_US // 10), 1))} s"
    return f"{text} before" if microseconds < 0 else text


@register.filter
def ratio(part: int | None, whole: int | None) -> str:
    """Format one amount over another with two decimals, cut; without a whole there is none."""
    if part is None or not whole:
        return NONE
    hundredths = abs(int(part)) * 100 // abs(int(whole))
    sign = "−" if (part < 0) != (whole < 0) and hundredths else ""
    return f"{sign}{grouped(format_decimal(hundredths, 2))}"


@register.filter
def leverage(initial_ppm: int | None) -> str:
    """Format the leverage an initial margin allows, cut to one decimal: 20000 becomes 50×."""
    if not initial_ppm:
        return NONE
    return f"{trim(format_decimal(10 * PPM // int(initial_ppm), 1))}×"
