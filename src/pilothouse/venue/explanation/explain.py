"""From a place in the journal to its explanation: halt before it, read the machine, say why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from pilothouse.language.commands import PlaceOrder
from pilothouse.language.events import (
    CollateralConverted,
    InsurancePaid,
    OrderCancelled,
    OrderFilled,
    OrderPlaced,
    ProtectionStepTaken,
)
from pilothouse.language.kinds import FillKind, OrderType, Side
from pilothouse.language.rows import Happened, Rows, from_event_row, from_rows
from pilothouse.venue.explanation.before import Seen, about, accounts_of
from pilothouse.venue.explanation.cancellation import cancelled
from pilothouse.venue.explanation.facts import Explanation, Moment, What
from pilothouse.venue.explanation.fee import fee_taken
from pilothouse.venue.explanation.liquidation import Told, step_taken
from pilothouse.venue.explanation.looking import NotExplained, within
from pilothouse.venue.explanation.margin import faults, sections
from pilothouse.venue.explanation.outcome import outcomes, sentences
from pilothouse.venue.explanation.refusal import refused
from pilothouse.venue.halting import POSITION, Halt
from pilothouse.venue.past import Past
from pilothouse.venue.views.accounts import account_count, positions
from pilothouse.venue.views.books import book
from pilothouse.venue.views.margin import margin
from pilothouse.venue.views.markets import market
from pilothouse.venue.views.orders import OrderView

BOOK_LEVELS: Final = 8
EXPLAINED: Final = frozenset(
    one.number
    for one in (
        OrderCancelled, OrderFilled, ProtectionStepTaken, CollateralConverted, InsurancePaid
    )
)  # fmt: skip


def explain_event(past: Past, number: int, event: int, account: int) -> Explanation:
    """Explain an event of an account by its place among those of block `number`.

    Raises NoSuchMoment, PastIsSealed, and NotExplained for events of other kinds or accounts.
    """
    seen = Seen(account)
    halt = past.before_event(number, event, seen.watch)
    row = halt.told[event - halt.first_told]
    if account not in accounts_of(row):
        raise NotExplained(f"event {event} of block {number} is not about account {account}")
    return _of_event(halt, event, account, seen)


def explain_command(past: Past, position: int, account: int) -> Explanation:
    """Explain what became of an account's refused command, or of the order that it placed."""
    seen = Seen(account)
    halt = past.before_command(position, seen.watch)
    asked: Any = from_rows(halt.command).command
    if getattr(asked, "account", 0) != account:
        raise NotExplained(f"command {position} is not account {account}'s")
    if not 1 <= account <= account_count(halt.machine):
        raise NotExplained(f"there was no account {account}")
    if not halt.outcome:
        place = _first_of(halt.told, account)
        if place is None:
            raise NotExplained(f"command {position} was executed, and nothing of it is explained")
        return _of_event(halt, halt.first_told + place, account, seen)
    moment = Moment(halt.header.number, -1, position, halt.header.time)
    name = asked.client_order_id if isinstance(asked, PlaceOrder) else ""
    return _explained(
        What.REFUSAL, halt, account, moment, refused(halt), seen,
        refusal=halt.outcome, client_order_id=name,
    )  # fmt: skip


def explained_rows(rows: Rows, account: int) -> Iterator[int]:
    """Yield the places of the events of an account that can be explained."""
    for place in np.flatnonzero(about(rows, account)).tolist():
        if int(rows[place, 0]) in EXPLAINED:
            yield place


def _first_of(rows: Rows, account: int) -> int | None:
    found = list(explained_rows(rows, account)) if len(rows) else []
    cancels = [k for k in found if int(rows[k, 0]) == OrderCancelled.number]
    return next(iter(cancels or found), None)


