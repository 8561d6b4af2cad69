"""The history of orders and trades, folded from the journal's spans and kept in memory.

The engine forgets an order the moment it is closed; "what became of it?" is answered here.
Everything is bounded: of closed orders and fills the oldest are forgotten first. A follower's
thread folds, a door's thread reads; what is handed out is a copy and does not change any more.
"""

from __future__ import annotations

import copy
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from pilothouse.language.events import (
    AssetListed,
    MarketListed,
    OrderCancelled,
    OrderFilled,
    OrderPlaced,
)
from pilothouse.language.kinds import CancelReason, FillKind, OrderType, Side, TimeInForce
from pilothouse.language.rows import Rows
from pilothouse.records import rows as event_rows
from pilothouse.records.asked import fill_in, heads
from pilothouse.records.marks import KeptQuotes, Quotes
from pilothouse.records.moves import KeptMoves, Moves
from pilothouse.records.orders import Execution, FillRecord, OrderRecord, OrderStatus
from pilothouse.records.trades import Candle, DayStatistics, Tape, statistics

CLOSED_KEPT: Final = 200_000
CLOSED_KEPT_PER_ACCOUNT: Final = 2_000
FILLS_KEPT: Final = 200_000
FILLS_KEPT_PER_ACCOUNT: Final = 5_000
Wanted = Callable[[OrderRecord], bool]


class SpanLike(Protocol):
    """What a follower hands over after each block."""

    @property
    def first_position(self) -> int:
        """Return the position of the block's first command."""

    @property
    def time(self) -> int:
        """Return the block's time in microseconds."""

    @property
    def rows(self) -> Rows:
        """Return the block's commands."""

    @property
    def receipts(self) -> NDArray[np.int64]:
        """Return position, outcome, made and repeated of each command."""

    @property
    def events(self) -> Rows:
        """Return what happened."""


class OrderListener(Protocol):
    """Who is told what happens to orders, while it is folded and in its order.

    The records are the history's own and change with the next event: copy what is to be kept.
    """

    def placed(self, order: OrderRecord) -> None:
        """Hear that an order was taken."""

    def executed(self, order: OrderRecord, execution: Execution) -> None:
        """Hear that an order traded; its sums hold the fill already."""

    def cancelled(self, order: OrderRecord) -> None:
        """Hear that what was left of an order is cancelled."""

    def traded(self, fill: FillRecord) -> None:
        """Hear of a fill, before its two orders' executions."""


@dataclass(frozen=True)
class Remembered:
    """All a history knows, as it was between two blocks. The records are copies or final."""

    position: int
    time: int
    listings: int
    orders: list[OrderRecord]
    """In the order in which they were placed, open and closed ones."""
    closed: list[int]
    """The numbers of closed orders, the one closed first first."""
    fills: list[FillRecord]
    tapes: dict[int, Tape]
    quotes: KeptQuotes
    moves: KeptMoves


