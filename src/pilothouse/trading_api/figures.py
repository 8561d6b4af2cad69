"""Our integers in Kraken's spelling: decimal strings, exact JSON numbers, seconds and dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from typing import Final

from pilothouse.language.numbers import format_decimal

_EXACT: Final = Context(prec=80)
# In English, whatever the process's locale calls them.
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def number(value: int, decimals: int) -> Decimal | int:
    """Return `value` at `decimals` places as an exact JSON number, whole ones without a point."""
    if decimals <= 0:
        whole: int = int(value) * 10**-decimals
        return whole
    unit: int = 10**decimals
    if int(value) % unit == 0:
        return int(value) // unit
    return Decimal(int(value)).scaleb(-decimals, _EXACT).normalize(_EXACT)


def product(one: Decimal | int, other: Decimal | int) -> Decimal:
    """Return the exact product of two numbers of at most forty digits."""
    return _EXACT.multiply(Decimal(one), Decimal(other))


def ratio(numerator: int, denominator: int, decimals: int) -> int:
    """Return numerator / denominator at `decimals` places, the nearest, halves away from zero.

    For display alone: an average price, a share. A denominator of zero gives zero.
    """
    if denominator == 0:
        return 0
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    scaled: int = abs(numerator) * 10**decimals
    size = abs(denominator)
    return sign * ((2 * scaled + size) // (2 * size))


def average_price(price_quantity: int, quantity: int, price_decimals: int, decimals: int) -> str:
    """Return an average price as a string of `decimals` places (at least the market's own)."""
    places = max(decimals, price_decimals)
    average = ratio(price_quantity, quantity, places - price_decimals)
    return format_decimal(average, places)


def rescaled(value: int, decimals: int, to: int) -> str:
    """Return `value` of `decimals` places with `to` places; only zeros are ever dropped."""
    text = format_decimal(value, decimals)
    if to >= decimals:
        return format_decimal(value * 10 ** (to - decimals), to)
    whole, _, rest = text.partition(".")
    kept = max(to, len(rest.rstrip("0")))
    return f"{whole}.{rest[:kept]}" if kept else whole


def seconds(time_us: int) -> Decimal | int:
    """Return microseconds as Unix seconds, an exact JSON number."""
    return number(time_us, 6)


def iso(time_us: int) -> str:
    """Return microseconds as a date of Kraken's futures: 2016-02-25T09:45:53.818Z."""
    moment = _EPOCH + timedelta(milliseconds=time_us // 1_000)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_us // 1_000 % 1_000:03d}Z"


def iso_micros(time_us: int) -> str:
    """Return microseconds as a date of Kraken's WebSocket v2: 2023-10-06T17:35:55.440295Z."""
    whole, rest = divmod(time_us, 1_000_000)
    return f"{_EPOCH + timedelta(seconds=whole):%Y-%m-%dT%H:%M:%S}.{rest:06d}Z"


def rfc1123(time_us: int) -> str:
    """Return microseconds as a date of Kraken's Time: Sun, 29 Nov 26 15:46:33 +0000."""
    moment = _EPOCH + timedelta(seconds=time_us // 1_000_000)
    day, month = DAYS[moment.weekday()], MONTHS[moment.month - 1]
    return f"{day}, {moment:%d} {month} {moment:%y %H:%M:%S} +0000"


def iso_seconds(time_us: int) -> str:
    """Return microseconds as a date of Kraken's spot: 2024-07-22T16:34:44Z."""
    return f"{_EPOCH + timedelta(seconds=time_us // 1_000_000):%Y-%m-%dT%H:%M:%SZ}"
