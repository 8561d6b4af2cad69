"""A refused command as its explanation reads it: what was asked, of whom, and in which market."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import reading
from pilothouse.engine.machine import Machine
from pilothouse.language.commands import PlaceOrder
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import OrderType, Side
from pilothouse.language.rows import from_rows
from pilothouse.rules.money import value_up
from pilothouse.rules.price_band import PROTECTION_PPM, band_limit
from pilothouse.venue.explanation import units
from pilothouse.venue.explanation.facts import Comparison, Line
from pilothouse.venue.halting import Halt
from pilothouse.venue.views.accounts import balance_rows, position_rows
from pilothouse.venue.views.markets import MarketView, market


class Refused:
    """A refused command between the machine before it and the machine behind it."""

    def __init__(self, halt: Halt) -> None:
        assert halt.after is not None
        self.machine, self.after, self.outcome = halt.machine, halt.after, halt.outcome
        self.asked: Any = from_rows(halt.command).command
        number = int(getattr(self.asked, "market", 0))
        self.market: MarketView | None = market(self.machine, number) if number else None
        self.limit = self._limit() if self.market and isinstance(self.asked, PlaceOrder) else 0

    def _limit(self) -> int:
        """Return the price at which the order stops: its own, or that of market protection."""
        asked, of = self.asked, self.market
        assert of is not None
        if asked.price or asked.order_type != OrderType.MARKET:
            return int(asked.price)
        best = of.ask if asked.side == Side.BUY else of.bid
        if not best:
            return 0
        limit, worst = band_limit(best, PROTECTION_PPM, asked.side, of.tick), self.worst()
        if not worst:
            return int(limit)
        return int(min(limit, worst) if asked.side == Side.BUY else max(limit, worst))

    def reference(self) -> int:
        """Return what the price band is measured from, 0 if there is nothing."""
        return int(reading.read_reference(self.machine.arena.state, self.asked.market))

    def worst(self) -> int:
        """Return the worst price the band lets the side name, 0 without band or reference."""
        of = self.market
        assert of is not None
        if not of.band_ppm or not self.reference():
            return 0
        return int(band_limit(self.reference(), of.band_ppm, self.asked.side, of.tick))

    def value(self, up: bool, price: int, quantity: int) -> int:
        """Return the value of a quantity at a price, in quote base units."""
        m = self.machine.state.markets[self.asked.market]
        rule = value_up if up else reading.read_value
        return int(rule(price, quantity, int(m["multiplier"]), int(m["divisor"])))

    def price(self, name: str, value: int, how: str = "") -> Line:
        """Return a price of the market as a line."""
        assert self.market is not None
        return Line(name, units.price(self.machine, self.market, value), how)

    def quantity(self, name: str, value: int, how: str = "") -> Line:
        """Return a quantity of the market as a line."""
        assert self.market is not None
        return Line(name, units.quantity(self.machine, self.market, value), how)

    def quote(self, name: str, value: int, how: str = "") -> Line:
        """Return an amount of the quote asset as a line."""
        assert self.market is not None
        return Line(name, units.amount(self.machine, self.market.quote, value), how)


def below(left: Line, right: Line) -> Comparison:
    """Return the comparison in which one figure fell short of another."""
    return Comparison(left, "<", right)


def remaining(one: Refused) -> int:
    """Return what of an order would have been counted: what only reduces, at most its position."""
    if not one.asked.flags & REDUCE_ONLY:
        return int(one.asked.quantity)
    held = position_of(one.machine, one.asked.account, one.asked.market)
    opposite = max(-held, 0) if one.asked.side == Side.BUY else max(held, 0)
    return min(int(one.asked.quantity), opposite)


def position_of(machine: Machine, number: int, market_number: int) -> int:
    """Return an account's position in a market, 0 without one."""
    row = position_row(machine, number, market_number)
    return int(machine.state.positions[row]["quantity"])


def position_row(machine: Machine, number: int, market_number: int) -> int:
    """Return the row of an account's position in a market, or 0."""
    for row in position_rows(machine, number):
        if int(machine.state.positions[row]["market"]) == market_number:
            return row
    return 0


def available(machine: Machine, number: int, wallet: int, asset: int) -> int:
    """Return what is available of an account's balance."""
    return int(machine.state.balances[balance_row(machine, number, wallet, asset)]["available"])


def balance_row(machine: Machine, number: int, wallet: int, asset: int) -> int:
    """Return the row of an account's balance, or 0."""
    for row in balance_rows(machine, number):
        b = machine.state.balances[row]
        if int(b["wallet"]) == wallet and int(b["asset"]) == asset:
            return row
    return 0
