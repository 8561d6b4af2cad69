"""Small parts become large ones, so that the number of files stays bounded.

When a table has sixteen parts of one size class, they are merged into one of the next class; a
part of a million rows or more is left alone. Merged parts are retired in the transaction in which
the new one counts, and deleted a while later, for a query may still be reading them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.db import transaction

from pilothouse.journal.steady import passing_now
from pilothouse.records.archive import parts, strays
from pilothouse.records.archive.archive import Archive, count, is_spare, live
from pilothouse.records.archive.definitions import TABLES, Table
from pilothouse.records.models import ArchivePart

FAN: Final = 16
ROWS_OF_A_LARGE_PART: Final = 1_000_000
KEPT_AFTER_RETIRING: Final = timedelta(minutes=5)
"""Longer than the longest query may take."""


def compact(archive: Archive) -> int:
    """Merge what has become many; return how many parts were merged away. Raises Damaged."""
    return sum(_merge_some(archive, table) for table, one in TABLES.items() if not one.picture)


def _merge_some(archive: Archive, table: str) -> int:
    merged = 0
    small = live(table).filter(rows__lt=ROWS_OF_A_LARGE_PART)
    for level in sorted(set(small.values_list("level", flat=True))):
        rows = list(small.filter(level=level)[:FAN])
        if len(rows) == FAN:
            _merge(archive.home, table, rows, level + 1)
            merged += FAN
    return merged


def renew(archive: Archive) -> int:
    """Mask again the parts whose pseudonyms are missing or of another key; return how many.

    Under another key the masked files have other names: those of the old one are strays. Raises
    Damaged if a part to be masked is damaged itself.
    """
    count = 0
    for table, definition in TABLES.items():
        for row in live(table) if definition.masked else ():
            if not parts.has_pseudonyms(archive.home, definition, row):
                _mask_anew(archive.home, definition, row)
                count += 1
    return count


def _mask_anew(home: Path, table: Table, row: ArchivePart) -> None:
    # Until the new ones count the row has no masked files: a crash between the two is no damage.
    shelf = parts.true_file(table, row.name)[0]
    row.files = {one: facts for one, facts in row.files.items() if one == shelf}
    row.save(update_fields=["files"])
    row.files = parts.mask_anew(home, table, row)
    row.save(update_fields=["files"])


def _merge(home: Path, table: str, rows: list[ArchivePart], level: int) -> None:
    definition = TABLES[table]
    made = parts.merged(home, definition, rows)
    try:
        with transaction.atomic():
            ArchivePart.objects.filter(pk__in=[one.pk for one in rows]).update(
                retired_at=passing_now()
            )
            count([made], level)
    except BaseException:
        parts.delete_part(home, definition, made.name)
        raise


def forget_retired(archive: Archive, now: datetime | None = None) -> int:
    """Delete the files of parts that retired long enough ago; return how many.

    Raises Damaged where what was merged cannot be compared with what it became.
    """
    before = (now or passing_now()) - KEPT_AFTER_RETIRING
    retired = list(ArchivePart.objects.filter(retired_at__lt=before))
    derived = [one for one in retired if is_spare(("", one.table, ""))]
    _forget(archive, derived)
    held = strays.spare(archive.home, [one for one in retired if one not in derived])
    _forget(archive, held)
    return len(derived) + len(held)


def _forget(archive: Archive, gone: list[ArchivePart]) -> None:
    for one in gone:
        if one.table in TABLES:
            parts.delete_part(archive.home, TABLES[one.table], one.name)
    ArchivePart.objects.filter(pk__in=[one.pk for one in gone]).delete()