def _of_event(halt: Halt, event: int, account: int, seen: Seen) -> Explanation:
    place = event - halt.first_told
    told = [from_event_row(row) for row in halt.told]
    one = told[place]
    seen.take(halt.told[:place])
    moment = Moment(halt.header.number, event, one.position, halt.header.time)
    happened = one.event
    if isinstance(happened, OrderCancelled):
        return _explained(
            What.CANCELLATION, halt, account, moment, cancelled(halt, one, _placed(told, one)),
            seen, order=happened.order, reason=int(happened.reason),
        )  # fmt: skip
    if isinstance(happened, OrderFilled) and happened.fill_kind != FillKind.UNWIND:
        fills = [at for at in told if isinstance(at.event, OrderFilled)]
        made = fee_taken(halt, account, fills.index(one), fills)
        mine = happened.maker_order if one.account != account else happened.taker_order
        return _explained(
            What.FEE, halt, account, moment, made, seen, order=mine, trade=happened.trade
        )
    step = _step_of(told, place)
    if step is None:
        raise NotExplained("only liquidations, refusals, cancellations and fees are explained")
    return _explained(
        What.LIQUIDATION, halt, account, moment, _protection(halt, step, told, account), seen,
        step=int(step.event.step),  # type: ignore[attr-defined]
        outcome=_came_of(halt, step, told, account),
    )  # fmt: skip


def _protection(halt: Halt, step: Happened, told: list[Happened], account: int) -> Told:
    if step.account == account:
        return step_taken(halt.machine, step, tuple(told))
    event = step.event
    assert isinstance(event, ProtectionStepTaken)
    said = "A profitable position was reduced by an unwind: the market had gone beyond what the "
    said += "insurance pool may lose on the other side, so the best-ranked holder took it."
    why = "Holders are ranked by their profit as a share of their cost of entry."
    return Told(said, why, (), (), event.market)


def _came_of(halt: Halt, step: Happened, told: list[Happened], account: int) -> tuple[str, ...]:
    if step.account != account:
        return ()
    later = [from_event_row(row) for row in halt.later()]
    return sentences(halt.machine, outcomes(account, told[told.index(step) :] + later))


def _step_of(told: list[Happened], place: int) -> Happened | None:
    before = [one for one in told[: place + 1] if isinstance(one.event, ProtectionStepTaken)]
    return before[-1] if before else None


def _placed(told: list[Happened], one: Happened) -> OrderView | None:
    # An order that never rested is known from the event of its placing.
    assert isinstance(one.event, OrderCancelled)
    for at in told:
        event = at.event
        if isinstance(event, OrderPlaced) and event.order == one.event.order:
            return OrderView(
                event.order, at.account, event.market, Side(event.side),
                OrderType(event.order_type), event.flags, event.price, event.quantity,
                one.event.remaining, at.time,
            )  # fmt: skip
    return None


def _explained(
    what: What, halt: Halt, account: int, moment: Moment, told: Told, seen: Seen, **named: Any
) -> Explanation:
    machine = halt.machine
    view, held = margin(machine, account), positions(machine, account)
    concerns_margin = bool(held) or what is What.LIQUIDATION
    return Explanation(
        what=what,
        account=account,
        moment=moment,
        where=halt.where,
        said=told.said,
        because=told.because,
        comparisons=told.comparisons,
        sections=told.sections + (sections(machine, account) if concerns_margin else ()),
        margin=view,
        market=told.market,
        listed=market(machine, told.market),
        markets=tuple(sorted({one.market for one in held} | ({told.market} - {0}))),
        book=book(machine, told.market, BOOK_LEVELS) if told.market else None,
        before=seen.before(halt.header, halt.after or machine),
        faults=told.faults + faults(view, held),
        **named,
    )


def find(past: Past, account: int, position: int) -> Explanation:
    """Explain what happened to an account at a position: its own command, or what the block did.

    Raises NotExplained when nothing that is explained happened to it there, NotLookedFurther when
    the end of its block is too far.
    """
    try:
        return explain_command(past, position, account)
    except NotExplained:
        pass
    for machine, block in within(past.blocks_from_command(position)):
        stepped = machine.step(np.array(block.rows), block.header.time)
        rows = stepped.events
        here = [k for k in explained_rows(rows, account) if int(rows[k, POSITION]) == position]
        steps = [k for k in here if int(rows[k, 0]) == ProtectionStepTaken.number]
        if here:
            return explain_event(past, block.header.number, (steps or here)[0], account)
        if block.header.first_position > position + 1 or (
            block.header.commands and (block.header.first_position > position)
        ):
            break
    raise NotExplained(f"nothing that is explained happened to account {account} at {position}")
