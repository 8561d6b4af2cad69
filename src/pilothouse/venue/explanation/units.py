"""Prices, quantities and amounts as figures, by the market or asset they belong to."""

from __future__ import annotations

from pilothouse.engine.machine import Machine
from pilothouse.language.numbers import INDEX_DECIMALS, MARK_DECIMALS
from pilothouse.venue.explanation.facts import Figure
from pilothouse.venue.views.assets import asset
from pilothouse.venue.views.markets import MarketView, market

NOWHERE = 0


def market_of(machine: Machine, number: int) -> MarketView:
    """Return a market that is known to exist."""
    found = market(machine, number)
    assert found is not None
    return found


def symbol_of(machine: Machine, number: int) -> str:
    """Return an asset's name for clients."""
    found = asset(machine, number)
    return found.display if found else f"asset {number}"


def price(machine: Machine, of: MarketView, value: int) -> Figure:
    """Return a price of a market."""
    return Figure(value, of.price_decimals, symbol_of(machine, of.quote))


def mark(machine: Machine, of: MarketView, value: int) -> Figure:
    """Return a mark or index of a contract."""
    return Figure(value, of.price_decimals + MARK_DECIMALS, symbol_of(machine, of.quote))


def quantity(machine: Machine, of: MarketView, value: int) -> Figure:
    """Return a quantity of a market."""
    return Figure(value, of.quantity_decimals, symbol_of(machine, of.base))


def amount(machine: Machine, number: int, value: int) -> Figure:
    """Return an amount of an asset."""
    found = asset(machine, number)
    return Figure(value, found.decimals if found else NOWHERE, symbol_of(machine, number))


def index_price(value_e12: int) -> Figure:
    """Return an index price in dollars."""
    return Figure(value_e12, INDEX_DECIMALS, "USD")
