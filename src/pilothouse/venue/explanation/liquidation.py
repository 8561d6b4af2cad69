"""A step of the equity protection process: what was weighed, and how much was closed at what.

The inequality that failed is read from the machine before the step; quantity and price are those
of the step's own event, and the lines show how the rules come to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pilothouse.engine import reading
from pilothouse.engine.liquidation_price import POOL_SHARE_PPM
from pilothouse.engine.machine import Machine
from pilothouse.language.events import (
    CollateralConverted,
    InsurancePaid,
    OrderCancelled,
    OrderFilled,
    PositionChanged,
    ProtectionStepTaken,
)
from pilothouse.language.kinds import ProtectionStep
from pilothouse.language.numbers import ppm_to_percent
from pilothouse.language.rows import Happened
from pilothouse.rules.liquidation import (
    insured_value,
    price_of_value,
    quantity_to_close,
    share_of_equity,
    unwound_price,
    zero_equity_value,
)
from pilothouse.venue.explanation import units
from pilothouse.venue.explanation.facts import (
    Comparison,
    Figure,
    Line,
    Section,
    told_apart,
    usd,
)
from pilothouse.venue.explanation.words import STEP_WORDS
from pilothouse.venue.views.accounts import PositionView, positions
from pilothouse.venue.views.insurance import pool
from pilothouse.venue.views.margin import MarginView, margin


@dataclass(frozen=True)
class Told:
    """What a part of an explanation says."""

    said: str
    because: str
    comparisons: tuple[Comparison, ...]
    sections: tuple[Section, ...]
    market: int
    faults: tuple[str, ...] = ()


def step_taken(machine: Machine, one: Happened, events: tuple[Happened, ...]) -> Told:
    """Explain a step from the machine before it and from the events of its examination."""
    step = one.event
    assert isinstance(step, ProtectionStepTaken)
    view = margin(machine, one.account)
    weighed = weighing(view)
    sections = [Section("What was done", tuple(_done(machine, one, events)))]
    faults = _faults(view, step)
    if step.market:
        lines, wrong = _price(machine, one, view, events)
        sections.insert(0, Section("What was to be closed, and at what price", tuple(lines)))
        faults += wrong
    said = f"Equity protection (liquidation) {STEP_WORDS[step.step]}"
    if step.market:
        said += f" in {units.market_of(machine, step.market).symbol}"
    return Told(said + ".", because(view), (weighed,), tuple(sections), step.market, faults)


def weighing(view: MarginView) -> Comparison:
    """Return the inequality that holds against the account: maintenance first."""
    equity = Line("Equity", usd(view.equity))
    if view.equity < view.maintenance:
        return Comparison(equity, "<", Line("maintenance margin", usd(view.maintenance)))
    other = Line("initial margin with orders", usd(view.initial_with_orders))
    return Comparison(equity, "<" if view.equity < view.initial_with_orders else "≥", other)


def because(view: MarginView) -> str:
    """Return the inequality as a sentence for the client."""
    if view.equity < view.maintenance:
        equity, need = told_apart(view.equity, view.maintenance)
        return f"The equity of {equity} was below the maintenance margin of {need}."
    equity, need = told_apart(view.equity, view.initial_with_orders)
    return (
        f"The equity of {equity} no longer covered the initial margin of {need} that positions "
        "and open orders needed together, so orders were cancelled."
    )


def _faults(view: MarginView, step: ProtectionStepTaken) -> tuple[str, ...]:
    shown = view.equity, view.initial_with_orders, view.maintenance
    weighed = step.equity, step.initial, step.maintenance
    return () if shown == weighed else (f"the step weighed {weighed}, shown is {shown}",)


def _price(
    machine: Machine, one: Happened, view: MarginView, events: tuple[Happened, ...]
) -> tuple[list[Line], tuple[str, ...]]:
    step = one.event
    assert isinstance(step, ProtectionStepTaken)
    (held,) = (at for at in positions(machine, one.account) if at.market == step.market)
    market = units.market_of(machine, step.market)
    size = abs(held.quantity)
    lines, worst = _worst(machine, step, view, held)
    quantity = quantity_to_close(size, view.equity, view.maintenance, market.lot)
    if step.step != ProtectionStep.LIQUIDATION:
        quantity = step.quantity if step.step == ProtectionStep.UNWIND else size
    m = machine.state.markets[step.market]
    grid = int(m["multiplier"]), int(m["divisor"]), market.tick
    price = int(price_of_value(worst, size, *grid, held.quantity > 0))
    if step.step == ProtectionStep.UNWIND:
        more, price = _given_back(machine, one, held, price, events)
        lines += more
    half = "the whole position" if quantity == size else "a part of the position"
    lines = [
        Line("Position", units.quantity(machine, market, held.quantity), _side(held)),
        Line("Value at mark", usd(held.notional_micro_usd)),
        *lines,
        Line("Quantity to close", units.quantity(machine, market, step.quantity), half),
        Line("Worst price accepted", units.price(machine, market, step.price), "on the tick"),
    ]
    agrees = (step.quantity, step.price) == (quantity, price)
    wrong = f"{step.quantity} at {step.price} was closed, shown is {quantity} at {price}"
    return lines, () if agrees else (wrong,)


def _worst(
    machine: Machine, step: ProtectionStepTaken, view: MarginView, held: PositionView
) -> tuple[list[Line], int]:
    """Return the worst value at which the position may close, and the lines that come to it."""
    fee_ppm = units.market_of(machine, step.market).liquidation_fee_ppm
    value, is_long, equity = held.notional_micro_usd, held.quantity > 0, view.equity
    own = int(share_of_equity(equity, held.maintenance, view.maintenance))
    zero = int(zero_equity_value(value, own, is_long, fee_ppm))
    lines = [
        Line("Its share of equity", usd(own), _share_how(view, held)),
        Line("Value that leaves none of it", usd(zero), _zero_how(held, fee_ppm)),
    ]
    if step.step == ProtectionStep.LIQUIDATION:
        return lines, zero
    loss = int(reading.read_share(max(0, pool(machine, step.market)), POOL_SHARE_PPM))
    unwound = step.step == ProtectionStep.UNWIND
    lost = int(zero_equity_value(value, equity + loss, is_long, 0 if unwound else fee_ppm))
    lines += [
        Line("The insurance pool may lose", usd(loss), "a tenth of what it holds"),
        Line(
            "Value at which it has lost that",
            usd(lost),
            "with that added to equity" + (", without a fee" if unwound else ""),
        ),
    ]
    if unwound:
        return lines, lost
    worst = int(insured_value(value, own, equity + loss, is_long, fee_ppm))
    return [*lines, Line("Worst value accepted", usd(worst), _near(fee_ppm))], worst


def _given_back(
    machine: Machine, one: Happened, held: PositionView, price: int, events: tuple[Happened, ...]
) -> tuple[list[Line], int]:
    """Return the price of an unwind, bounded by the profit of the other side, and its lines."""
    later = events[events.index(one) + 1 :]
    fill = next(at.event for at in later if isinstance(at.event, OrderFilled))
    (other,) = (at for at in positions(machine, fill.maker_account) if at.market == held.market)
    market, m = units.market_of(machine, held.market), machine.state.markets[held.market]
    grid, up = (int(m["multiplier"]), int(m["divisor"]), market.tick), held.quantity < 0
    paid = max(0, other.entry_cost if other.quantity > 0 else -other.entry_cost)
    entry = int(price_of_value(paid, abs(other.quantity), *grid, up))
    at_mark = int(price_of_value(held.notional_micro_usd, abs(held.quantity), *grid, up))
    how = "the other side gives back its profit at most, and loses nothing against the mark"
    lines = [Line("What the other side had paid", units.price(machine, market, entry), how)]
    return lines, int(unwound_price(price, at_mark, entry, held.quantity > 0))


def _side(held: PositionView) -> str:
    return "long" if held.quantity > 0 else "short"


def _near(fee_ppm: int) -> str:
    share = ppm_to_percent(fee_ppm)
    return f"no further from mark than the fee of {share} %, unless equity reaches further"


def _share_how(view: MarginView, held: PositionView) -> str:
    part, whole = usd(held.maintenance).text, usd(view.maintenance).text
    return f"as its {part} of the maintenance margin of {whole}, rounded down"


def _zero_how(held: PositionView, fee_ppm: int) -> str:
    share = ppm_to_percent(fee_ppm)
    if held.quantity > 0:
        return f"(value − that) ÷ (1 − fee of {share} %), rounded up"
    return f"(value + that) ÷ (1 + fee of {share} %), rounded down"


def _done(machine: Machine, one: Happened, events: tuple[Happened, ...]) -> Iterator[Line]:
    cancelled = [at for at in events if isinstance(at.event, OrderCancelled)]
    mine = [at for at in cancelled if at.account == one.account]
    if mine:
        yield Line("Orders cancelled", Figure(len(mine)))
    for at in events:
        event = at.event
        if isinstance(event, OrderFilled) and at.account == one.account:
            market = units.market_of(machine, event.market)
            price = units.price(machine, market, event.price).text
            yield Line(
                f"Closed at {price}",
                units.quantity(machine, market, event.quantity),
                f"worth {usd(event.value).text}, fee {usd(event.taker_fee).text}",
            )
        if isinstance(event, PositionChanged) and at.account == one.account and event.realised:
            yield Line("Profit realised", usd(event.realised))
        if isinstance(event, CollateralConverted) and at.account == one.account:
            how = f"for {usd(event.value).text}: at its index, after its haircut"
            sold = units.amount(machine, event.asset, event.amount)
            yield Line("Collateral converted", sold, how)
        if isinstance(event, InsurancePaid) and at.account == one.account:
            how = "what was below zero once no position was left"
            yield Line("The insurance pool paid", usd(event.amount), how)
