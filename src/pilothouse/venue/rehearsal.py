"""Rehearsal: what a command would do, asked of a copy of the replica by the very command.

A spare machine stands beside the replica in memory that is touched already, so that a copy costs
little. The first answer is one counting pass, the same function that enforces the ceiling; then
the play-out: the command and empty blocks until nothing moves, against the resting book, with no
new orders; then shocks, which move every mark and count. What was not seen to its end says so.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from pilothouse.engine import impact as counting
from pilothouse.engine.machine import Machine
from pilothouse.engine.margin_schedule import rehearse_schedule
from pilothouse.engine.market_status import CONCERNED, read_concerned, read_reached
from pilothouse.engine.price_band import orders_outside
from pilothouse.language.commands import SetMarginSchedule, SetMarketStatus, SetPriceBand
from pilothouse.language.events import (
    InsurancePaid,
    OrderCancelled,
    OrderFilled,
    ProtectionStepTaken,
)
from pilothouse.language.kinds import ClientClass, FillKind
from pilothouse.language.names import Name, Sender
from pilothouse.language.numbers import PPM
from pilothouse.language.refusals import IMPACT_ABOVE_WHAT_WAS_SIGNED
from pilothouse.language.rows import Message, Rows, from_event_row, to_rows
from pilothouse.language.schema import ROW_WORDS
from pilothouse.venue.follower import Follower
from pilothouse.venue.views.margin import BAND_LABELS, health
from pilothouse.venue.views.orders import resting_orders

BLOCKS_MAX = 2_000
BLOCK_US = 10_000
SHOCKS_PPM = (-50_000, -100_000, -200_000, -300_000, 50_000, 100_000)
NO_ROWS = np.zeros((0, ROW_WORDS), np.int64)


@dataclass(frozen=True)
class AffectedAccount:
    """An account that a change brings nearest to, or furthest below, its requirements."""

    account: int
    client_class: ClientClass
    notional: int
    equity: int
    initial_before: int
    initial_after: int
    maintenance_before: int
    maintenance_after: int


@dataclass(frozen=True)
class DistributionBand:
    """How many accounts have an equity over maintenance margin in a band, before and after."""

    label: str
    before: int
    after: int


@dataclass(frozen=True)
class Impact:
    """The first answer: what the engine would say now, and whom it hurts (micro-dollars)."""

    position: int
    time: int
    outcome: int
    accounts_examined: int = 0
    below_initial_before: int = 0
    below_initial_after: int = 0
    below_maintenance_before: int = 0
    below_maintenance_after: int = 0
    newly_below_initial: int = 0
    newly_below_maintenance: int = 0
    notional_newly_below_initial: int = 0
    notional_newly_below_maintenance: int = 0
    orders_to_cancel: int = 0
    """What a margin schedule cancels until nothing moves, as the play-out counts it."""
    unfinished: bool = False
    """Whether something still moved after BLOCKS_MAX: then at least so many are cancelled."""
    orders_outside_band: int = 0
    accounts_reached: int = 0
    notional_reached: int = 0
    resting_orders: int = 0
    holders: int = 0
    open_interest_micro_usd: int = 0
    in_protection: int = 0
    funding_due_micro_usd: int = 0
    """What the holders of a contract have accrued and would pay if funding were paid now."""
    most_affected: tuple[AffectedAccount, ...] = ()
    distribution: tuple[DistributionBand, ...] = ()


@dataclass(frozen=True)
class PlayOut:
    """What follows at present marks, against the resting book and with no new orders.

    Who is still below maintenance margin then waits for somebody who bids.
    """

    position: int
    blocks: int
    orders_cancelled: int
    accounts_liquidated: int
    notional_liquidated: int
    insurance_drawn: int
    unwound_accounts: int
    unwound_notional: int
    still_below_accounts: int
    still_below_notional: int
    unfinished: bool


@dataclass(frozen=True)
class Shock:
    """Accounts and notional below maintenance if every mark moved, without and with the change."""

    move_ppm: int
    below_maintenance_without: int
    below_maintenance_with: int
    notional_without: int
    notional_with: int


class Rehearsal:
    """The room beside a follower in which commands are tried. One question at a time."""

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._spare = Machine.empty()
        self._one_at_a_time = threading.Lock()

    @contextmanager
    def _copy(self, after: Sequence[Message] = ()) -> Iterator[Machine]:
        with self._one_at_a_time:
            with self._follower.machine() as machine:
                machine.copy_into(self._spare)
            _end_probation(self._spare)
            for place, earlier in enumerate(after, start=1):
                self._spare.execute(to_rows(_renamed(earlier, place)), self._spare.time)
            yield self._spare

    def impact(self, message: Message, after: Sequence[Message] = ()) -> Impact:
        """Return the first answer to a command, given after the commands of earlier steps."""
        with self._copy(after) as machine:
            asked, position = message.command, machine.position - len(after)
            made = _count(machine, message, Impact(position, machine.time, 0))
            stepped = machine.step(to_rows(_renamed(message)), machine.time)
            outcome = int(stepped.receipts[0, 1])
            if isinstance(asked, SetMarginSchedule):
                if outcome == IMPACT_ABOVE_WHAT_WAS_SIGNED:
                    # Nothing was written; who sets a higher ceiling reads what would follow.
                    unlimited = to_rows(_renamed(_without_ceiling(message), len(after) + 1))
                    stepped = machine.step(unlimited, machine.time)
                made = _with_cancels(machine, stepped.events, made)
            return replace(made, outcome=outcome)

    def play_out(self, message: Message, after: Sequence[Message] = ()) -> PlayOut:
        """Return what follows once a command is executed, at present marks."""
        with self._copy(after) as machine:
            first = machine.step(to_rows(_renamed(message)), machine.time).events
            events = [first, *_let_run(machine)]
            return _told(machine, np.concatenate(events), len(events))

    def shocks(self, message: Message, after: Sequence[Message] = ()) -> tuple[Shock, ...]:
        """Return what moves of every mark would do, without and with the command."""
        with self._copy(after) as machine:
            marks, indexes = _prices(machine)
            without = [_shocked(machine, marks, indexes, ppm) for ppm in SHOCKS_PPM]
            _move(machine, marks, indexes, 0)
            machine.execute(to_rows(_renamed(message)), machine.time)
            with_it = [_shocked(machine, marks, indexes, ppm) for ppm in SHOCKS_PPM]
        rows = zip(SHOCKS_PPM, without, with_it, strict=True)
        return tuple(
            Shock(ppm, before[0], then[0], before[1], then[1]) for ppm, before, then in rows
        )


def _renamed(message: Message, place: int = 0) -> Message:
    # On the copy the command is always new, whatever was rehearsed or sent under its name.
    return replace(message, name=Name(Sender.REHEARSAL, 1, 1 + place))


def _count(machine: Machine, message: Message, made: Impact) -> Impact:
    """Count with the functions that the command itself counts with."""
    asked, state = message.command, machine.arena.state
    if isinstance(asked, SetMarginSchedule):
        return _count_schedule(machine, message, made)
    if isinstance(asked, SetPriceBand):
        outside = orders_outside(state, asked.market, asked.band_ppm)
        return replace(made, orders_outside_band=int(outside))
    if isinstance(asked, SetMarketStatus):
        reached = np.zeros(2, np.int64)
        read_reached(state, asked.market, asked.status, reached)
        made = replace(made, accounts_reached=int(reached[0]), notional_reached=int(reached[1]))
        return _concerned(machine, asked.market, made)
    return made


def _concerned(machine: Machine, market: int, made: Impact) -> Impact:
    # Who and what is in a market whose status moves.
    concerned = np.zeros(CONCERNED, np.int64)
    read_concerned(machine.arena.state, market, concerned)
    holders, interest, protected, due = (int(one) for one in concerned)
    return replace(
        made,
        resting_orders=resting_orders(machine, market),
        holders=holders,
        open_interest_micro_usd=interest,
        in_protection=protected,
        funding_due_micro_usd=due,
    )


def _count_schedule(machine: Machine, message: Message, made: Impact) -> Impact:
    counts = counting.empty_counts()
    bands = np.zeros((counting.BANDS, 2), np.int64)
    top = np.zeros((counting.TOP, counting.TOP_WORDS), np.int64)
    refused = rehearse_schedule(machine.arena.state, to_rows(message), counts, bands, top)
    if refused:
        return replace(made, outcome=refused)
    words = [int(one) for one in counts]
    labels = zip(BAND_LABELS, bands.tolist(), strict=True)
    return replace(
        made,
        accounts_examined=words[counting.EXAMINED],
        below_initial_before=words[counting.BELOW_INITIAL_BEFORE],
        below_initial_after=words[counting.BELOW_INITIAL_AFTER],
        below_maintenance_before=words[counting.BELOW_MAINTENANCE_BEFORE],
        below_maintenance_after=words[counting.BELOW_MAINTENANCE_AFTER],
        newly_below_initial=words[counting.NEWLY_BELOW_INITIAL],
        newly_below_maintenance=words[counting.NEWLY_BELOW_MAINTENANCE],
        notional_newly_below_initial=words[counting.NOTIONAL_BELOW_INITIAL],
        notional_newly_below_maintenance=words[counting.NOTIONAL_BELOW_MAINTENANCE],
        most_affected=tuple(_affected(machine, row) for row in top.tolist() if row[1]),
        distribution=tuple(DistributionBand(label, *pair) for label, pair in labels),
    )


def _affected(machine: Machine, row: list[int]) -> AffectedAccount:
    account = row[counting.ACCOUNT]
    client_class = ClientClass(int(machine.state.accounts[account]["client_class"]))
    return AffectedAccount(account, client_class, *row[counting.NOTIONAL :])


def _without_ceiling(message: Message) -> Message:
    command: Any = message.command
    limits = [one.name for one in fields(command) if one.name.endswith("_max")]
    return replace(message, command=replace(command, **dict.fromkeys(limits, -1)))


def _end_probation(machine: Machine) -> None:
    # A rehearsal holds prices, so an index that is live again since seconds stays where it is: who
    # waits to be examined until it is believed is examined now. Else nothing would seem to follow.
    machine.state.assets["live_since"] = 0


def _let_run(machine: Machine) -> Iterator[Rows]:
    """Step empty blocks until nothing moves, BLOCKS_MAX with the command's own; yield events."""
    blocks = 1
    while not machine.quiet() and blocks < BLOCKS_MAX:
        yield machine.step(NO_ROWS, machine.time + BLOCK_US).events
        blocks += 1


