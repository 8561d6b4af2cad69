"""The archive of one home: rows in, parts out, each part counted in one transaction.

Only one process writes: the console's. Rows that other rooms append wait in memory for the next
flush; rows of the journal come with the cursor that says how far it is archived then.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from pilothouse.records.archive import cursors, parts
from pilothouse.records.archive.cursors import Cursor
from pilothouse.records.archive.definitions import TABLES, shaped
from pilothouse.records.archive.exchange_tables import is_derived
from pilothouse.records.models import ArchivePart

NO_ROWS: Mapping[str, pa.Table] = {}
ROWS_WAITING_MAX: Final = 1_000_000


class Archive:
    """Tables in Parquet files below `home`, and their manifest in the database."""

    def __init__(self, home: Path) -> None:
        self.home = Path(home)
        self.rows_dropped = 0
        self._waiting: dict[str, list[pa.Table]] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def append(self, table: str, rows: pa.Table) -> None:
        """Take rows of another room; they are durable, and seen, after the next flush.

        While the archive cannot be written a million rows of a table wait; what comes then is
        dropped and counted in `rows_dropped`.
        Raises WrongRows when they are not of the table's columns, KeyError for an unknown table.
        """
        made = shaped(TABLES[table], rows)
        with self._lock:
            waiting = self._waiting.setdefault(table, [])
            if sum(map(len, waiting)) + len(made) > ROWS_WAITING_MAX:
                self.rows_dropped += len(made)
            elif len(made):
                waiting.append(made)

    def flush(self, journal: Mapping[str, pa.Table] = NO_ROWS, upto: Cursor | None = None) -> int:
        """Write what waits and the journal's rows, commit both with the cursor; return rows.

        When it fails nothing counts, and what waited waits again. Raises Moved.
        """
        with self._writing:
            taken = self._take()
            try:
                return self._write(_together(taken, journal), upto)
            except BaseException:
                self._give_back(taken)
                raise

    def _take(self) -> dict[str, list[pa.Table]]:
        with self._lock:
            taken, self._waiting = self._waiting, {}
        return taken

    def _give_back(self, taken: dict[str, list[pa.Table]]) -> None:
        with self._lock:
            for table, pieces in taken.items():
                self._waiting[table] = pieces + self._waiting.get(table, [])

    def _write(self, rows: Mapping[str, pa.Table], upto: Cursor | None) -> int:
        made: list[parts.Part] = []
        try:
            for name, one in rows.items():
                made.append(parts.write_part(self.home, TABLES[name], one))
            with transaction.atomic():
                cursors.refuse_moved()
                count(made)
                cursors.move(upto, rows)
        except BaseException:
            for part in made:
                parts.delete_part(self.home, TABLES[part.table], part.name)
            raise
        return sum(one.rows for one in made)

    def replace(self, table: str, rows: pa.Table) -> None:
        """Put a picture's rows in the place of those it had, in one transaction."""
        definition = TABLES[table]
        if not definition.picture:
            raise ValueError(f"{table} only grows; append to it")
        made = shaped(definition, rows)
        with self._writing:
            part = parts.write_part(self.home, definition, made)
            with transaction.atomic():
                live(table).update(retired_at=timezone.now())
                count([part])

    def sweep(self) -> int:
        """Delete files that no manifest row counts, if what they hold is elsewhere too.

        A crash came between the two. Others may be all that is left of their rows: see `strays`.
        """
        gone = [parts.path_of(self.home, one) for one in uncounted(self.home) if is_spare(one)]
        for place in [*gone, *parts.left_under_way(self.home)]:
            place.unlink(missing_ok=True)
        return len(gone)


def uncounted(home: Path) -> list[parts.File]:
    """Return the files of an archive that no manifest row counts."""
    counted: set[parts.File] = set()
    for table, name in ArchivePart.objects.values_list("table", "name"):
        if table in TABLES:
            counted.update(parts.files_of(TABLES[table], name))
    return sorted(parts.files_on_disk(home) - counted)


def is_spare(file: parts.File) -> bool:
    """Tell whether a file holds only what can be derived again."""
    table = TABLES.get(file[1])
    return table is None or is_derived(table)


def _together(
    taken: Mapping[str, list[pa.Table]], journal: Mapping[str, pa.Table]
) -> dict[str, pa.Table]:
    made = {name: pa.concat_tables(pieces) for name, pieces in taken.items() if pieces}
    for name, rows in journal.items():
        if len(rows):
            made[name] = pa.concat_tables([made[name], rows]) if name in made else rows
    return made


def count(made: Iterable[parts.Part], level: int = 0) -> None:
    """Add the manifest rows of parts; the caller's transaction makes them count."""
    now = timezone.now()
    for one in made:
        ArchivePart.objects.create(
            table=one.table,
            name=one.name,
            rows=one.rows,
            bytes=one.bytes,
            first_us=one.first_us,
            last_us=one.last_us,
            level=level,
            made_at=now,
            files=one.files,
        )


def live(table: str) -> QuerySet[ArchivePart]:
    """Return the manifest rows of a table's parts that count, oldest first."""
    return ArchivePart.objects.filter(table=table, retired_at__isnull=True).order_by("id")
