"""Would it have happened without a change? The journal lived again without its commands.

Assumed is that everyone else did the same: the same orders, the same prices, at the same moments.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from pilothouse.language.events import OrderCancelled, OrderFilled, ProtectionStepTaken
from pilothouse.language.kinds import CancelReason, ProtectionStep
from pilothouse.language.refusals import REFUSALS
from pilothouse.language.rows import Happened, Rows, from_event_row
from pilothouse.venue.explanation.before import about
from pilothouse.venue.explanation.facts import Explanation, What, usd
from pilothouse.venue.leaving_out import Lived, without
from pilothouse.venue.past import Past
from pilothouse.venue.views.margin import margin

ASSUMED: Final = "Everyone else is taken to have sent the same orders at the same moments."


CLOSING: Final = (ProtectionStep.LIQUIDATION, ProtectionStep.INSURANCE, ProtectionStep.UNWIND)
ALIKE: Final = {
    ProtectionStep.CANCEL_ORDERS: tuple(ProtectionStep),
    ProtectionStep.CONVERSION: (ProtectionStep.CONVERSION,),
}
"""What counts as the same having happened; of a step that closes, any that does."""


@dataclass(frozen=True)
class WouldHave:
    """What would have been: whether it happens, at the same moment or when first (0: never)."""

    happens: bool
    same: bool
    position: int
    time: int
    equity: int
    initial_with_orders: int
    maintenance: int
    sentence: str
    assumed: str = ASSUMED


def would_have(past: Past, one: Explanation, positions: Collection[int]) -> WouldHave:
    """Return what would have become of it without the commands at these positions."""
    found: list[tuple[Happened, Lived]] = []
    outcome = 0
    last: Lived | None = None
    for last in without(past, positions, one.moment.block):
        rows = last.stepped.events
        if len(rows):
            found += [(at, last) for at in _like(rows, one)]
        outcome = _outcome(last, one.moment.position, outcome)
    assert last is not None
    if one.what == What.REFUSAL:
        return _of_refusal(one, last, outcome)
    return _of_event(one, last, found)


def _like(rows: Rows, one: Explanation) -> list[Happened]:
    mine = [from_event_row(row) for row in rows[about(rows, one.account)]]
    return [at for at in mine if _is_like(at, one)]


def _is_like(at: Happened, one: Explanation) -> bool:
    event: Any = at.event
    if one.what == What.LIQUIDATION:
        alike = ALIKE.get(ProtectionStep(one.step), CLOSING)
        if at.account != one.account:
            return isinstance(event, OrderFilled) and one.step == ProtectionStep.UNWIND
        return isinstance(event, ProtectionStepTaken) and event.step in alike
    if one.what == What.CANCELLATION:
        by_client = CancelReason.BY_CLIENT
        return (
            isinstance(event, OrderCancelled)
            and event.order == one.order
            and (event.reason == by_client) == (one.reason == by_client)
        )
    return isinstance(event, OrderFilled) and one.order in (event.taker_order, event.maker_order)


def _outcome(lived: Lived, position: int, known: int) -> int:
    head = lived.header
    if not head.first_position <= position <= head.last_position:
        return known
    return int(lived.stepped.receipts[position - head.first_position, 1])


def _of_refusal(one: Explanation, last: Lived, outcome: int) -> WouldHave:
    same = outcome == one.refusal
    sentence = "It would have been refused all the same."
    if outcome and not same:
        sentence = f"It would have been refused too, but since {REFUSALS[outcome].sentence}."
    if not outcome:
        sentence = "It would not have been refused."
    return _made(one, last, bool(outcome), same, (one.moment.position, one.moment.time), sentence)


def _of_event(one: Explanation, last: Lived, found: list[tuple[Happened, Lived]]) -> WouldHave:
    if not found:
        sentence = f"It would not have happened by then. {_standing(one, last)}"
        return _made(one, last, False, False, (0, 0), sentence)
    here = [at for at, lived in found if lived.header.number == one.moment.block]
    first = found[0][0]
    if here:
        sentence = "It would have happened all the same, at the same moment."
        if one.what == What.FEE:
            sentence = "The trade would have been made all the same."
        at = here[0].position, here[0].time
        return _made(one, last, True, True, at, sentence)
    sentence = "It would have happened too, but at another moment."
    return _made(one, last, True, False, (first.position, first.time), sentence)


def _standing(one: Explanation, last: Lived) -> str:
    view = margin(last.machine, one.account)
    return (
        f"The account would then have had an equity of {usd(view.equity).text} against a "
        f"maintenance margin of {usd(view.maintenance).text}."
    )


def _made(
    one: Explanation, last: Lived, happens: bool, same: bool, at: tuple[int, int], sentence: str
) -> WouldHave:
    view = margin(last.machine, one.account)
    numbers = view.equity, view.initial_with_orders, view.maintenance
    return WouldHave(happens, same, *at, *numbers, sentence)