def _with_cancels(machine: Machine, events: Rows, made: Impact) -> Impact:
    cancelled = sum(
        int((rows[:, 0] == OrderCancelled.number).sum())
        for rows in itertools.chain([events], _let_run(machine))
    )
    return replace(made, orders_to_cancel=cancelled, unfinished=not machine.quiet())


def _told(machine: Machine, rows: Any, blocks: int) -> PlayOut:
    told = [from_event_row(row) for row in rows]
    fills = [(one.event, one.account) for one in told if isinstance(one.event, OrderFilled)]
    sold = [(e, account) for e, account in fills if e.fill_kind == FillKind.LIQUIDATION]
    unwound = [(e, account) for e, account in fills if e.fill_kind == FillKind.UNWIND]
    steps = {one.account for one in told if isinstance(one.event, ProtectionStepTaken)}
    touched = {account for _, account in sold + unwound}
    paid = [one.event.amount for one in told if isinstance(one.event, InsurancePaid)]
    left = health(machine)
    return PlayOut(
        position=machine.position,
        blocks=blocks,
        orders_cancelled=sum(isinstance(one.event, OrderCancelled) for one in told),
        accounts_liquidated=len(steps & touched),
        notional_liquidated=sum(e.value for e, _ in sold),
        insurance_drawn=sum(paid),
        unwound_accounts=len({e.maker_account for e, _ in unwound}),
        unwound_notional=sum(e.value for e, _ in unwound),
        still_below_accounts=left.below_maintenance,
        still_below_notional=left.notional_below_maintenance,
        unfinished=not machine.quiet(),
    )


def _prices(machine: Machine) -> tuple[Any, Any]:
    return machine.state.markets["mark"].copy(), machine.state.assets["index_e12"].copy()


def _move(machine: Machine, marks: Any, indexes: Any, ppm: int) -> None:
    machine.state.markets["mark"] = marks + _share(marks, ppm)
    moved = indexes + _share(indexes, ppm)
    dollar = int(machine.state.exchange[0]["dollar"])
    moved[dollar] = indexes[dollar]
    machine.state.assets["index_e12"] = moved


def _share(amounts: Any, ppm: int) -> Any:
    # Dividing first keeps the product within 64 bits.
    return amounts // PPM * ppm + amounts % PPM * ppm // PPM


def _shocked(machine: Machine, marks: Any, indexes: Any, ppm: int) -> tuple[int, int]:
    _move(machine, marks, indexes, ppm)
    view = health(machine)
    return view.below_maintenance, view.notional_below_maintenance
