"""Heads: the audit holds the journal's last block, the journal the audit's last row.

Every few minutes, after many rows, and when the console stops, the audit names a block by its
seal, and the journal then names the audit's last row by its hash. So anyone who cuts or rewrites
one of them has to do so with both, from the same moment on; `heads_out` lets both leave the
machine. What takes something back, a rejection or a revoked right, is held within a second: after
a restart nothing else tells that the end of the audit was cut.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from django.db import transaction

from pilothouse.control import audited
from pilothouse.control.hearers import exchange
from pilothouse.control.moves import Verb
from pilothouse.control.ports import NotConnected, ports, reach
from pilothouse.control.refusals import Refused
from pilothouse.control.revocations import GRANT, KEY
from pilothouse.records import audit
from pilothouse.records.checking import CHECKING
from pilothouse.records.models import AuditRow
from pilothouse.records.row_hash import row_hash

log = structlog.get_logger()
EVERY_S: Final = 300
EVERY_ROWS: Final = 256
AGAIN_S: Final = 30
"""How soon heads are exchanged again, whatever happens: each time adds a row."""
TAKES_BACK: Final = (
    *(Verb.REJECT, Verb.WITHDRAW, Verb.EXPIRE, Verb.GIVE_UP, Verb.CONFLICT, Verb.EDIT),
    *(Verb.SCHEDULE, Verb.APPLY, Verb.VERIFY, Verb.REVERT),
    *(GRANT, KEY, audited.CREDENTIALS),
)
"""The deeds after which what was allowed before is not: the journal holds their rows at once.

Sending is among them, for a step that was sent must not be sent again.
"""
ANCHOR: Final = "anchor"
"""The deed of an audit row that names a block of the journal."""


UNLIKE: Final = "the journal says that row {:,} is another one than there is now"


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
    """Exchanges heads when it is time. `fault` is why the last exchange was not whole."""

    def __init__(
        self, leave: Leave = lambda heads: None, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self.fault = ""
        self._leave, self._steady = leave, steady
        self.is_compared = False
        """Whether the journal's newest head was compared with the audit since the start."""
        self._ended: float | None = None
        self._tried: float | None = None
        self._began = steady()
        self._row = 0
        self._pending: Heads | None = None
        self._one_at_a_time = threading.Lock()

    def tick(self, now: datetime) -> None:
        """Exchange heads if the time has passed, many rows have come, or one takes back."""
        soon = self._tried is not None and self._steady() - self._tried < AGAIN_S
        if soon and self.fault and self.is_compared:
            return
        number, _ = audit.head()
        many = number - self._row >= EVERY_ROWS
        late = self._ended is None or self._steady() - self._ended >= EVERY_S
        due = not soon and (many or late)
        if due or not self.is_compared or self._takes_back():
            self.exchange(now)

    def _takes_back(self) -> bool:
        rows = AuditRow.objects.filter(number__gt=self._row, outcome=audit.DONE)
        return rows.filter(deed__in=TAKES_BACK).exists()

    def exchange(self, now: datetime) -> bool:
        """Exchange heads now; tell whether both are held. What failed is tried again."""
        with self._one_at_a_time:
            self._tried = self._steady()
            try:
                self._compare()
                broken = CHECKING.broken()
                if broken is not None:
                    # The head of a cut audit would make it the one that the journal knows.
                    raise HeadIsWrong(f"the audit is broken at row {broken.broken_at:,}")
                heads = self._pending or _anchored(now)
                self._pending = heads
                if not exchange.record_head(heads.row, heads.hash).accepted:
                    self.fault = "the journal holds another hash of a row of the audit"
                    self._pending = None
                    return False
                self._pending, self._row = None, heads.row
                self._leave(heads)
            except (NotConnected, OSError, HeadIsWrong, ValueError, audit.NotRecorded) as why:
                self.fault = str(why) or type(why).__name__
                log.warning("heads_not_exchanged", reason=self.fault)
                return False
            self.fault, self._ended = "", self._steady()
            return True

    def _compare(self) -> None:
        # What was cut while no process ran shows against the journal alone. The same row with the
        # same hash gets its first receipt; with another hash it is refused.
        if self.is_compared:
            return
        try:
            reach()
        except Refused as away:
            raise NotConnected(str(away)) from away
        row = exchange.highest_head()
        told = AuditRow.objects.filter(number=row).values_list("hash", flat=True).first()
        same = bool(told) and exchange.record_head(row, str(told)).accepted
        if row and not same and not _is_settled(row):
            CHECKING.found_broken(min(row, audit.head()[0] + 1), UNLIKE.format(row))
        self.is_compared = True

    def stop(self, now: datetime) -> None:
        """Exchange a last time, unless the exchange stands still: stopping waits for nobody."""
        try:
            still = ports().follower.standstill
        except NotConnected:
            return
        if still is None and self._ended is not None:
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


def _is_settled(row: int) -> bool:
    # After a database was restored or begun anew the comparison notes each head that it lacks.
    ends = (f"no row {row:,} any more", f"row {row:,} of the audit is another one now")
    return any(end in one for one in audited.said().settled for end in ends)


def _anchored(now: datetime) -> Heads:
    # The follower's tail was read back from the files and compared with its own seal.
    tail: Any = ports().follower.tail
    if tail is None:
        raise NotConnected("the replica has read no block yet")
    with transaction.atomic():
        facts = {"block": tail.number, "seal": tail.seal.hex(), "position": tail.last_position}
        sentence = f"Block {tail.number:,} of the journal is sealed {tail.seal.hex()[:16]}…"
        row = audit.write("machine", ANCHOR, "journal", sentence, facts=facts, at=now)
    return Heads(
        tail.number,
        tail.seal.hex(),
        tail.last_position,
        row.number,
        _read_back(row.number, row.hash),
        int(now.timestamp()) * 1_000_000,
    )


def _read_back(number: int, told: str) -> str:
    """Return the hash of a row made again from what the database gives back."""
    row = AuditRow.objects.get(number=number)
    if row_hash(row) != told or row.hash != told:
        raise HeadIsWrong(f"row {number} of the audit does not read back as it was written")
    return told
