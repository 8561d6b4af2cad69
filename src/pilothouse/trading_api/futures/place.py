"""From Kraken's words to one of our orders: the arguments of sendorder, in a fixed order."""

from __future__ import annotations

from typing import Final

from pilothouse.language.commands import PlaceOrder
from pilothouse.language.commands.orders import POST_ONLY, REDUCE_ONLY
from pilothouse.language.kinds import OrderType, Side, TimeInForce
from pilothouse.trading_api import texts
from pilothouse.trading_api.futures.arguments import Arguments
from pilothouse.trading_api.futures.errors import NotTaken, Refused, invalid
from pilothouse.trading_api.listing import Market

SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
TYPES: Final = {
    "lmt": (OrderType.LIMIT, TimeInForce.GTC, 0),
    "post": (OrderType.LIMIT, TimeInForce.GTC, POST_ONLY),
    "ioc": (OrderType.LIMIT, TimeInForce.IOC, 0),
    "fok": (OrderType.LIMIT, TimeInForce.FOK, 0),
    "mkt": (OrderType.MARKET, TimeInForce.IOC, 0),
}
"""Types of this release; stp, take_profit and trailing_stop are refused by `orderType`."""
CLIENT_NAME_MAX: Final = 40
"""Kraken takes a hundred characters; a command of ours carries forty."""


def read_order(arguments: Arguments, market: Market, account: int, now_us: int) -> PlaceOrder:
    """Return the order that sendorder's arguments ask for.

    `now_us` is the exchange's time, by which a deadline has passed or not.

    Raises Refused for what is no request, NotTaken for what is an order of no market.
    """
    kind, force, flags = arguments.choice("orderType", TYPES)
    side = arguments.choice("side", SIDES)
    quantity = _size(arguments, market)
    price = _price(arguments, market) if kind == OrderType.LIMIT else 0
    _refuse_what_is_not_here(arguments, now_us)
    if arguments.flag("reduceOnly"):
        flags |= REDUCE_ONLY
    return PlaceOrder(
        account=account,
        market=market.number,
        side=side,
        order_type=kind,
        time_in_force=force,
        flags=flags,
        quantity=quantity,
        price=price,
        client_order_id=client_name(arguments),
    )


def client_name(arguments: Arguments) -> str:
    """Return the client's own name for an order, empty if there is none."""
    name = arguments.text("cliOrdId") or ""
    if len(name) > CLIENT_NAME_MAX:
        raise NotTaken("clientOrderIdTooBig")
    if not name.isascii() or not name.isprintable():
        raise NotTaken("clientOrderIdInvalid")
    return name


def _size(arguments: Arguments, market: Market) -> int:
    text = arguments.need("size")
    if not texts.is_decimal(text):
        raise invalid("size")
    quantity = texts.decimal_of(text, market.quantity_decimals)
    if quantity is None:
        raise NotTaken("invalidSize")
    return quantity


def _price(arguments: Arguments, market: Market) -> int:
    text = arguments.need("limitPrice")
    if not texts.is_decimal(text):
        raise invalid("limitPrice")
    price = texts.decimal_of(text, market.price_decimals)
    if price is None:
        raise NotTaken("invalidPrice")
    return price


def _refuse_what_is_not_here(arguments: Arguments, now_us: int) -> None:
    for name in ("stopPrice", "trailingStopMaxDeviation", "limitPriceOffsetValue"):
        if arguments.text(name) is not None:
            raise invalid(name)
    deadline = arguments.date("processBefore")
    if deadline is not None and deadline < now_us:
        raise Refused("invalidArgument: processBefore")
