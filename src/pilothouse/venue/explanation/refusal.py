"""A refusal: its sentence, and the numbers that were compared.

What margin was weighed with the order counted in is asked of the machine itself: on a copy the
order rests, and the copy is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from pilothouse.engine import reading
from pilothouse.engine.machine import Machine
from pilothouse.language import refusals as no
from pilothouse.language.commands import Deposit, PlaceOrder, Transfer
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import OrderType, Side, TimeInForce, Wallet
from pilothouse.language.names import Name, Sender
from pilothouse.language.numbers import MARK_PER_PRICE
from pilothouse.language.rows import Message, from_rows, to_rows
from pilothouse.rules.bits import muldiv_up
from pilothouse.rules.money import value_up
from pilothouse.rules.price_band import PROTECTION_PPM, band_limit
from pilothouse.venue.explanation import units
from pilothouse.venue.explanation.facts import Comparison, Figure, Line, Section, percent, usd
from pilothouse.venue.explanation.liquidation import Told
from pilothouse.venue.explanation.words import side_words
from pilothouse.venue.halting import Halt
from pilothouse.venue.views.accounts import account, balance_rows, position_rows
from pilothouse.venue.views.books import book
from pilothouse.venue.views.fees import fee_of
from pilothouse.venue.views.margin import margin
from pilothouse.venue.views.markets import MarketView, market

DEPTH_MOST: Final = 100_000
RICH: Final = 1 << 50
"""Micro-dollars that any order of these markets can be paid with."""


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


def refused(halt: Halt) -> Told:
    """Explain why a command was refused."""
    one = Refused(halt)
    sentence = no.REFUSALS[one.outcome]
    compare = _COMPARED.get(one.outcome)
    found = compare(one) if compare else ()
    known = one.market.symbol if one.market else ""
    said = f"{_asked(one)} was refused: {sentence.sentence}."
    compared = "; ".join(_as_clause(at) for at in found)
    because = f"{compared[:1].upper()}{compared[1:]}. " if compared else ""
    because += f"What to do: {sentence.remedy}."
    number = one.market.number if known and one.market else 0
    return Told(said, because, tuple(found), (Section("What was asked", _lines(one)),), number)


def _asked(one: Refused) -> str:
    asked = one.asked
    if isinstance(asked, PlaceOrder) and one.market:
        size = units.quantity(one.machine, one.market, asked.quantity).text
        return f"The order to {side_words(asked.side)} {size} in {one.market.symbol}"
    if isinstance(asked, Transfer):
        amount = units.amount(one.machine, asked.asset, asked.amount).text
        return f"The transfer of {amount}"
    return "The request"


def _lines(one: Refused) -> tuple[Line, ...]:
    asked = one.asked
    if isinstance(asked, PlaceOrder) and one.market:
        made = [one.quantity("Quantity", asked.quantity, side_words(asked.side))]
        if one.limit:
            how = "its limit" if asked.price else "where a market order stops"
            made.append(one.price("Price", one.limit, how))
        return tuple(made)
    if isinstance(asked, Transfer):
        return (Line("Amount", units.amount(one.machine, asked.asset, asked.amount)),)
    return ()


def _as_clause(one: Comparison) -> str:
    words = {"<": "is below", ">": "is above", "=": "equals", "≠": "is not", "≥": "reaches"}
    left, right = one.left, one.right
    return (
        f"{left.name[:1].lower()}{left.name[1:]} of {left.figure.text} "
        f"{words[one.sign]} {right.name} of {right.figure.text}"
    )


def _positive(one: Refused) -> tuple[Comparison, ...]:
    return (_below(one.quantity("Quantity", one.asked.quantity), one.quantity("least", 1)),)


def _below(left: Line, right: Line) -> Comparison:
    return Comparison(left, "<", right)


def _lot(one: Refused) -> tuple[Comparison, ...]:
    assert one.market is not None
    rest = one.asked.quantity % one.market.lot
    step = units.quantity(one.machine, one.market, one.market.lot).text
    left = one.quantity("Rest beyond whole lots", rest, f"lot {step}")
    return (Comparison(left, ">", one.quantity("allowed rest", 0)),)


def _minimum(one: Refused) -> tuple[Comparison, ...]:
    assert one.market is not None
    least = one.quantity("smallest order", one.market.quantity_min)
    return (_below(one.quantity("Quantity", one.asked.quantity), least),)


def _tick(one: Refused) -> tuple[Comparison, ...]:
    assert one.market is not None
    step = units.price(one.machine, one.market, one.market.tick).text
    left = one.price("Rest beyond whole ticks", one.limit % one.market.tick, f"tick {step}")
    return (Comparison(left, ">", one.price("allowed rest", 0)),)


def _band(one: Refused) -> tuple[Comparison, ...]:
    assert one.market is not None
    reference = units.price(one.machine, one.market, one.reference()).text
    how = f"{percent(one.market.band_ppm).text} from the reference {reference}"
    sign = ">" if one.asked.side == Side.BUY else "<"
    worst = one.price("worst price of the band", one.worst(), how)
    return (Comparison(one.price("Price", one.limit), sign, worst),)


def _cost(one: Refused) -> tuple[Comparison, ...]:
    assert one.market is not None
    value = one.value(False, one.limit, one.asked.quantity)
    left = one.quote("Value", value, "price times quantity, rounded down")
    return (_below(left, one.quote("smallest value", one.market.cost_min)),)


def _post_only(one: Refused) -> tuple[Comparison, ...]:
    assert one.market is not None
    buys = one.asked.side == Side.BUY
    best = one.price("best price of the other side", one.market.ask if buys else one.market.bid)
    equal = one.limit == best.figure.value
    sign = "=" if equal else (">" if buys else "<")
    return (Comparison(one.price("Price", one.limit), sign, best),)


def _fill_or_kill(one: Refused) -> tuple[Comparison, ...]:
    view = book(one.machine, one.asked.market, DEPTH_MOST)
    buys = one.asked.side == Side.BUY
    levels = view.asks if buys else view.bids
    within = [at for at in levels if (at[0] <= one.limit if buys else at[0] >= one.limit)]
    left = one.quantity(
        "Quantity that rests within the limit", sum(at[1] for at in within),
        "an own order in the way, orders of one maker that only reduce the same position, and "
        "money that ends first count less",
    )  # fmt: skip
    whole = one.quantity("quantity asked", one.asked.quantity)
    return (Comparison(left, "<" if left.figure.value < whole.figure.value else "≥", whole),)


def _no_position(one: Refused) -> tuple[Comparison, ...]:
    held = _held(one.machine, one.asked.account, one.asked.market)
    opposite = max(-held, 0) if one.asked.side == Side.BUY else max(held, 0)
    left = one.quantity("Opposite position", opposite)
    return (_below(left, one.quantity("least to reduce", 1)),)


def _too_large(one: Refused) -> tuple[Comparison, ...]:
    assert one.market is not None
    row = _position_row(one.after, one.asked.account, one.asked.market)
    p = one.after.state.positions[row]
    size = _remaining(one)
    reach = int(p["quantity"]) + int(p["buys"]) + size
    if one.asked.side == Side.SELL:
        reach = int(p["quantity"]) - int(p["sells"]) - size
    left = one.quantity("Size the position could reach", abs(reach))
    return (Comparison(left, ">", one.quantity("largest position", one.market.position_max)),)


def _funds(one: Refused) -> tuple[Comparison, ...]:
    if isinstance(one.asked, Transfer):
        has = _available(one.machine, one.asked.account, one.asked.source, one.asked.asset)
        needs = units.amount(one.machine, one.asked.asset, one.asked.amount)
        left = Line("Available", units.amount(one.machine, one.asked.asset, has))
        return (_below(left, Line("amount", needs)),)
    assert one.market is not None
    buys = one.asked.side == Side.BUY
    asset = one.market.quote if buys else one.market.base
    has = _available(one.machine, one.asked.account, Wallet.SPOT, asset)
    need, how = one.asked.quantity, "the quantity to sell"
    if buys:
        need, how = _cost_at(one, one.limit), "value at the limit and the taker's fee on it"
        best = one.market.ask
        if one.asked.order_type == OrderType.MARKET and best:
            need, how = _cost_at(one, best), "value at the best price and the taker's fee on it"
    left = Line("Available", units.amount(one.machine, asset, has))
    return (_below(left, Line("needed", units.amount(one.machine, asset, need), how)),)


def _cost_at(one: Refused, price: int) -> int:
    worth = one.value(True, price, one.asked.quantity)
    _, taker_ppm = fee_of(one.after, one.asked.account, one.asked.market)
    return worth + int(reading.read_fee(worth, taker_ppm))


def _margin(one: Refused) -> tuple[Comparison, ...]:
    assert one.market is not None
    size, of = _remaining(one), one.asked
    equity = margin(one.machine, of.account).equity
    needed = margin(_with_the_order_resting(one, size), of.account).initial_with_orders
    at_limit = one.value(True, one.limit, size)
    m = one.machine.state.markets[of.market]
    at_mark = int(
        muldiv_up(int(m["mark"]) * int(m["mark_multiplier"]), size, int(m["mark_divisor"]))
    )
    loss = at_limit - at_mark if of.side == Side.BUY else at_mark - at_limit
    _, taker_ppm = fee_of(one.after, of.account, of.market)
    cost = max(loss, 0) + int(reading.read_fee(max(at_limit, at_mark), taker_ppm))
    how = f"equity {usd(equity).text} less {usd(cost).text}: what the order would lose "
    how += "against the mark, and its fee"
    left = Line("Equity that the order would leave", usd(equity - cost), how)
    how = "positions and all orders"
    return (_below(left, Line("initial margin with the order", usd(needed), how)),)


def _with_the_order_resting(one: Refused, size: int) -> Machine:
    """Return a copy in which the order rests, far from every price, for an owner with money.

    What margin an order needs depends on its size and side alone, so that the copy says it.
    """
    made, of = one.machine.copy(), one.asked
    dollar = int(made.state.exchange[0]["dollar"])
    for name in ("band_ppm", "quantity_min", "cost_min"):
        made.state.markets[name][of.market] = 0
    market = units.market_of(made, of.market)
    far = 2 * max(market.bid, market.mark // MARK_PER_PRICE) // market.tick + 1
    price = market.tick if of.side == Side.BUY else far * market.tick
    order = PlaceOrder(
        account=of.account,
        market=of.market,
        side=of.side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        flags=0,
        quantity=size,
        price=price,
    )
    money = Deposit(account=of.account, asset=dollar, amount=RICH)
    wallets = {"source": Wallet.SPOT, "target": Wallet.FUTURES}
    moved = Transfer(account=of.account, asset=dollar, amount=RICH, **wallets)
    asked = [
        to_rows(Message(command, Name(Sender.REHEARSAL, 1, k)))
        for k, command in enumerate((money, moved, order), 1)
    ]
    made.execute(np.concatenate(asked), made.time)
    return made


def _transfer_margin(one: Refused) -> tuple[Comparison, ...]:
    moved = one.machine.copy()
    asked = one.asked
    row = _balance_row(moved, asked.account, asked.source, asked.asset)
    moved.state.balances["available"][row] -= asked.amount
    view = margin(moved, asked.account)
    left = Line("Equity that the transfer would leave", usd(view.equity))
    return (_below(left, Line("initial margin with orders", usd(view.initial_with_orders))),)


def _open_orders(one: Refused) -> tuple[Comparison, ...]:
    view = account(one.machine, one.asked.account)
    most = int(reading.read_order_limit(one.machine.arena.state, one.asked.account))
    left = Line("Open orders", Figure(view.orders_open if view else 0))
    return (Comparison(left, "≥", Line("most allowed", Figure(most))),)


def _amount(one: Refused) -> tuple[Comparison, ...]:
    left = Line("Amount", units.amount(one.machine, one.asked.asset, one.asked.amount))
    return (_below(left, Line("least", units.amount(one.machine, one.asked.asset, 1))),)


def _remaining(one: Refused) -> int:
    if not one.asked.flags & REDUCE_ONLY:
        return int(one.asked.quantity)
    held = _held(one.machine, one.asked.account, one.asked.market)
    opposite = max(-held, 0) if one.asked.side == Side.BUY else max(held, 0)
    return min(int(one.asked.quantity), opposite)


def _held(machine: Machine, number: int, market_number: int) -> int:
    row = _position_row(machine, number, market_number)
    return int(machine.state.positions[row]["quantity"])


def _position_row(machine: Machine, number: int, market_number: int) -> int:
    for row in position_rows(machine, number):
        if int(machine.state.positions[row]["market"]) == market_number:
            return row
    return 0


def _available(machine: Machine, number: int, wallet: int, asset: int) -> int:
    return int(machine.state.balances[_balance_row(machine, number, wallet, asset)]["available"])


def _balance_row(machine: Machine, number: int, wallet: int, asset: int) -> int:
    for row in balance_rows(machine, number):
        b = machine.state.balances[row]
        if int(b["wallet"]) == wallet and int(b["asset"]) == asset:
            return row
    return 0


_COMPARED: Final[dict[int, Callable[[Refused], tuple[Comparison, ...]]]] = {
    no.QUANTITY_MUST_BE_POSITIVE: _positive,
    no.QUANTITY_IS_NOT_ON_THE_LOT: _lot,
    no.QUANTITY_IS_BELOW_THE_MINIMUM: _minimum,
    no.PRICE_IS_NOT_ON_THE_TICK: _tick,
    no.PRICE_IS_OUTSIDE_THE_BAND: _band,
    no.COST_IS_BELOW_THE_MINIMUM: _cost,
    no.POST_ONLY_WOULD_TRADE: _post_only,
    no.FILL_OR_KILL_CANNOT_FILL: _fill_or_kill,
    no.NO_POSITION_TO_REDUCE: _no_position,
    no.POSITION_WOULD_BE_TOO_LARGE: _too_large,
    no.INSUFFICIENT_FUNDS: _funds,
    no.INSUFFICIENT_MARGIN: _margin,
    no.TRANSFER_WOULD_BREACH_MARGIN: _transfer_margin,
    no.TOO_MANY_OPEN_ORDERS: _open_orders,
    no.AMOUNT_MUST_BE_POSITIVE: _amount,
}
"""What was compared, by the refusal. What compares no numbers is said by its sentence alone."""
