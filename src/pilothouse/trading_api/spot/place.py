"""From Kraken's words to one of our orders: the arguments of AddOrder, read in a fixed order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pilothouse.language.commands import PlaceOrder
from pilothouse.language.commands.orders import POST_ONLY, REDUCE_ONLY
from pilothouse.language.kinds import OrderType, Side, TimeInForce
from pilothouse.trading_api import texts
from pilothouse.trading_api.listing import Market
from pilothouse.trading_api.spot.arguments import Arguments
from pilothouse.trading_api.spot.errors import (
    DEADLINE_ELAPSED,
    INVALID_PRICE,
    Refused,
    invalid,
)
from pilothouse.trading_api.spot.order_rows import description

SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
TYPES: Final = {"market": OrderType.MARKET, "limit": OrderType.LIMIT}
FORCES: Final = {"gtc": TimeInForce.GTC, "ioc": TimeInForce.IOC, "fok": TimeInForce.FOK}
FLAGS: Final = {"post": POST_ONLY, "fciq": 0, "nompp": 0}
FLAGS_MOST: Final = 16
STP: Final = {"cancel-newest": None}
UNLEVERED: Final = {"none": None, "1": None, "1:1": None}
USERREF_MAX: Final = (1 << 31) - 1
FREE_NAME: Final = re.compile(r"[!-~]{1,18}")
UUID_NAME: Final = re.compile(
    r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)


@dataclass(frozen=True)
class Placing:
    """An order ready to be sent, and how Kraken describes it."""

    command: PlaceOrder
    described: str


def read_order(arguments: Arguments, market: Market, account: int, now_us: int) -> Placing:
    """Return the order that AddOrder's arguments ask for; raise Refused for what cannot be.

    `now_us` is the exchange's time, by which a deadline has passed or not.

    Whether the price is on the tick and the volume on the lot is the engine's to say; here they
    only have to be numbers of the market's decimals.
    """
    side = arguments.choice("type", SIDES)
    kind = arguments.choice("ordertype", TYPES)
    quantity = _volume(arguments, market)
    price = _price(arguments, market) if kind == OrderType.LIMIT else 0
    _refuse_what_is_not_here(arguments, now_us)
    command = PlaceOrder(
        account=account,
        market=market.number,
        side=side,
        order_type=kind,
        time_in_force=_force(arguments, kind),
        flags=_flags(arguments),
        quantity=quantity,
        price=price,
        user_ref=arguments.integer("userref", 0, -USERREF_MAX - 1, USERREF_MAX),
        client_order_id=_name(arguments),
    )
    return Placing(command, description(market, side, kind, quantity, price))


def _volume(arguments: Arguments, market: Market) -> int:
    quantity = texts.decimal_of(arguments.need("volume"), market.quantity_decimals)
    if quantity is None:
        raise invalid("volume")
    return quantity


def _price(arguments: Arguments, market: Market) -> int:
    text = arguments.need("price")
    if not texts.is_decimal(text) or text[0] in "+-":
        raise invalid("price")
    price = texts.decimal_of(text, market.price_decimals)
    if price is None:
        places = market.price_decimals
        said = f"{market.altname} price can only be specified up to {places} decimals."
        raise Refused(f"{INVALID_PRICE}:{said}")
    return price


def _force(arguments: Arguments, kind: OrderType) -> TimeInForce:
    # A market order never rests, whatever it was sent with.
    found: TimeInForce = arguments.choice("timeinforce", FORCES, "gtc")
    if kind == OrderType.MARKET and found == TimeInForce.GTC:
        return TimeInForce.IOC
    return found


def _flags(arguments: Arguments) -> int:
    flags = REDUCE_ONLY if arguments.flag("reduce_only") else 0
    for one in arguments.names("oflags", FLAGS_MOST):
        if one == "viqc":
            raise invalid("viqc")
        if one not in FLAGS:
            raise invalid("oflags")
        flags |= FLAGS[one]
    return flags


def _name(arguments: Arguments) -> str:
    name = arguments.text("cl_ord_id")
    if name is None:
        return ""
    if arguments.has("userref") or not (FREE_NAME.fullmatch(name) or UUID_NAME.fullmatch(name)):
        raise invalid("cl_ord_id")
    return name


def _refuse_what_is_not_here(arguments: Arguments, now_us: int) -> None:
    # Kinds of order that this release does not have are refused by the argument that asks.
    for name in ("displayvol", "price2", "trigger"):
        if (arguments.text(name) or "0") != "0":
            raise invalid(name)
    for name in ("starttm", "expiretm"):
        if (arguments.text(name) or "0") != "0":
            raise invalid(name)
    if arguments.any_named("close"):
        raise invalid("close")
    arguments.choice("leverage", UNLEVERED, "none")
    arguments.choice("stptype", STP, "cancel-newest")
    deadline = arguments.date("deadline")
    if deadline is not None and deadline < now_us:
        raise Refused(DEADLINE_ELAPSED)
