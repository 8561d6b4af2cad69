"""charts v1: candles of a contract's trades, its mark and its index.

A candle without trades is flat, at the last price before it. Marks and indices are remembered for
a day, trades for three days of minutes that had some.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from pilothouse.language.kinds import MarketKind
from pilothouse.language.numbers import MARK_DECIMALS, SECOND_US
from pilothouse.records.trades import MINUTE_US, Candle, without_gaps
from pilothouse.trading_api.figures import number
from pilothouse.trading_api.futures.call import Call
from pilothouse.trading_api.futures.errors import CONTRACT_NOT_FOUND, Refused, invalid
from pilothouse.trading_api.listing import Market

RESOLUTIONS: Final = {
    "1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "12h": 720, "1d": 1_440,
    "1w": 10_080,
}  # fmt: skip
"""Kraken's names, and the minutes of a candle."""
CANDLES_MAX: Final = 2_000
SECONDS_MAX: Final = 10**11
"""Where a moment of `from` and `to` ends to be one of seconds."""
Source = Callable[[Call, Market], list[Candle]]


def _trades(call: Call, one: Market) -> list[Candle]:
    return call.door.history.candles(one.number)


def _marks(call: Call, one: Market) -> list[Candle]:
    return call.door.history.quotes.candles(one.number)


def _indices(call: Call, one: Market) -> list[Candle]:
    return call.door.history.quotes.candles(one.number, of_index=True)


TICKS: Final[dict[str, tuple[Source, int]]] = {
    "mark": (_marks, MARK_DECIMALS),
    "spot": (_indices, MARK_DECIMALS),
    "trade": (_trades, 0),
}
"""Where the candles of each type of price come from, and its decimals beyond the market's."""


async def tick_types(call: Call) -> list[str]:
    """Return the types of price that have candles."""
    return list(TICKS)


async def symbols(call: Call) -> list[str]:
    """Return the contracts that have candles."""
    _ticks(call)
    contracts = call.door.listing().contracts
    return [one.symbol for one in contracts if one.kind == MarketKind.PERPETUAL_LINEAR]


async def resolutions(call: Call) -> list[str]:
    """Return how long a candle can be."""
    _ticks(call), _contract(call)
    return list(RESOLUTIONS)


async def candles(call: Call) -> dict[str, Any]:
    """Return the candles `from` a moment on, or the latest up to `to`, at most two thousand."""
    (source, decimals), one = _ticks(call), _contract(call)
    span = RESOLUTIONS.get(call.path["resolution"], 0) * MINUTE_US
    if not span:
        raise invalid("resolution")
    start, end = _moment(call, "from"), _moment(call, "to")
    end = call.door.time if end is None else min(end, call.door.time)
    minutes = source(call, one)
    if not minutes:
        return {"candles": [], "more_candles": False}
    # Those that do not fit are the later ones where a beginning is asked for, else the earlier.
    begins = max(start or 0, minutes[0].time - minutes[0].time % span)
    wanted = (end - begins) // span + 1
    if start is not None and wanted > CANDLES_MAX:
        end = begins - begins % span + (CANDLES_MAX - 1) * span
    found = without_gaps(minutes, span, begins, end, CANDLES_MAX)
    rows = [_row(one, candle, one.price_decimals + decimals) for candle in found]
    return {"candles": rows, "more_candles": wanted > CANDLES_MAX}


def _ticks(call: Call) -> tuple[Source, int]:
    found = TICKS.get(call.path["tick_type"])
    if found is None:
        raise invalid("tickType")
    return found


def _contract(call: Call) -> Market:
    found = call.door.listing().contract(call.path["symbol"])
    if found is None or found.kind != MarketKind.PERPETUAL_LINEAR:
        raise Refused(CONTRACT_NOT_FOUND)
    return found


def _moment(call: Call, name: str) -> int | None:
    seconds = call.arguments.integer(name, -1, -1, 1 << 62)
    if seconds < 0:
        return None
    # Some clients send milliseconds.
    return seconds * (SECOND_US if seconds < SECONDS_MAX else 1_000)


def _row(one: Market, candle: Candle, decimals: int) -> dict[str, Any]:
    prices = {name: getattr(candle, name) for name in ("open", "high", "low", "close")}
    return {
        "time": candle.time // 1_000,
        **{name: _text(number(price, decimals)) for name, price in prices.items()},
        "volume": _text(number(candle.volume, one.quantity_decimals)),
    }


def _text(value: Decimal | int) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
