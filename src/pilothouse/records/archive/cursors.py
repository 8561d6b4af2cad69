"""The archive's cursor: how far the journal is archived, and how many rows are held then.

It is sealed (`sealed_cursor`). Moved ahead with SQL, or brought back from another time than the
journal or the manifest, it would end the archive without a word; moved back, rows would be told
twice. So it is compared before it is believed, and before it is written. The rows that no journal
holds are counted under the seal as well: nothing would tell them again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db.models import Sum

from pilothouse.records.archive import team_tables as _team  # noqa: F401 - it defines its tables
from pilothouse.records.archive.checksums import Damaged
from pilothouse.records.archive.definitions import TABLES
from pilothouse.records.archive.exchange_tables import JOURNALED
from pilothouse.records.models import ArchiveCursor, ArchivePart
from pilothouse.records.sealed_cursor import SealedCursor, unlike_journal


class Moved(Damaged):
    """The cursor is not as it was written, or does not say what the archive holds."""


@dataclass(frozen=True)
class Cursor:
    """How far the journal is archived: its blocks, the last position and the last time (us)."""

    blocks: int = 0
    position: int = 0
    time: int = 0


def cursor() -> Cursor:
    """Return how far the journal is archived."""
    row = CURSOR.row()
    return Cursor(row.blocks, row.position, row.time_us) if row else Cursor()


def move(upto: Cursor | None, written: Iterable[str]) -> None:
    """Write the cursor where parts of some tables were counted, in their transaction.

    None leaves it where it is: then only the rows that are held are counted anew.
    """
    if upto is not None or not set(written).isdisjoint(_growing()):
        _write(upto or cursor())


def _write(at: Cursor) -> None:
    held = _held()
    CURSOR.write(ArchiveCursor(blocks=at.blocks, position=at.position, time_us=at.time, rows=held))


def refuse_moved() -> None:
    """Raise Moved unless the cursor is as it was written and says what the manifest counts."""
    why = changed()
    if why:
        raise Moved(why)


def fault(home: Path) -> str:
    """Return why the cursor cannot be gone on from, an empty text if it can: see `refuse_moved`.

    The journal must have its block, too.
    """
    why = changed()
    if why:
        return why
    at = cursor()
    why = unlike_journal(home, at.blocks, last_position=at.position, time=at.time)
    return f"of its cursor: {why}" if why else ""


def begin_anew() -> None:
    """Forget what is archived of the journal: it is all told again. What is not in it stays."""
    ArchivePart.objects.filter(table__in=JOURNALED).delete()
    ArchiveCursor.objects.all().delete()
    if _held():
        _write(Cursor())


def changed() -> str:
    """Return how the cursor differs from what was written, or from what the manifest counts."""
    why = CURSOR.fault()
    if why:
        return f"its cursor was changed: {why}"
    row, held = CURSOR.row(), _held()
    if row is None:
        return "its cursor is gone, and not what it holds" if held else ""
    # The first is named: what no journal tells again comes before the rest.
    for table in sorted({*held, *row.rows}, key=lambda one: (one in JOURNALED, one)):
        counted, there = row.rows.get(table, 0), held.get(table, 0)
        if counted != there:
            return f"its cursor counts {counted:,} rows of {table}, the manifest {there:,}"
    return ""


def _growing() -> list[str]:
    return [name for name, table in TABLES.items() if not table.picture]


def _held() -> dict[str, int]:
    # Merging changes parts and not how many rows they hold.
    held = ArchivePart.objects.filter(table__in=_growing(), retired_at__isnull=True)
    found = held.order_by().values_list("table").annotate(Sum("rows"))
    return {table: rows for table, rows in found if rows}


def _words(row: ArchiveCursor) -> list[Any]:
    return [row.blocks, row.position, row.time_us, row.rows]


CURSOR: Final = SealedCursor("archive", ArchiveCursor, _words)
