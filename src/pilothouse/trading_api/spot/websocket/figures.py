"""Numbers of WebSocket v2: JSON numbers with every decimal of their market, zeros included."""

from __future__ import annotations

from msgspec import Raw

from pilothouse.language.numbers import format_decimal
from pilothouse.trading_api.figures import average_price, rescaled
from pilothouse.trading_api.listing import Market


def raw(text: str) -> Raw:
    """Return a number's text as it is to stand in a message."""
    return Raw(text.encode())


def price_text(market: Market, price: int) -> str:
    """Return a price with its market's decimals."""
    return format_decimal(price, market.price_decimals)


def quantity_text(market: Market, quantity: int) -> str:
    """Return a quantity with the decimals of its market's lot."""
    return rescaled(quantity, market.quantity_decimals, market.lot_decimals)


def price(market: Market, value: int) -> Raw:
    """Return a price as a number."""
    return raw(price_text(market, value))


def quantity(market: Market, value: int) -> Raw:
    """Return a quantity as a number."""
    return raw(quantity_text(market, value))


def cost(market: Market, value: int) -> Raw:
    """Return money in the quote asset as a number."""
    return raw(format_decimal(value, market.cost_decimals))


def average(market: Market, price_quantity: int, total: int) -> Raw:
    """Return an average price, with the market's decimals or five if it has fewer."""
    return raw(average_price(price_quantity, total, market.price_decimals, 5))
