"""What became of market statuses, heard from the exchange itself: by whom does not matter.

The follower's thread only notes what it hears; a worker keeps it. What is kept goes up to a block
(`heard_until`), and a start hears the blocks after it: told twice, a move of a version is still
one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Lock
from typing import Any, Final

from django.db import transaction

from pilothouse.desk import heard_until
from pilothouse.desk.heard_until import Until
from pilothouse.desk.models import StatusRow
from pilothouse.language.events import MarketStatusSet
from pilothouse.language.kinds import CauseKind, MarketStatus
from pilothouse.language.rows import from_event_row
from pilothouse.records.readable import attempt, readable

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
KEEP_EVERY_BLOCKS: Final = 20_000
"""How many blocks without a move may be told again after a start."""
_lock: Final = Lock()


@dataclass(frozen=True)
class StatusMove:
    """A market's status changed. `change` is the change that caused it, 0 if none did."""

    at: datetime
    market: int
    version: int
    before: MarketStatus
    status: MarketStatus
    change: int


_waiting: Final[list[StatusMove]] = []
"""Heard, and not kept yet."""
_heard: Final = [(0, 0)]
"""The last block that was heard, and its time in microseconds."""
_written: Final[list[Until]] = []
"""How far this process kept them last; nothing before it began."""


def begin() -> int:
    """Return the block after which the follower must tell, at a start; see `heard_until.begin`."""
    forget()
    return _kept().block


def _kept() -> Until:
    if not _written:
        _written.append(heard_until.begin())
    return _written[0]


def hear(span: Any) -> None:
    """Note the status moves of a span of the journal. Called by the follower's thread."""
    if len(span.events):
        for row in span.events[span.events[:, 0] == MarketStatusSet.number]:
            told = from_event_row(row)
            assert isinstance(told.event, MarketStatusSet)
            note(told.time, told.event)
    _heard[0] = (span.block, span.time)


def note(time_us: int, event: MarketStatusSet) -> None:
    """Note one move at a time in microseconds since the epoch."""
    move = StatusMove(
        at=EPOCH + timedelta(microseconds=time_us),
        market=event.market,
        version=event.version,
        before=MarketStatus(event.before),
        status=MarketStatus(event.status),
        change=event.cause_id if event.cause == CauseKind.CHANGE else 0,
    )
    with _lock:
        _waiting.append(move)


def keep(*, at_once: bool = False) -> int:
    """Keep what was heard; return how many moves were new. `at_once` when the process ends."""
    # The block is read first: what comes in meanwhile is kept the next time.
    block, time = _heard[0]
    with _lock:
        moves = list(_waiting)
    kept = _kept()
    is_far = kept.goes_on and block - kept.block >= KEEP_EVERY_BLOCKS
    if not (moves or at_once or is_far):
        return 0
    with transaction.atomic():
        at = heard_until.hold(kept)
        new = sum(_keep(one) for one in moves)
        now = heard_until.move(at, block, time)
    _written[:] = [now]
    with _lock:
        del _waiting[: len(moves)]
    return new


def _keep(move: StatusMove) -> bool:
    _, new = StatusRow.objects.get_or_create(
        market=move.market,
        version=move.version,
        defaults={
            "at": move.at,
            "before": int(move.before),
            "status": int(move.status),
            "change": move.change,
        },
    )
    return bool(new)


def between(markets: Iterable[int], start: datetime, end: datetime) -> list[StatusMove]:
    """Return the moves of markets between two moments, oldest first, kept or just heard."""
    wanted = list(markets)
    rows = StatusRow.objects.filter(market__in=wanted, at__gte=start, at__lte=end)
    found = (attempt(partial(_move, one)) for one in readable(rows))
    moves = {(one.market, one.version): one for one in found if one is not None}
    with _lock:
        for one in _waiting:
            if one.market in wanted and start <= one.at <= end:
                moves.setdefault((one.market, one.version), one)
    return sorted(moves.values(), key=lambda one: (one.at, one.version))


def _move(row: StatusRow) -> StatusMove:
    return StatusMove(
        row.at,
        row.market,
        row.version,
        MarketStatus(row.before),
        MarketStatus(row.status),
        row.change,
    )


def forget() -> None:
    """Forget what was heard and not kept: another exchange is connected."""
    with _lock:
        _waiting.clear()
    _heard[0] = (0, 0)
    _written.clear()
