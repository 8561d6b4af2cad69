"""Ticker, Depth, Trades, Spread, OHLC: what everyone may see of a pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pilothouse.language.kinds import OrderType, Side
from pilothouse.language.numbers import SECOND_US, format_decimal
from pilothouse.records.orders import FillRecord
from pilothouse.records.trades import MINUTE_US, Candle, DayStatistics, without_gaps
from pilothouse.trading_api.figures import average_price, rescaled, seconds
from pilothouse.trading_api.listing import Market
from pilothouse.trading_api.spot.call import Call
from pilothouse.trading_api.spot.errors import invalid
from pilothouse.venue.views.books import book
from pilothouse.venue.views.markets import MarketView, listed

INTERVALS: Final = {str(one): one for one in (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)}
BOOK_DEPTH: Final = 100
BOOK_DEPTH_MAX: Final = 500
TRADES_MAX: Final = 1_000
CANDLES_MAX: Final = 720


async def ticker(call: Call) -> Any:
    """Return the last figures of pairs, of all when none is named."""
    pairs = call.arguments.pairs(call.door.listing())
    history, now = call.door.history, call.door.time
    with call.door.follower.machine() as machine:
        live = {key: listed(machine, one.number) for key, one in pairs.items()}
    return {
        key: _ticker(one, live[key], history.statistics(one.number, now))
        for key, one in pairs.items()
    }


def _ticker(one: Market, live: MarketView, figures: DayStatistics) -> Any:
    spans = (figures.today, figures.day)
    last, opened = figures.last, figures.today or figures.day
    return {
        "a": _best(one, live.ask, live.ask_quantity),
        "b": _best(one, live.bid, live.bid_quantity),
        "c": [_price(one, last.price if last else 0), _volume(one, last.quantity if last else 0)],
        "v": [_volume(one, span.volume if span else 0) for span in spans],
        "p": [_average(one, span) for span in spans],
        "t": [span.count if span else 0 for span in spans],
        "l": [_price(one, span.low if span else 0) for span in spans],
        "h": [_price(one, span.high if span else 0) for span in spans],
        "o": _price(one, opened.open if opened else 0),
    }


def _best(one: Market, price: int, quantity: int) -> list[str]:
    whole = str(quantity // 10**one.quantity_decimals)
    return [_price(one, price), whole, format_decimal(quantity, one.quantity_decimals)]


def _average(one: Market, span: Candle | None) -> str:
    if span is None:
        return _price(one, 0)
    return average_price(span.price_quantity, span.volume, one.price_decimals, 5)


def _price(one: Market, price: int) -> str:
    return format_decimal(price, one.price_decimals)


def _volume(one: Market, quantity: int) -> str:
    return rescaled(quantity, one.quantity_decimals, one.lot_decimals)


async def depth(call: Call) -> Any:
    """Return the book of a pair, `count` levels of each side."""
    key, one = call.arguments.named_pair(call.door.listing())
    count = call.arguments.integer("count", BOOK_DEPTH, 1, 1 << 31)
    with call.door.follower.machine() as machine:
        found = book(machine, one.number, min(count, BOOK_DEPTH_MAX))
    stamp = found.time // SECOND_US
    return {
        key: {
            side: [[_price(one, level[0]), _volume(one, level[1]), stamp] for level in levels]
            for side, levels in (("asks", found.asks), ("bids", found.bids))
        }
    }


async def trades(call: Call) -> Any:
    """Return the trades of a pair, the last thousand or those after `since`, oldest first."""
    key, one = call.arguments.named_pair(call.door.listing())
    count = call.arguments.integer("count", TRADES_MAX, 1, 1 << 31)
    since = _since(call)
    found = call.door.history.trades(one.number)
    if since is None:
        found = found[-min(count, TRADES_MAX) :]
    else:
        found = [trade for trade in found if trade.nanoseconds > since][: min(count, TRADES_MAX)]
    last = found[-1].nanoseconds if found else (since or 0)
    return {key: [_trade(one, trade) for trade in found], "last": str(last)}


async def spread(call: Call) -> Any:
    """Return the last spreads of a pair, or those from `since` on, oldest first."""
    key, one = call.arguments.named_pair(call.door.listing())
    since = call.arguments.moment("since") or 0
    found = [known for known in call.door.spreads.of(one.number) if known[0] >= since]
    rows = [[time // SECOND_US, _price(one, bid), _price(one, ask)] for time, bid, ask in found]
    last = found[-1][0] if found else since
    return {key: rows, "last": last // SECOND_US}


def _since(call: Call) -> int | None:
    # Kraken takes both its own nanosecond ids and Unix seconds here.
    found = call.arguments.nanoseconds("since")
    if found is not None and found < 0:
        raise invalid("since")
    return found


def _trade(one: Market, trade: FillRecord) -> list[Any]:
    return [
        _price(one, trade.price),
        _volume(one, trade.quantity),
        seconds(trade.time),
        "b" if trade.side == Side.BUY else "s",
        "m" if trade.taker_type == OrderType.MARKET else "l",
        "",
        trade.trade,
    ]


async def ohlc(call: Call) -> Any:
    """Return candles of a pair, flat ones where nothing traded, at most 720.

    The last one is still under way; those before are complete.
    """
    key, one = call.arguments.named_pair(call.door.listing())
    minutes = call.arguments.choice("interval", INTERVALS, "1")
    since = call.arguments.moment("since") or 0
    known, span = call.door.history.candles(one.number), minutes * MINUTE_US
    every = without_gaps(known, span, 0, call.door.time, CANDLES_MAX)
    found = [candle for candle in every if candle.time >= since]
    return {key: [_candle(one, candle) for candle in found], "last": _last(every)}


def _last(candles: Sequence[Candle]) -> int:
    return candles[-2].time // SECOND_US if len(candles) > 1 else 0


def _candle(one: Market, candle: Candle) -> list[Any]:
    prices = (candle.open, candle.high, candle.low, candle.close)
    return [
        candle.time // SECOND_US,
        *(_price(one, price) for price in prices),
        _average(one, candle),
        _volume(one, candle.volume),
        candle.count,
    ]
