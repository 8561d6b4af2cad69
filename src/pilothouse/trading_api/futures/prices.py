"""tickers, orderbook, history and the public executions of a contract."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from pilothouse.language.kinds import FillKind, MarketKind, MarketStatus, OrderType, Side
from pilothouse.language.numbers import MARK_DECIMALS
from pilothouse.records.client_ids import uuid_of
from pilothouse.records.orders import FillRecord, OrderRecord
from pilothouse.records.trades import DayStatistics
from pilothouse.trading_api.figures import iso, number, product, ratio
from pilothouse.trading_api.futures.arguments import ORDER
from pilothouse.trading_api.futures.call import Call
from pilothouse.trading_api.futures.errors import CONTRACT_NOT_FOUND, Refused
from pilothouse.trading_api.futures.instruments import is_suspended
from pilothouse.trading_api.futures.order_rows import HISTORY_TYPES, history_type
from pilothouse.trading_api.futures.pages import behind, by_time, rising, token_of
from pilothouse.trading_api.listing import Market
from pilothouse.venue.views.books import book
from pilothouse.venue.views.markets import MarketView, listed

TAGS: Final = {
    MarketKind.PERPETUAL_LINEAR: "perpetual",
    MarketKind.PERPETUAL_INVERSE: "perpetual",
    MarketKind.FUTURE_INVERSE: "month",
}
KINDS: Final = {FillKind.TRADE: "fill", FillKind.LIQUIDATION: "liquidation"}
BOOK_DEPTH: Final = 500
TRADES: Final = 100
TRADES_MAX: Final = 1_000
RATE_DECIMALS: Final = 12


async def tickers(call: Call) -> dict[str, Any]:
    """Return the last figures of every contract and index."""
    contracts = call.door.listing().contracts
    with call.door.follower.machine() as machine:
        live = {one.number: listed(machine, one.number) for one in contracts}
    return {"tickers": [_ticker(call, one, live[one.number]) for one in contracts]}


async def ticker(call: Call) -> dict[str, Any]:
    """Return the last figures of one contract or index."""
    one = _named(call)
    with call.door.follower.machine() as machine:
        live = listed(machine, one.number)
    return {"ticker": _ticker(call, one, live)}


def _named(call: Call) -> Market:
    found = call.door.listing().contract(call.path["symbol"])
    if found is None:
        raise Refused(CONTRACT_NOT_FOUND)
    return found


def _ticker(call: Call, one: Market, live: MarketView) -> dict[str, Any]:
    made: dict[str, Any] = {"symbol": one.symbol}
    if one.kind == MarketKind.INDEX:
        return made | {"last": _mark(one, live.index), "lastTime": iso(call.door.time)}
    figures = call.door.history.statistics(one.number, call.door.time)
    made["tag"] = TAGS[one.kind]
    made["pair"] = f"{one.base.short}:{one.quote.short}"
    made["markPrice"] = _mark(one, live.mark)
    made["indexPrice"] = _mark(one, live.index)
    made["suspended"] = is_suspended(live)
    made["postOnly"] = live.status == MarketStatus.POST_ONLY
    made["openInterest"] = _size(one, live.open_interest)
    return made | _best(one, live) | _day(one, figures) | _funding(one, live)


def _best(one: Market, live: MarketView) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if live.bid:
        made |= {"bid": _price(one, live.bid), "bidSize": _size(one, live.bid_quantity)}
    if live.ask:
        made |= {"ask": _price(one, live.ask), "askSize": _size(one, live.ask_quantity)}
    return made


def _day(one: Market, figures: DayStatistics) -> dict[str, Any]:
    last, day = figures.last, figures.day
    made: dict[str, Any] = {"vol24h": 0, "volumeQuote": 0}
    if last is not None:
        made["last"], made["lastSize"] = _price(one, last.price), _size(one, last.quantity)
        made["lastTime"] = iso(last.time)
    if day is not None:
        decimals = one.price_decimals + one.quantity_decimals
        made["vol24h"] = _size(one, day.volume)
        made["volumeQuote"] = number(day.price_quantity, decimals)
        made["open24h"] = _price(one, day.open)
        made["high24h"], made["low24h"] = _price(one, day.high), _price(one, day.low)
        made["change24h"] = number(ratio(100 * (day.close - day.open), day.open, 2), 2)
    return made


def _funding(one: Market, live: MarketView) -> dict[str, Any]:
    # Kraken's rate is in quote currency for one contract: the relative rate times the index.
    if one.kind != MarketKind.PERPETUAL_LINEAR:
        return {}
    index = _mark(one, live.index)
    rates = {
        "fundingRate": live.funding_rate_e12,
        "fundingRatePrediction": live.funding_next_rate_e12,
    }
    return {name: product(number(rate, RATE_DECIMALS), index) for name, rate in rates.items()}


def _price(one: Market, price: int) -> Decimal | int:
    return number(price, one.price_decimals)


def _mark(one: Market, mark: int) -> Decimal | int:
    return number(mark, one.price_decimals + MARK_DECIMALS)


def _size(one: Market, quantity: int) -> Decimal | int:
    return number(quantity, one.quantity_decimals)


async def orderbook(call: Call) -> dict[str, Any]:
    """Return the book of a contract, best prices first."""
    one = call.arguments.contract(call.door.listing())
    with call.door.follower.machine() as machine:
        found = book(machine, one.number, BOOK_DEPTH)
    sides = (("bids", found.bids), ("asks", found.asks))
    return {
        "orderBook": {
            side: [[_price(one, level[0]), _size(one, level[1])] for level in levels]
            for side, levels in sides
        }
    }


async def history(call: Call) -> dict[str, Any]:
    """Return the last hundred trades of a contract before `lastTime`, the latest first, and all
    that share the last one's millisecond, up to a thousand.
    """
    one = call.arguments.contract(call.door.listing())
    latest_first = reversed(call.door.history.trades(one.number))
    before = call.arguments.date("lastTime")
    found = by_time(latest_first, lambda trade: trade.time, before, TRADES, TRADES_MAX)
    return {"history": [_trade(one, trade) for trade in found]}


def _trade(one: Market, trade: FillRecord) -> dict[str, Any]:
    return {
        "time": iso(trade.time),
        "trade_id": trade.trade,
        "price": _price(one, trade.price),
        "size": _size(one, trade.quantity),
        "side": "buy" if trade.side == Side.BUY else "sell",
        "type": KINDS[trade.kind],
        "uid": uuid_of("trade", trade.trade),
    }


async def executions(call: Call) -> dict[str, Any]:
    """Return the public executions of a contract: the latest first, or `sort=asc`.

    A page that leaves some out has the token of the next one.
    """
    one = _named(call)
    since, before = call.arguments.date("since"), call.arguments.date("before")
    count = call.arguments.integer("count", TRADES_MAX, 1, 1 << 31)
    found = [
        trade
        for trade in call.door.history.trades(one.number)
        if (since is None or trade.time >= since) and (before is None or trade.time < before)
    ]
    if not rising(call.arguments):
        found.reverse()
    found = behind(call.arguments, found, lambda trade: trade.trade)
    page = found[: min(count, TRADES_MAX)]
    elements = [_execution(call, one, trade) for trade in page]
    made: dict[str, Any] = {"elements": elements, "len": len(elements)}
    more = {} if len(page) == len(found) else {"continuationToken": token_of(page[-1].trade)}
    return made | more


def _execution(call: Call, one: Market, trade: FillRecord) -> dict[str, Any]:
    orders = call.door.history.order
    maker_side = Side.SELL if trade.side == Side.BUY else Side.BUY
    value = product(_price(one, trade.price), _size(one, trade.quantity))
    execution = {
        "uid": uuid_of("trade", trade.trade),
        "makerOrder": _order(one, trade, orders(trade.maker_order), maker_side),
        "takerOrder": _order(one, trade, orders(trade.taker_order), trade.side),
        "timestamp": trade.time // 1_000,
        "quantity": str(_size(one, trade.quantity)),
        "price": str(_price(one, trade.price)),
        "usdValue": f"{value:.2f}",
    }
    return {
        "uid": uuid_of("event", trade.trade),
        "timestamp": trade.time // 1_000,
        "event": {"Execution": {"execution": execution, "takerReducedQuantity": ""}},
    }


def _order(
    one: Market, trade: FillRecord, order: OrderRecord | None, side: Side
) -> dict[str, Any]:
    # Whose order it was is nobody else's business: no account, no name of the client's.
    time = (order.placed_at if order else trade.time) // 1_000
    return {
        "uid": uuid_of(ORDER, order.number if order else 0),
        "tradeable": one.symbol,
        "direction": "Buy" if side == Side.BUY else "Sell",
        "quantity": str(_size(one, order.quantity if order else trade.quantity)),
        "timestamp": time,
        "limitPrice": str(_price(one, order.price if order else trade.price)),
        "orderType": history_type(order) if order else HISTORY_TYPES[OrderType.MARKET],
        "reduceOnly": False,
        "lastUpdateTimestamp": time,
    }
