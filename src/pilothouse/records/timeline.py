"""What happened lately to each account, for its page: the last events, and refused commands.

Folded from a follower's spans; `since` says from which moment on it is complete. Bounded for each
account and in how many accounts are remembered: the quietest are forgotten first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from pilothouse.language.commands import CancelOrder, PlaceOrder, Transfer
from pilothouse.language.events import (
    CollateralConverted,
    Deposited,
    InsurancePaid,
    OrderCancelled,
    OrderFilled,
    ProtectionStepTaken,
    Transferred,
)
from pilothouse.language.rows import Happened, from_event_row, from_rows, split
from pilothouse.language.schema import Command

KEPT: Final = 100
ACCOUNTS_KEPT: Final = 50_000
KINDS: Final = np.array(
    [
        one.number
        for one in (
            OrderCancelled, OrderFilled, ProtectionStepTaken, CollateralConverted, InsurancePaid,
            Deposited, Transferred,
        )
    ]
)  # fmt: skip
REFUSED: Final = (PlaceOrder.number, CancelOrder.number, Transfer.number)
_MAKER: Final = OrderFilled.layout.slot("maker_account").start
_ASKER: Final = PlaceOrder.layout.slot("account").start


@dataclass(frozen=True)
class Entry:
    """Something that happened: an event with its place in its block, or a refused command."""

    block: int
    place: int
    position: int
    time: int
    happened: Happened | None = None
    command: Command | None = None
    outcome: int = 0


class Timeline:
    """The last entries of each account. A follower's thread writes, pages read."""

    def __init__(self) -> None:
        self.since = 0
        self._entries: OrderedDict[int, deque[Entry]] = OrderedDict()
        self._lock = threading.Lock()

    def hear(self, span: Any) -> None:
        """Take in a block."""
        with self._lock:
            self.since = self.since or int(span.time)
            for place in np.flatnonzero(np.isin(span.events[:, 0], KINDS)).tolist():
                self._event(span, place)
            if len(span.receipts) and (span.receipts[:, 1] != 0).any():
                self._refusals(span)

    def of(self, account: int) -> list[Entry]:
        """Return the last entries of an account, the latest first."""
        with self._lock:
            return list(reversed(self._entries.get(account, ())))

    def _event(self, span: Any, place: int) -> None:
        row = span.events[place]
        one = from_event_row(row)
        accounts = {one.account}
        if int(row[0]) == OrderFilled.number:
            accounts.add(int(row[_MAKER]))
        for account in accounts:
            self._keep(account, Entry(span.block, place, one.position, one.time, one))

    def _refusals(self, span: Any) -> None:
        commands = split(np.asarray(span.rows))
        for place in np.flatnonzero(span.receipts[:, 1]).tolist():
            rows = commands[place]
            position, outcome, _, repeated = (int(word) for word in span.receipts[place])
            if int(rows[0, 0]) in REFUSED and not repeated:
                asked = from_rows(np.array(rows)).command
                at = span.block, -1, position, int(span.time)
                self._keep(int(rows[0, _ASKER]), Entry(*at, None, asked, outcome))

    def _keep(self, account: int, entry: Entry) -> None:
        kept = self._entries.setdefault(account, deque(maxlen=KEPT))
        kept.append(entry)
        self._entries.move_to_end(account)
        if len(self._entries) > ACCOUNTS_KEPT:
            self._entries.popitem(last=False)


TIMELINE: Final = Timeline()
"""The timeline of this process."""
