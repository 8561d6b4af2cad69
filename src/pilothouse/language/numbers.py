"""Exact numbers: signed 64-bit integers with their unit in the name; decimal strings at the doors.

A decimal string and a count of decimals make an integer; nothing here ever rounds. What does not
fit the grid is refused, and the caller says so in the words of its door.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import Final

INT64_MAX: Final = (1 << 63) - 1
PPM: Final = 1_000_000
"""One, in parts per million: fees, margins and haircuts."""
E12: Final = 1_000_000_000_000
"""One, in parts of 10^-12: funding rates and index prices."""
MICRO_USD: Final = 1_000_000
"""One dollar in the exchange's unit of valuation."""
INDEX_PRICE_MAX_E12: Final = 9_000_000 * E12
"""The largest price of a source, so that two prices and their half stay in 64 bits."""
INDEX_DECIMALS: Final = 12
"""An index price is an integer of 10^-12 dollars for one whole unit of the asset."""
MARK_DECIMALS: Final = 2
"""A mark has two decimals more than the prices of its market."""
MARK_PER_PRICE: Final = 10**MARK_DECIMALS
SECOND_US: Final = 1_000_000
HOUR_US: Final = 3_600 * SECOND_US
DAY_US: Final = 24 * HOUR_US


# The default context keeps 28 digits and would round a longer text into the grid.
_EXACT: Final = Context(prec=120)
_WRITTEN: Final = re.compile(r"(?=.{1,80}$)[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")


class NotExact(ValueError):
    """The text is no decimal number, or has more decimals than the grid, or does not fit."""


def parse_decimal(text: str, decimals: int) -> int:
    """Return the integer that `text` means at `decimals` places; refuse what is not exact."""
    if not _WRITTEN.fullmatch(text):
        raise NotExact(f"{text[:40]!r} is not a decimal number of a sensible size")
    number = Decimal(text)
    if abs(number.adjusted()) > 40:
        raise NotExact(f"{text[:40]!r} is not a decimal number of a sensible size")
    scaled = number.scaleb(decimals, _EXACT)
    whole = int(scaled)
    if whole != scaled:
        raise NotExact(f"{text!r} has more than {decimals} decimals")
    if abs(whole) > INT64_MAX:
        raise NotExact(f"{text!r} is too large")
    return whole


def format_decimal(value: int, decimals: int) -> str:
    """Return `value` at `decimals` places as a plain decimal string, all places kept."""
    value = int(value)
    if decimals <= 0:
        return str(value * 10**-decimals)
    sign = "-" if value < 0 else ""
    digits = str(abs(value)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def trim(text: str) -> str:
    """Return a decimal string without the zeros that say nothing ("1.500" becomes "1.5")."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def ppm_to_percent(ppm: int) -> str:
    """Return a share in ppm as a percentage, exact and short: 26000 becomes "2.6"."""
    return trim(format_decimal(ppm, 4))
