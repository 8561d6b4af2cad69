"""What the watch hears of the journal's blocks: last trades, refusals, and how late they come.

A listener of the follower, called for every block: it counts columns and keeps nothing of them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import structlog

from pilothouse.language.commands import CancelOrder, PlaceOrder
from pilothouse.language.events import OrderFilled
from pilothouse.language.numbers import PPM, SECOND_US
from pilothouse.venue.clock import wall_clock_us
from pilothouse.watch.doors import NO_DOOR, DoorsHeard

log = structlog.get_logger()
REJECTS_OVER_US: Final = 10 * SECOND_US
_ORDERS: Final = np.array([PlaceOrder.number, CancelOrder.number])
_MARKET: Final = next(one.start for one in OrderFilled.layout.slots if one.name == "market")


@dataclass(frozen=True)
class Heard:
    """What was heard up to a moment. Times in microseconds of the exchange's clock."""

    last_trade_us: dict[int, int]
    reject_ppm: int
    lag_us: int | None
    """The longest way of a block from its stamp to this process since the last asking."""
    doors: DoorsHeard = NO_DOOR


class Hearing:
    """The listener. `heard` is asked once a second by another thread."""

    def __init__(
        self,
        wall: Callable[[], int] = wall_clock_us,
        doors: Callable[[], DoorsHeard] = lambda: NO_DOOR,
    ) -> None:
        self._wall, self.doors = wall, doors
        self._lock = threading.Lock()
        self._trades: dict[int, int] = {}
        self._orders: deque[tuple[int, int, int]] = deque()
        self._lag_us: int | None = None
        self._doors_fail = False

    def hear(self, span: Any) -> None:
        """Take in one block and what it did."""
        arrived_us = self._wall()
        traded = np.unique(span.events[span.events[:, 0] == OrderFilled.number, _MARKET])
        orders, refused = _orders(span)
        with self._lock:
            self._trades.update(dict.fromkeys(traded.tolist(), span.time))
            if orders:
                self._orders.append((span.time, orders, refused))
            self._lag_us = max(self._lag_us or 0, arrived_us - span.time)
            while self._orders and span.time - self._orders[0][0] > REJECTS_OVER_US:
                self._orders.popleft()

    def heard(self) -> Heard:
        """Return what was heard so far, and begin to look for the longest way anew."""
        doors = self._doors_heard()
        with self._lock:
            orders = sum(one[1] for one in self._orders)
            refused = sum(one[2] for one in self._orders)
            lag_us, self._lag_us = self._lag_us, None
            return Heard(dict(self._trades), refused * PPM // max(1, orders), lag_us, doors)

    def _doors_heard(self) -> DoorsHeard:
        # Doors that cannot be asked are absent: the rest is measured all the same.
        try:
            heard, self._doors_fail = self.doors(), False
        except Exception:
            if not self._doors_fail:
                log.exception("doors_not_heard")
            self._doors_fail = True
            return DoorsHeard(None, None, None)
        return heard


def _orders(span: Any) -> tuple[int, int]:
    # The first row of each command says what it is; most commands are one row.
    if not len(span.receipts):
        return 0, 0
    numbers = span.rows[_firsts(span), 0]
    mine = np.isin(numbers, _ORDERS)
    return int(mine.sum()), int((span.receipts[mine, 1] != 0).sum())


def _firsts(span: Any) -> Any:
    if len(span.rows) == len(span.receipts):
        return slice(None)
    firsts, row = [], 0
    while row < len(span.rows):
        firsts.append(row)
        row += int(span.rows[row, 1])
    return firsts
