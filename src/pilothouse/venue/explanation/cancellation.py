"""A cancellation by the venue: its reason, and the numbers behind it."""

from __future__ import annotations

from pilothouse.engine.machine import Machine
from pilothouse.engine.state import FILLS_PER_ORDER
from pilothouse.language.events import OrderCancelled, OrderFilled
from pilothouse.language.kinds import CancelReason, Side
from pilothouse.language.rows import Happened, from_event_row
from pilothouse.venue.explanation import units
from pilothouse.venue.explanation.facts import Comparison, Figure, Line, Section
from pilothouse.venue.explanation.liquidation import Told, because, weighing
from pilothouse.venue.explanation.words import REASON_WORDS, side_words
from pilothouse.venue.halting import Halt
from pilothouse.venue.views.accounts import position_rows
from pilothouse.venue.views.margin import margin
from pilothouse.venue.views.orders import OrderView, order

BY_MARGIN = (CancelReason.MARGIN, CancelReason.LIQUIDATION)


def cancelled(halt: Halt, one: Happened, placed: OrderView | None) -> Told:
    """Explain why an order, or its rest, was cancelled; `placed` is the order if it had rested."""
    event = one.event
    assert isinstance(event, OrderCancelled)
    machine, market = halt.machine, units.market_of(halt.machine, event.market)
    view = placed or order(machine, event.order)
    rest = units.quantity(machine, market, event.remaining)
    lines = [Line("Cancelled", rest, "what had not traded")]
    if view:
        lines.insert(0, Line("Quantity", units.quantity(machine, market, view.quantity)))
        lines.insert(1, Line("Limit", units.price(machine, market, view.price)))
    what = (
        f"order {event.order}"
        if view is None
        else (
            f"order {event.order} to {side_words(view.side)} "
            f"{units.quantity(machine, market, view.quantity).text}"
        )
    )
    said = f"The rest of {rest.text} of {what} in {market.symbol} was cancelled."
    why = REASON_WORDS[CancelReason(event.reason)]
    reason = f"The reason: {why}."
    compared: tuple[Comparison, ...] = ()
    if event.reason in BY_MARGIN:
        numbers = margin(machine, one.account)
        compared, reason = (weighing(numbers),), because(numbers)
    else:
        compared = _numbers(halt, one, view)
    return Told(said, reason, compared, (Section("The order", tuple(lines)),), event.market)


def _numbers(halt: Halt, one: Happened, view: OrderView | None) -> tuple[Comparison, ...]:
    event = one.event
    assert isinstance(event, OrderCancelled)
    machine, market = halt.machine, units.market_of(halt.machine, event.market)
    if event.reason == CancelReason.REDUCE_ONLY:
        held = _held(machine, one.account, event.market)
        left = Line("Position", units.quantity(machine, market, held))
        none = Line("opposite position to reduce", units.quantity(machine, market, 0))
        return (Comparison(left, "=" if held == 0 else "≠", none, held == 0),)
    if event.reason == CancelReason.FILLS_CAPPED:
        cap = Line("most orders that one may meet", Figure(FILLS_PER_ORDER))
        return (Comparison(Line("Trades", Figure(_trades(halt, event.order))), "≤", cap),)
    if view is None or event.reason not in (CancelReason.IMMEDIATE_REST, CancelReason.POST_ONLY):
        return ()
    of = halt.after if event.reason == CancelReason.IMMEDIATE_REST else machine
    assert of is not None
    return _against_the_book(of, view)


def _trades(halt: Halt, taker: int) -> int:
    # Orders that it met and that were cancelled instead are counted by the cap, but are no trades.
    told = [from_event_row(row).event for row in halt.told]
    return sum(isinstance(one, OrderFilled) and one.taker_order == taker for one in told)


def _against_the_book(machine: Machine, view: OrderView) -> tuple[Comparison, ...]:
    market = units.market_of(machine, view.market)
    best = market.ask if view.side == Side.BUY else market.bid
    if not best:
        return ()
    limit = Line("Limit", units.price(machine, market, view.price))
    other = Line("best price of the other side", units.price(machine, market, best))
    sign = "=" if view.price == best else ("<" if view.price < best else ">")
    return (Comparison(limit, sign, other),)


def _held(machine: Machine, account: int, market: int) -> int:
    rows = [machine.state.positions[row] for row in position_rows(machine, account)]
    return sum(int(p["quantity"]) for p in rows if int(p["market"]) == market)
