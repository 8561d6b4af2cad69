"""From the replica's thread to the gateway's loop: what happened since the loop last looked.

The follower's thread adds block after block to one moment; the loop takes it whole. While the loop
is busy the moment grows: levels in place, the newest quantity of each, so that a burst becomes one
message a book. While nobody listens nothing is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pilothouse.language.events import MarketStatusSet
from pilothouse.language.kinds import FillKind
from pilothouse.language.schema import EVENT_HEAD
from pilothouse.records.history import SpanLike
from pilothouse.records.orders import Execution, FillRecord, OrderRecord
from pilothouse.trading_api.feeds.levels import LevelFold, Place

KIND: Final = 0
FIRST_WORD: Final = len(EVENT_HEAD)
"""Where an event's own words begin; the first of a status is its market."""


@dataclass
class Moment:
    """What happened in some blocks in a row; `time` is the last one's, in microseconds."""

    position: int = 0
    time: int = 0
    levels: dict[Place, int] = field(default_factory=dict)
    trades: list[FillRecord] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)
    """Markets whose status changed."""


class Moments:
    """The moment under way. An OrderListener, and a listener of blocks behind the history."""

    def __init__(self) -> None:
        self.levels = LevelFold()
        self._wake: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._moment = Moment()
        self._awake = False
        self._fills: list[FillRecord] = []

    # In the follower's thread -----------------------------------------------------------------

    def placed(self, order: OrderRecord) -> None:
        """Hear of a new order."""
        self.levels.placed(order)

    def executed(self, order: OrderRecord, execution: Execution) -> None:
        """Hear of an order's fill."""
        self.levels.executed(order, execution)

    def cancelled(self, order: OrderRecord) -> None:
        """Hear of an order's end."""
        self.levels.cancelled(order)

    def traded(self, fill: FillRecord) -> None:
        """Hear of a fill."""
        if self._wake is not None:
            self._fills.append(fill)

    def block(self, span: SpanLike) -> None:
        """Close a block: what it did becomes part of the moment, and the loop is woken."""
        changes, fills = self.levels.take_changes(), self._fills
        self._fills = []
        wake = self._wake
        if wake is None:
            return
        with self._lock:
            self._add(span, changes, fills)
            awake, self._awake = self._awake, True
        if not awake:
            wake()

    def _add(self, span: SpanLike, changes: Mapping[Place, int], fills: list[FillRecord]) -> None:
        moment = self._moment
        moment.position = span.first_position + len(span.receipts) - 1
        moment.time = int(span.time)
        moment.levels.update(changes)
        moment.trades += [one for one in fills if one.kind != FillKind.UNWIND]
        statuses = span.events[span.events[:, KIND] == MarketStatusSet.number]
        moment.statuses.update(statuses[:, FIRST_WORD].tolist())

    # In the loop ------------------------------------------------------------------------------

    def listen(self, wake: Callable[[], None] | None) -> None:
        """Have blocks kept from now on and `wake` called, from the follower's thread; None ends.

        To be called between two blocks, with the replica's machine held.
        """
        with self._lock:
            self._wake, self._moment, self._awake = wake, Moment(), False

    def take(self) -> Moment:
        """Return what happened since the last call."""
        with self._lock:
            taken, self._moment, self._awake = self._moment, Moment(), False
        return taken
