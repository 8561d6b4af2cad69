"""What came of the steps of equity protection for their account, in sentences for the client.

One step may close nothing and the next one all, in the same block: the answer is only whole with
those that followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pilothouse.engine.machine import Machine
from pilothouse.language.events import (
    CollateralConverted,
    InsurancePaid,
    OrderCancelled,
    OrderFilled,
    PositionChanged,
    ProtectionEnded,
    ProtectionStepTaken,
)
from pilothouse.language.kinds import ProtectionStep
from pilothouse.language.rows import Happened
from pilothouse.venue.explanation import units
from pilothouse.venue.explanation.facts import cents
from pilothouse.venue.explanation.words import STEP_WORDS


@dataclass
class Outcome:
    """What a step came to: the fills that closed, what they realised, and what the pool paid."""

    step: ProtectionStepTaken
    fills: list[OrderFilled] = field(default_factory=list)
    realised: int = 0
    cancelled: int = 0
    converted: list[CollateralConverted] = field(default_factory=list)
    paid: list[InsurancePaid] = field(default_factory=list)
    ended: ProtectionEnded | None = None


def outcomes(account: int, events: Iterable[Happened]) -> list[Outcome]:
    """Return the steps taken on an account with what came of each, in their order.

    An unwind takes one holder of the other side after the other: together they are one step here.
    """
    made: list[Outcome] = []
    mine = False
    for one in events:
        event = one.event
        if isinstance(event, ProtectionStepTaken):
            mine = one.account == account
            if mine and not (made and _goes_on(made[-1].step, event)):
                made.append(Outcome(event))
        elif mine and one.account == account:
            _take(made[-1], one)
    return made


def _goes_on(before: ProtectionStepTaken, step: ProtectionStepTaken) -> bool:
    unwinds = step.step == ProtectionStep.UNWIND
    return unwinds and (before.step, before.market) == (step.step, step.market)


def _take(outcome: Outcome, one: Happened) -> None:
    event = one.event
    if isinstance(event, OrderFilled):
        outcome.fills.append(event)
    elif isinstance(event, PositionChanged):
        outcome.realised += event.realised
    elif isinstance(event, OrderCancelled):
        outcome.cancelled += 1
    elif isinstance(event, CollateralConverted):
        outcome.converted.append(event)
    elif isinstance(event, InsurancePaid):
        outcome.paid.append(event)
    elif isinstance(event, ProtectionEnded):
        outcome.ended = event


def sentences(machine: Machine, made: list[Outcome]) -> tuple[str, ...]:
    """Return what came of it: the first step's outcome, then each step that followed."""
    told: list[str] = []
    for place, outcome in enumerate(made):
        if place:
            told.append(_then(machine, outcome))
        told += _came(machine, outcome)
    return tuple(told)


def _then(machine: Machine, outcome: Outcome) -> str:
    step = outcome.step
    said = f"Equity protection then {STEP_WORDS[step.step]}"
    if step.step == ProtectionStep.INSURANCE and not outcome.fills:
        said = "Equity protection then offered the position with the insurance pool bearing a part"
    where = f" in {units.market_of(machine, step.market).symbol}" if step.market else ""
    return f"{said}{where}."


def _came(machine: Machine, outcome: Outcome) -> Iterator[str]:
    if outcome.cancelled:
        one = outcome.cancelled == 1
        yield f"{outcome.cancelled} open order{' was' if one else 's were'} cancelled."
    if outcome.fills:
        yield _closed(machine, outcome)
    elif outcome.step.step not in (ProtectionStep.CANCEL_ORDERS, ProtectionStep.CONVERSION):
        yield "Nobody took it at that price, so nothing was closed then."
    for sold in outcome.converted:
        amount = units.amount(machine, sold.asset, sold.amount).text
        value = cents(sold.value).text
        yield f"Collateral of {amount} was converted for {value} towards the debt."
    for paid in outcome.paid:
        amount = units.amount(machine, paid.asset, paid.amount).text
        yield f"The insurance pool paid the {amount} that were missing."
    if outcome.ended is not None:
        yield f"Equity protection ended with an equity of {cents(outcome.ended.equity).text}."


def _closed(machine: Machine, outcome: Outcome) -> str:
    fills, of = outcome.fills, units.market_of(machine, outcome.fills[0].market)
    closed = units.quantity(machine, of, sum(one.quantity for one in fills)).text
    prices = sorted({one.price for one in fills})
    low, high = (units.price(machine, of, one).text for one in (prices[0], prices[-1]))
    at = f"at {low}" if low == high else f"at prices from {low} to {high}"
    result = "a loss" if outcome.realised < 0 else "a profit"
    realised = units.amount(machine, of.quote, abs(outcome.realised)).text
    fee = units.amount(machine, of.quote, sum(one.taker_fee for one in fills)).text
    return f"{closed} were closed {at}, which realised {result} of {realised}; the fee was {fee}."
