"""How far market statuses are kept, sealed together with the rows that are kept.

A cursor that was moved with SQL would have statuses missing from timelines and measures, and so
would a row that was changed or taken out. Both are found at a start and before anything is kept;
they are a difference, which alerts, and the journal tells all of it again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from pilothouse.control import reconciler
from pilothouse.control.canonical import plain_hash
from pilothouse.desk.models import HeardUntil, StatusRow
from pilothouse.records.readable import attempt
from pilothouse.records.sealed_cursor import SealedCursor, unlike_journal

WHAT: Final = "how far market statuses are kept was found moved"
ANEW: Final = "all are made anew from the journal"
AT_A_START: Final = "they are made anew from the journal when the console starts again"
KEPT: Final = (
    "SELECT market, version, typeof(at) || hex(at), before, status, change FROM desk_statusrow "
    "ORDER BY market, version"
)
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Until:
    """The last block whose statuses are kept, its time in microseconds, and all that are kept.

    Where it `goes_on` no more, what is kept counts for nothing: it stays before the first block.
    """

    block: int = 0
    time: int = 0
    rows: str = ""
    goes_on: bool = True


def begin() -> Until:
    """Return where to go on from, at a start; what cannot be gone on from is begun anew."""
    with transaction.atomic():
        why = _fault() or _unlike_journal()
        if why:
            reconciler.note_moved(f"{WHAT}: {why}; {ANEW}")
        row = None if why else CURSOR.row()
        if row is None or not row.block:
            begin_anew()
            return Until(rows=_rows())
        return Until(row.block, row.time_us, _rows())


def begin_anew() -> None:
    """Forget what is kept and how far."""
    StatusRow.objects.all().delete()
    HeardUntil.objects.all().delete()


def hold(written: Until) -> Until:
    """Return where this process stands: where it wrote last, whatever the row says now.

    Where the rows that are kept are not those that it wrote, they count for nothing.
    """
    if attempt(_rows) != written.rows:
        reconciler.note_moved(f"{WHAT}: the statuses that are kept were changed; {AT_A_START}")
        return Until(goes_on=False)
    if not _is_at(written):
        reconciler.note_moved(f"{WHAT}; it was put back to block {written.block:,}")
    return written


def move(at: Until, block: int, time: int) -> Until:
    """Write how far statuses are kept, in the transaction of the rows; return it."""
    if at.goes_on and block > at.block:
        at = replace(at, block=block, time=time)
    CURSOR.write(HeardUntil(block=at.block, time_us=at.time))
    return replace(at, rows=_rows())


def _is_at(written: Until) -> bool:
    if CURSOR.fault():
        return False
    row = CURSOR.row() or HeardUntil()
    return (row.block, row.time_us) == (written.block, written.time)


def _fault() -> str:
    why = CURSOR.fault()
    if why or CURSOR.row() is not None:
        return why
    return "it is gone, and not what is kept" if StatusRow.objects.exists() else ""


def _unlike_journal() -> str:
    row = CURSOR.row()
    home = settings.PILOTHOUSE_HOME
    return unlike_journal(home, row.block, time=row.time_us) if row else ""


def _rows() -> str:
    # As the database holds them: a time that is stored otherwise is another one for a query.
    with connection.cursor() as cursor:
        cursor.execute(KEPT)
        return plain_hash(cursor.fetchall())


def _words(row: HeardUntil) -> list[Any]:
    return [row.block, row.time_us, _rows()]


CURSOR: Final = SealedCursor("statuses", HeardUntil, _words)
