"""From the replica's thread to the gateway's loop: what happened since the loop last looked.

The follower's thread adds block after block to one moment; the loop takes it whole. While the loop
is busy the moment grows: levels in place, the newest quantity of each, so that a burst becomes one
message a book. While nobody listens nothing is kept, and of accounts only what is watched.
"""

from __future__ import annotations

import copy
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilothouse.language.events import (
    AssetListed,
    Deposited,
    MarketListed,
    MarketStatusSet,
    Transferred,
)
from pilothouse.language.kinds import FillKind
from pilothouse.language.rows import Happened, Rows, from_event_row
from pilothouse.language.schema import EVENT_HEAD
from pilothouse.records.history import SpanLike
from pilothouse.records.orders import Execution, FillRecord, OrderRecord
from pilothouse.trading_api.feeds.levels import LevelFold, Place
from pilothouse.trading_api.ports import Replica
from pilothouse.venue.views.accounts import BalanceView, balances

KIND: Final = 0
ACCOUNT: Final = EVENT_HEAD.index("account")
FIRST_WORD: Final = len(EVENT_HEAD)
"""Where an event's own words begin; the first of a status is its market."""
MOVES: Final = (Deposited.number, Transferred.number)
LISTINGS: Final = (AssetListed.number, MarketListed.number)


@dataclass(frozen=True)
class OrderReport:
    """An order as it was right after something happened to it; `execution` if it traded."""

    order: OrderRecord
    position: int
    execution: Execution | None = None


@dataclass
class AccountReport:
    """What one block did to a watched account, and its balances behind it."""

    account: int
    time: int
    orders: list[OrderReport] = field(default_factory=list)
    deeds: list[Execution] = field(default_factory=list)
    """Its sides of fills that no order of its own made: liquidations, unwinds."""
    moves: list[Happened] = field(default_factory=list)
    balances: list[BalanceView] = field(default_factory=list)


@dataclass
class Moment:
    """What happened in some blocks in a row; `time` is the last one's, in microseconds."""

    position: int = 0
    time: int = 0
    levels: dict[Place, int] = field(default_factory=dict)
    trades: list[FillRecord] = field(default_factory=list)
    accounts: list[AccountReport] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)
    """Markets whose status changed."""
    listed: bool = False
    """Whether an asset or a market was listed."""


class Moments:
    """The moment under way. An OrderListener, and a listener of blocks behind the history."""

    def __init__(self) -> None:
        self.levels = LevelFold()
        self._follower: Replica | None = None
        self._wake: Callable[[], object] | None = None
        self._lock = threading.Lock()
        self._moment, self._awake = Moment(), False
        self._fills: list[FillRecord] = []
        self._orders: list[OrderReport] = []
        self._deeds: list[Execution] = []
        self._watched: Counter[int] = Counter()
        self._numbers: NDArray[np.int64] = np.zeros(0, np.int64)

    # In the follower's thread -----------------------------------------------------------------

    def placed(self, order: OrderRecord) -> None:
        """Hear of a new order."""
        self.levels.placed(order)
        self._report(order, order.number)

    def executed(self, order: OrderRecord, execution: Execution) -> None:
        """Hear of an order's fill."""
        self.levels.executed(order, execution)
        self._report(order, execution.fill.position, execution)

    def cancelled(self, order: OrderRecord) -> None:
        """Hear of an order's end."""
        self.levels.cancelled(order)
        self._report(order, order.closed_position)

    def traded(self, fill: FillRecord) -> None:
        """Hear of a fill; an unwind is no trade of the market."""
        if self._wake is not None and fill.kind != FillKind.UNWIND:
            self._fills.append(fill)
        if not (fill.taker_order and fill.maker_order) and self._watched:
            sides = Execution(fill, False), Execution(fill, True)
            self._deeds += [one for one in sides if not one.order and one.account in self._watched]

    def _report(
        self, order: OrderRecord, position: int, execution: Execution | None = None
    ) -> None:
        if order.account in self._watched:
            self._orders.append(OrderReport(copy.copy(order), position, execution))

    def block(self, span: SpanLike) -> None:
        """Close a block: what it did becomes part of the moment, and the loop is woken."""
        changes, wake = self.levels.take_changes(), self._wake
        if wake is None:
            return
        reports = self._accounts(span) if self._watched else []
        with self._lock:
            moment = self._moment
            moment.position = span.first_position + len(span.receipts) - 1
            moment.time = int(span.time)
            moment.levels.update(changes)
            moment.trades += self._fills
            moment.accounts += reports
            _add_events(moment, span.events)
            awake, self._awake = self._awake, True
        self._fills = []
        if not awake:
            wake()

    def _accounts(self, span: SpanLike) -> list[AccountReport]:
        touched = span.events[np.isin(span.events[:, ACCOUNT], self._numbers)]
        reports = {
            account: AccountReport(account, int(span.time))
            for account in touched[:, ACCOUNT].tolist()
        }
        for one in self._orders:
            account = one.order.account
            report = reports.setdefault(account, AccountReport(account, int(span.time)))
            report.orders.append(one)
        for deed in self._deeds:
            reports.setdefault(
                deed.account, AccountReport(deed.account, int(span.time))
            ).deeds.append(deed)
        self._orders, self._deeds = [], []
        for row in touched[np.isin(touched[:, KIND], MOVES)]:
            reports[int(row[ACCOUNT])].moves.append(from_event_row(row))
        if reports and self._follower is not None:
            with self._follower.machine() as machine:
                for account, report in reports.items():
                    report.balances = balances(machine, account)
        return list(reports.values())

    # In the loop ------------------------------------------------------------------------------

    def listen(self, follower: Replica, wake: Callable[[], object]) -> None:
        """Have blocks kept from now on and `wake` called, from the follower's thread.

        To be called between two blocks, with the replica's machine held.
        """
        self._follower = follower
        # What a start recalled is no change: it is in the books that are copied from now on.
        self.levels.take_changes()
        with self._lock:
            self._moment, self._awake = Moment(), False
        self._fills, self._orders, self._deeds = [], [], []
        self._wake = wake

    def end(self) -> None:
        """Keep nothing any more."""
        self._wake = None

    def take(self) -> Moment:
        """Return what happened since the last call."""
        with self._lock:
            taken, self._moment, self._awake = self._moment, Moment(), False
        return taken

    def watch(self, account: int) -> None:
        """Have reports of an account, from the next block on; with the machine held."""
        self._watched[account] += 1
        self._numbers = np.array(list(self._watched), np.int64)

    def unwatch(self, account: int) -> None:
        """End what one `watch` began."""
        self._watched[account] -= 1
        if not self._watched[account]:
            del self._watched[account]
        self._numbers = np.array(list(self._watched), np.int64)


def _add_events(moment: Moment, events: Rows) -> None:
    kinds = events[:, KIND]
    changed = events[kinds == MarketStatusSet.number]
    moment.statuses.update(changed[:, FIRST_WORD].tolist())
    moment.listed = moment.listed or bool(np.isin(kinds, LISTINGS).any())