class History:
    """Orders by number, open and closed orders and fills by account, trades by market."""

    def __init__(
        self,
        *,
        closed_kept: int = CLOSED_KEPT,
        fills_kept: int = FILLS_KEPT,
        listener: OrderListener | None = None,
        remembered: Remembered | None = None,
    ) -> None:
        """Begin with nothing, or go on from what was remembered."""
        self._listener = listener
        self.position = 0
        self.time = 0
        self.listings = 0
        """How many assets and markets were listed: a cache of them is true while it stands."""
        self._lock = threading.Lock()
        self._orders: dict[int, OrderRecord] = {}
        self._open: dict[int, dict[int, None]] = {}
        self._open_in: Counter[tuple[int, int]] = Counter()
        self._closed: deque[int] = deque()
        self._closed_of: dict[int, deque[int]] = {}
        self._fills: dict[int, FillRecord] = {}
        self._fills_of: dict[int, deque[int]] = {}
        self._tapes: dict[int, Tape] = {}
        self.quotes = Quotes()
        """When markets were listed, and what contracts were marked at."""
        self.moves = Moves()
        """What accounts deposited, and moved between their wallets."""
        self._closed_kept = closed_kept
        self._fills_kept = fills_kept
        if remembered is not None:
            self._recall(remembered)

    # Keeping ---------------------------------------------------------------------------------

    def remembered(self) -> Remembered:
        """Return all it knows; to be called between two blocks. Quick: closed orders are final."""
        with self._lock:
            return Remembered(
                position=self.position,
                time=self.time,
                listings=self.listings,
                orders=[one.copied() if one.is_open else one for one in self._orders.values()],
                closed=list(self._closed),
                fills=list(self._fills.values()),
                tapes={market: tape.copy() for market, tape in self._tapes.items()},
                quotes=self.quotes.kept(),
                moves=self.moves.kept(),
            )

    def _recall(self, found: Remembered) -> None:
        self.position, self.time, self.listings = found.position, found.time, found.listings
        self._tapes = dict(found.tapes)
        self.quotes.recall(found.quotes)
        self.moves.recall(found.moves)
        self._orders = {one.number: one for one in found.orders}
        for one in found.orders:
            if one.is_open:
                self._note_open(one)
                if self._listener is not None:
                    # What traded of it before is no news: it is a new order of what is left.
                    self._listener.placed(replace(one, quantity=one.remaining, executed=0))
        for number in found.closed:
            if number in self._orders:
                self._note_closed(self._orders[number])
        for fill in found.fills:
            self._keep(fill)

    # Folding ---------------------------------------------------------------------------------

    def fold(self, span: SpanLike) -> None:
        """Take in one block, in the order of positions; the blocks folded already are ignored."""
        with self._lock:
            if len(span.receipts) and span.first_position <= self.position:
                return
            asked = heads(span.rows, span.receipts)
            for row in span.events.tolist():
                self._happened(row, asked, span.rows)
            self.time = int(span.time)
            if len(span.receipts):
                self.position = span.first_position + len(span.receipts) - 1

    def _happened(self, row: list[int], asked: dict[int, int], rows: Rows) -> None:
        kind = row[0]
        if kind == OrderFilled.number:
            self._filled(event_rows.filled(row))
        elif kind == OrderPlaced.number:
            self._placed(event_rows.placed(row), asked, rows)
        elif kind == OrderCancelled.number:
            self._cancelled(event_rows.cancelled(row))
        else:
            self.listings += kind in (MarketListed.number, AssetListed.number)
            self.quotes.happened(row)
            self.moves.happened(row)

    def _placed(self, one: event_rows.Words, asked: dict[int, int], rows: Rows) -> None:
        made = OrderRecord(
            number=one.order,
            account=one.account,
            market=one.market,
            side=Side(one.side),
            order_type=OrderType(one.order_type),
            time_in_force=TimeInForce.GTC,
            flags=one.flags,
            price=one.price,
            quantity=one.quantity,
            placed_at=one.time,
            updated_at=one.time,
        )
        at = asked.get(one.position)
        if at is not None:
            fill_in(made, rows[at : at + int(rows[at, 1])])
        self._orders[made.number] = made
        self._note_open(made)
        if self._listener is not None:
            self._listener.placed(made)

    def _filled(self, one: event_rows.Words) -> None:
        tape = self._tapes.setdefault(one.market, Tape())
        taker = self._orders.get(one.taker_order)
        fill = FillRecord(
            trade=one.trade,
            sequence=tape.count + (one.fill_kind != FillKind.UNWIND),
            market=one.market,
            position=one.position,
            time=one.time,
            nanoseconds=tape.next_nanoseconds(one.time),
            price=one.price,
            quantity=one.quantity,
            value=one.value,
            side=Side(one.side),
            kind=FillKind(one.fill_kind),
            taker_order=one.taker_order,
            taker_account=one.account,
            taker_fee=one.taker_fee,
            taker_type=taker.order_type if taker else OrderType.MARKET,
            maker_order=one.maker_order,
            maker_account=one.maker_account,
            maker_fee=one.maker_fee,
        )
        self._keep(fill)
        if self._listener is not None:
            self._listener.traded(fill)
        if fill.kind != FillKind.UNWIND:
            tape.add(fill)
        for execution in (Execution(fill, False), Execution(fill, True)):
            self._executed(execution)

    def _keep(self, fill: FillRecord) -> None:
        self._fills[fill.trade] = fill
        if len(self._fills) > self._fills_kept:
            del self._fills[next(iter(self._fills))]
        for account in {fill.taker_account, fill.maker_account}:
            kept = self._fills_of.setdefault(account, deque(maxlen=FILLS_KEPT_PER_ACCOUNT))
            kept.append(fill.trade)

    def _executed(self, execution: Execution) -> None:
        order = self._orders.get(execution.order)
        if order is None:
            return
        fill = execution.fill
        order.executed += fill.quantity
        order.value += fill.value
        order.fee += execution.fee
        order.price_quantity += fill.price * fill.quantity
        order.updated_at = fill.time
        order.fills.append(execution.number)
        if order.remaining <= 0:
            self._close(order, OrderStatus.CLOSED, fill.position)
        if self._listener is not None:
            self._listener.executed(order, execution)

    def _cancelled(self, one: event_rows.Words) -> None:
        order = self._orders.get(one.order)
        if order is None:
            return
        order.reason = CancelReason(one.reason)
        order.updated_at = one.time
        self._close(order, OrderStatus.CANCELLED, one.position)
        if self._listener is not None:
            self._listener.cancelled(order)

    def _close(self, order: OrderRecord, status: OrderStatus, position: int) -> None:
        order.status, order.closed_position = status, position
        if order.number in self._open.get(order.account, {}):
            del self._open[order.account][order.number]
            self._open_in[order.account, order.market] -= 1
            if not self._open_in[order.account, order.market]:
                del self._open_in[order.account, order.market]
        self._note_closed(order)

    def _note_open(self, order: OrderRecord) -> None:
        self._open.setdefault(order.account, {})[order.number] = None
        self._open_in[order.account, order.market] += 1

    def _note_closed(self, order: OrderRecord) -> None:
        self._closed.append(order.number)
        kept = self._closed_of.setdefault(order.account, deque(maxlen=CLOSED_KEPT_PER_ACCOUNT))
        kept.append(order.number)
        if len(self._closed) > self._closed_kept:
            self._orders.pop(self._closed.popleft(), None)

    # Reading ---------------------------------------------------------------------------------

    def order(self, number: int) -> OrderRecord | None:
        """Return an order, open or closed, or None if it is not remembered."""
        with self._lock:
            found = self._orders.get(number)
            return None if found is None else found.copied()

    def open_orders(self, account: int) -> list[OrderRecord]:
        """Return an account's open orders, oldest first."""
        with self._lock:
            return [self._orders[number].copied() for number in self._open.get(account, ())]

    def open_count(self, account: int, market: int) -> int:
        """Return how many orders an account has open in a market."""
        return self._open_in.get((account, market), 0)

    def closed_orders(self, account: int, wanted: Wanted = lambda one: True) -> list[OrderRecord]:
        """Return those closed and cancelled orders of an account that are wanted, latest first."""
        with self._lock:
            return [one.copied() for one in self._ended(account) if wanted(one)]

    def closed_count(self, account: int, wanted: Wanted) -> int:
        """Return how many closed and cancelled orders of an account are wanted; copies none."""
        with self._lock:
            return sum(map(wanted, self._ended(account)))

    def _ended(self, account: int) -> Iterator[OrderRecord]:
        numbers = reversed(self._closed_of.get(account, ()))
        return (self._orders[one] for one in numbers if one in self._orders)

    def orders_named(self, account: int, *names: str) -> list[OrderRecord]:
        """Return an account's orders with any of the client's own names, open ones first."""
        wanted = set(names)
        with self._lock:
            opened = (self._orders[one] for one in self._open.get(account, ()))
            every = chain(opened, self._ended(account))
            return [one.copied() for one in every if one.client_order_id in wanted]

    def executions(self, account: int) -> list[Execution]:
        """Return an account's sides of its fills, the latest first."""
        with self._lock:
            return list(self._executions(account))

    def _executions(self, account: int) -> Iterator[Execution]:
        for trade in reversed(self._fills_of.get(account, ())):
            fill = self._fills.get(trade)
            if fill is None:
                continue
            if fill.maker_account == account:
                yield Execution(fill, True)
            if fill.taker_account == account:
                yield Execution(fill, False)

    def fills_from(self, account: int) -> int:
        """Return the position from which on no fill of an account is forgotten, 0 for all."""
        with self._lock:
            first = next(iter(self._fills.values()), None)
            # Trades are numbered from one on: what begins later has forgotten some.
            found = first.position if first is not None and first.trade > 1 else 0
            numbers = self._fills_of.get(account, ())
            if len(numbers) == FILLS_KEPT_PER_ACCOUNT and numbers[0] in self._fills:
                found = max(found, self._fills[numbers[0]].position)
            return found

    def execution(self, number: int) -> Execution | None:
        """Return one side of a fill by its number, or None if it is not remembered."""
        with self._lock:
            fill = self._fills.get(number // 2)
        return Execution(fill, bool(number % 2)) if fill is not None and number >= 0 else None

    def trades(self, market: int) -> list[FillRecord]:
        """Return a market's last trades, oldest first; an unwind is no trade of the market."""
        with self._lock:
            tape = self._tapes.get(market)
            return list(tape.trades) if tape else []

    def candles(self, market: int) -> list[Candle]:
        """Return candles of one minute, oldest first; a minute without trades has none."""
        with self._lock:
            tape = self._tapes.get(market)
            if tape is None or not tape.minutes:
                return []
            # Those before the one under way do not change any more.
            return [*list(tape.minutes)[:-1], copy.copy(tape.minutes[-1])]

    def statistics(self, market: int, now: int) -> DayStatistics:
        """Return the figures of a market's ticker at `now`, in microseconds."""
        with self._lock:
            return statistics(self._tapes.get(market), now)
