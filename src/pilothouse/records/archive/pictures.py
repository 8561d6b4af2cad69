"""Pictures: tables of rows that may still change, copied whole into the archive when they moved.

Changes, alerts and incidents are rows of the database; SQL sees them as they were at the last
round. The room that owns the rows says how they are read.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from pilothouse.records.archive import parts
from pilothouse.records.archive.archive import Archive, live
from pilothouse.records.archive.definitions import TABLES, shaped

Reader = Callable[[], pa.Table]


class Pictures:
    """The pictures of one archive and how each is read."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._readers: dict[str, Reader] = {}
        self._shown: dict[str, pa.Table] = {}

    def show(self, table: str, read: Reader) -> None:
        """Have a picture filled by `read`, which returns all its rows in a stable order."""
        if not TABLES[table].picture:
            raise ValueError(f"{table} is no picture")
        self._readers[table] = read

    def refresh(self) -> int:
        """Replace the pictures whose rows moved; return how many."""
        moved = 0
        for table, read in self._readers.items():
            rows = shaped(TABLES[table], read())
            if not rows.equals(self._last(table)):
                self._archive.replace(table, rows)
                self._shown[table] = rows
                moved += 1
        return moved

    def _last(self, table: str) -> pa.Table:
        if table not in self._shown:
            shown = parts.read_parts(self._archive.home, TABLES[table], live(table))
            self._shown[table] = shown
        return self._shown[table]
