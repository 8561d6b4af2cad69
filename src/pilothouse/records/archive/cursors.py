"""The archive's cursor: how far the journal is archived, and how many rows of it are held then.

It is sealed with a key of the folder's secret. Moved ahead with SQL, or brought back from another
time than the journal or the manifest, it would end the archive without a word; moved back, rows
would be told twice. So it is compared before it is believed, and before it is written.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db.models import Sum

from pilothouse.journal.reader import BadBlock, Reader
from pilothouse.journal.storage import Files
from pilothouse.records.archive.checksums import Damaged
from pilothouse.records.archive.exchange_tables import JOURNAL_TABLES
from pilothouse.records.models import ArchiveCursor, ArchivePart

NAMES: Final = frozenset(one.name for one in JOURNAL_TABLES)


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
    row = _row()
    return Cursor(row.blocks, row.position, row.time_us) if row else Cursor()


def move(upto: Cursor | None, written: Iterable[str]) -> None:
    """Write the cursor where parts of some tables were counted, in their transaction.

    None leaves it where it is: then only the rows that are held are counted anew.
    """
    if upto is None and NAMES.isdisjoint(written):
        return
    at = upto or cursor()
    row = ArchiveCursor(
        pk=1, blocks=at.blocks, position=at.position, time_us=at.time, rows=_held()
    )
    row.seal = _seal_of(row)
    row.save()


def refuse_moved() -> None:
    """Raise Moved unless the cursor is as it was written and says what the manifest counts."""
    why = _fault()
    if why:
        raise Moved(why)


def fault(home: Path) -> str:
    """Return why the cursor cannot be gone on from, an empty text if it can: see `refuse_moved`.

    The journal must have its block, too.
    """
    return _fault() or _unlike_journal(home, cursor())


def begin_anew() -> None:
    """Forget the cursor and what is archived of the journal: it is all told again."""
    ArchivePart.objects.filter(table__in=NAMES).delete()
    ArchiveCursor.objects.all().delete()


def _row() -> ArchiveCursor | None:
    return ArchiveCursor.objects.filter(pk=1).first()


def _fault() -> str:
    try:
        row, held = _row(), _held()
    except ValueError:
        return "its cursor was changed: it cannot be read"
    if row is None:
        return "its cursor is gone, and not what it holds" if held else ""
    if not hmac.compare_digest(str(row.seal).encode(), _seal_of(row).encode()):
        return "its cursor was changed: the seal does not fit"
    for table in sorted({*held, *row.rows}):
        counted, there = row.rows.get(table, 0), held.get(table, 0)
        if counted != there:
            return f"its cursor counts {counted:,} rows of {table}, the manifest {there:,}"
    return ""


def _held() -> dict[str, int]:
    # Merging changes parts and not how many rows they hold.
    held = ArchivePart.objects.filter(table__in=NAMES, retired_at__isnull=True)
    found = held.order_by().values_list("table").annotate(Sum("rows"))
    return {table: rows for table, rows in found if rows}


def _unlike_journal(home: Path, at: Cursor) -> str:
    if not at.blocks or not (home / "journal").is_dir():
        return ""
    reader = Reader(Files(home))
    try:
        head = reader.header_of(at.blocks)
    except BadBlock:
        # A journal that is damaged says nothing of the archive; whoever follows it says so.
        return ""
    finally:
        reader.close()
    if head is None:
        return f"its cursor is at block {at.blocks:,}, beyond the end of the journal"
    if (head.last_position, head.time) != (at.position, at.time):
        return f"its cursor says something else of block {at.blocks:,} than the journal"
    return ""


def _seal_of(row: ArchiveCursor) -> str:
    words: list[Any] = [row.blocks, row.position, row.time_us, row.rows]
    said = json.dumps(words, sort_keys=True, separators=(",", ":"), default=str).encode()
    return hmac.new(settings.PILOTHOUSE_ARCHIVE_KEY, said, hashlib.sha256).hexdigest()
