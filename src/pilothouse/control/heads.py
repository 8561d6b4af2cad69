"""Heads: the audit holds the journal's last block, the journal the audit's last row.

Every few minutes, after many rows, and when the console stops, the audit names a block by its
seal, and the journal then names the audit's last row by its hash. So anyone who cuts or rewrites
one of them has to do so with both, from the same moment on; `heads_out` lets both leave the
machine. What takes something back, a rejection or a revoked right, does not wait for it: `held`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from django.db import DatabaseError, transaction

from pilothouse.control.held import REFUSED, Held
from pilothouse.control.ports import NotConnected, ports
from pilothouse.records import audit
from pilothouse.records.checking import CHECKING
from pilothouse.records.models import AuditRow
from pilothouse.records.row_hash import row_hash

log = structlog.get_logger()
EVERY_S: Final = 300
EVERY_ROWS: Final = 256
AGAIN_S: Final = 30
"""How soon heads are exchanged again, whatever happens: each time adds a row."""
ANCHOR: Final = "anchor"
"""The deed of an audit row that names a block of the journal."""
AWAY: Final = (NotConnected, OSError, ValueError, DatabaseError)
"""The exchange, the place outside or the database does not answer now: it is tried again."""


class HeadIsWrong(RuntimeError):
    """What was read back is not what a head says: it must not leave."""


@dataclass(frozen=True)
class Heads:
    """Both heads at a moment: the block that the audit names, and the audit's last row."""

    block: int
    seal: str
    position: int
    row: int
    hash: str
    time_us: int


Leave = Callable[[Heads], None]


class Exchanger:
    """Exchanges heads when it is time. `fault` is why the last exchange was not whole, `not_left`
    why the newest head has not left the machine.
    """

    def __init__(
        self, leave: Leave = lambda heads: None, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self.fault = self.not_left = ""
        self._leave, self._steady = leave, steady
        self._held = Held()
        self._left, self._not_left_at, self._why_not = 0, 0.0, ""
        self._ended: float | None = None
        self._exchanged: float | None = None
        self._tried: float | None = None
        self._began = steady()
        self._row = 0
        self._pending: Heads | None = None
        self._one_at_a_time = threading.Lock()

    @property
    def is_compared(self) -> bool:
        """Tell whether the journal's newest head was compared with the audit since the start."""
        return self._held.is_compared

    def hold(self) -> None:
        """Have the journal hold what this process took back. Asks no database."""
        with suppress(*AWAY):
            self._held.hold()

    def tick(self, now: datetime) -> None:
        """Hold what takes back, and exchange heads if the time has passed or many rows came."""
        self.is_all_told()
        soon = self._tried is not None and self._steady() - self._tried < AGAIN_S
        number, _ = audit.head()
        many = number - self._row >= EVERY_ROWS
        late = self._exchanged is None or self._steady() - self._exchanged >= EVERY_S
        if not soon and (many or late or self._held.is_refused):
            self.exchange(now)
        elif not self.not_left or self._steady() - self._not_left_at >= AGAIN_S:
            self._leave_newest(now)

    def is_all_told(self) -> bool:
        """Have the journal hold all that it should; tell whether it does.

        Else this process must not leave of its own accord: it alone knows.
        """
        try:
            is_told, why_not = self._held.look(), ""
        except AWAY as why:
            is_told, why_not = False, str(why) or type(why).__name__
        if why_not and why_not != self._why_not:
            log.warning("not_held", reason=why_not)
        self._why_not = why_not
        return is_told

    def exchange(self, now: datetime) -> bool:
        """Exchange heads now; tell whether both are held. What failed is tried again."""
        with self._one_at_a_time:
            self._tried = self._steady()
            try:
                self._held.compare()
                _check_whole()
                heads = self._pending or _anchored(now)
                self._pending = heads
                # What was cut before the row was written is missed now: no head is behind it.
                _check_whole()
                is_held = self._held.record(heads.row, heads.hash)
                self._pending = None
                if not is_held:
                    self.fault = REFUSED
                    return False
            except (*AWAY, HeadIsWrong, audit.NotRecorded) as why:
                self.fault = str(why) or type(why).__name__
                log.warning("heads_not_exchanged", reason=self.fault)
                return False
            self.fault, self._row, self._exchanged = "", heads.row, self._steady()
            if self._leave_newest(now):
                self._ended = self._exchanged
            return True

    def _leave_newest(self, now: datetime) -> bool:
        row, told = self._held.newest
        if row <= self._left:
            return True
        try:
            self._leave(_heads(row, told, now))
        except AWAY as why:
            self.not_left, self._not_left_at = str(why) or type(why).__name__, self._steady()
            log.warning("head_has_not_left", reason=self.not_left)
            return False
        self.not_left, self._left = "", row
        return True

    def stop(self, now: datetime) -> None:
        """Exchange a last time, unless the exchange stands still: stopping waits for nobody."""
        try:
            still = ports().follower.standstill
        except NotConnected:
            return
        if still is None and self.is_compared:
            self.is_all_told()
        if still is None and self._exchanged is not None:
            self.exchange(now)

    @property
    def age_ms(self) -> int:
        """Return how long ago both heads were held, or since this process began."""
        since = self._began if self._ended is None else self._ended
        return int((self._steady() - since) * 1_000)


_exchangers: Final[list[Exchanger]] = []


def connect(exchanger: Exchanger) -> None:
    """Make an exchanger the one of this process."""
    _exchangers[:] = [exchanger]


def disconnect() -> None:
    """Forget the exchanger."""
    _exchangers.clear()


def age_ms() -> int:
    """Return how old the heads are in milliseconds; 0 where nobody exchanges them."""
    return _exchangers[0].age_ms if _exchangers else 0


def are_compared() -> bool:
    """Tell whether the audit was compared with the journal's newest head of it since the start.

    Where nobody exchanges heads there is nothing to compare.
    """
    return all(one.is_compared for one in _exchangers)


def is_all_told() -> bool:
    """Have the journal hold what only this process knows of the audit; tell whether it does."""
    return all(one.is_compared and one.is_all_told() for one in _exchangers)


def _check_whole() -> None:
    broken = CHECKING.broken()
    if broken is not None:
        # The head of a cut audit would make it the one that the journal knows.
        raise HeadIsWrong(f"the audit is broken at row {broken.broken_at:,}")


def _anchored(now: datetime) -> Heads:
    tail = _tail()
    with transaction.atomic():
        facts = {"block": tail.number, "seal": tail.seal.hex(), "position": tail.last_position}
        sentence = f"Block {tail.number:,} of the journal is sealed {tail.seal.hex()[:16]}…"
        row = audit.write("machine", ANCHOR, "journal", sentence, facts=facts, at=now)
    return _heads(row.number, _read_back(row.number, row.hash), now)


def _heads(row: int, told: str, now: datetime) -> Heads:
    tail, time_us = _tail(), int(now.timestamp()) * 1_000_000
    return Heads(tail.number, tail.seal.hex(), tail.last_position, row, told, time_us)


def _tail() -> Any:
    # The follower's tail was read back from the files and compared with its own seal.
    tail = ports().follower.tail
    if tail is None:
        raise NotConnected("the replica has read no block yet")
    return tail


def _read_back(number: int, told: str) -> str:
    """Return the hash of a row made again from what the database gives back."""
    row = AuditRow.objects.get(number=number)
    if row_hash(row) != told or row.hash != told:
        raise HeadIsWrong(f"row {number} of the audit does not read back as it was written")
    return told
