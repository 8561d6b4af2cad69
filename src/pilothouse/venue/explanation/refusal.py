"""A refusal: its sentence, and the numbers that were compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pilothouse.engine import reading
from pilothouse.language import refusals as no
from pilothouse.language.commands import PlaceOrder, Transfer
from pilothouse.language.kinds import OrderType, Side, Wallet
from pilothouse.venue.explanation import refusal_of_margin, units
from pilothouse.venue.explanation.facts import Comparison, Figure, Line, Section, percent
from pilothouse.venue.explanation.liquidation import Told
from pilothouse.venue.explanation.refused import (
    Refused,
    available,
    below,
    position_of,
    position_row,
    remaining,
)
from pilothouse.venue.explanation.words import side_words
from pilothouse.venue.halting import Halt
from pilothouse.venue.views.accounts import account
from pilothouse.venue.views.books import book
from pilothouse.venue.views.fees import fee_of

DEPTH_MOST: Final = 100_000


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
    return (below(one.quantity("Quantity", one.asked.quantity), one.quantity("least", 1)),)


def _lot(one: Refused) -> tuple[Comparison, ...]:
    assert one.market is not None
    rest = one.asked.quantity % one.market.lot
    step = units.quantity(one.machine, one.market, one.market.lot).text
    left = one.quantity("Rest beyond whole lots", rest, f"lot {step}")
    return (Comparison(left, ">", one.quantity("allowed rest", 0)),)


def _minimum(one: Refused) -> tuple[Comparison, ...]:
    assert one.market is not None
    least = one.quantity("smallest order", one.market.quantity_min)
    return (below(one.quantity("Quantity", one.asked.quantity), least),)


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
    return (below(left, one.quote("smallest value", one.market.cost_min)),)


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
    held = position_of(one.machine, one.asked.account, one.asked.market)
    opposite = max(-held, 0) if one.asked.side == Side.BUY else max(held, 0)
    left = one.quantity("Opposite position", opposite)
    return (below(left, one.quantity("least to reduce", 1)),)


def _too_large(one: Refused) -> tuple[Comparison, ...]:
    assert one.market is not None
    row = position_row(one.after, one.asked.account, one.asked.market)
    p = one.after.state.positions[row]
    size = remaining(one)
    reach = int(p["quantity"]) + int(p["buys"]) + size
    if one.asked.side == Side.SELL:
        reach = int(p["quantity"]) - int(p["sells"]) - size
    left = one.quantity("Size the position could reach", abs(reach))
    return (Comparison(left, ">", one.quantity("largest position", one.market.position_max)),)


def _funds(one: Refused) -> tuple[Comparison, ...]:
    if isinstance(one.asked, Transfer):
        has = available(one.machine, one.asked.account, one.asked.source, one.asked.asset)
        needs = units.amount(one.machine, one.asked.asset, one.asked.amount)
        left = Line("Available", units.amount(one.machine, one.asked.asset, has))
        return (below(left, Line("amount", needs)),)
    assert one.market is not None
    buys = one.asked.side == Side.BUY
    asset = one.market.quote if buys else one.market.base
    has = available(one.machine, one.asked.account, Wallet.SPOT, asset)
    need, how = one.asked.quantity, "the quantity to sell"
    if buys:
        need, how = _cost_at(one, one.limit), "value at the limit and the taker's fee on it"
        best = one.market.ask
        if one.asked.order_type == OrderType.MARKET and best:
            need, how = _cost_at(one, best), "value at the best price and the taker's fee on it"
    left = Line("Available", units.amount(one.machine, asset, has))
    return (below(left, Line("needed", units.amount(one.machine, asset, need), how)),)


def _cost_at(one: Refused, price: int) -> int:
    worth = one.value(True, price, one.asked.quantity)
    _, taker_ppm = fee_of(one.after, one.asked.account, one.asked.market)
    return worth + int(reading.read_fee(worth, taker_ppm))


def _open_orders(one: Refused) -> tuple[Comparison, ...]:
    view = account(one.machine, one.asked.account)
    most = int(reading.read_order_limit(one.machine.arena.state, one.asked.account))
    left = Line("Open orders", Figure(view.orders_open if view else 0))
    return (Comparison(left, "≥", Line("most allowed", Figure(most))),)


def _amount(one: Refused) -> tuple[Comparison, ...]:
    left = Line("Amount", units.amount(one.machine, one.asked.asset, one.asked.amount))
    return (below(left, Line("least", units.amount(one.machine, one.asked.asset, 1))),)


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
    no.INSUFFICIENT_MARGIN: refusal_of_margin.of_order,
    no.TRANSFER_WOULD_BREACH_MARGIN: refusal_of_margin.of_transfer,
    no.INDEX_IS_STALE: refusal_of_margin.of_stale_index,
    no.TOO_MANY_OPEN_ORDERS: _open_orders,
    no.AMOUNT_MUST_BE_POSITIVE: _amount,
}
"""What was compared, by the refusal. What compares no numbers is said by its sentence alone."""
