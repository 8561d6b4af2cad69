"""The contents of all files that count, compared with their checksums piece by piece.

A start looks at sizes and footers alone, so that it does not grow with the archive. The walk reads
everything, a bounded number of bytes at a time, and begins again when it has come round.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from pilothouse.records.archive import checksums, parts
from pilothouse.records.archive.archive import live
from pilothouse.records.archive.checksums import Damaged
from pilothouse.records.archive.definitions import TABLES, Table
from pilothouse.records.models import ArchivePart

WANTED = threading.Event()
"""Set when a reader met an error: it may be damage, so all files are to be compared soon."""


def counts_still(row: ArchivePart) -> bool:
    """Tell whether a part still counts, with the files that its row had."""
    now = ArchivePart.objects.filter(pk=row.pk, retired_at__isnull=True).first()
    return now is not None and now.files == row.files


def contents(
    home: Path,
    counts: Callable[[ArchivePart], bool] = counts_still,
    may_lack: Callable[[parts.File], bool] = lambda file: False,
) -> Iterator[tuple[parts.File, int]]:
    """Yield the pieces of all files that count, by file and bytes. Raises Damaged.

    A part may be merged into another and deleted meanwhile: `counts` tells whether it still is
    one. `may_lack` is asked of each file that is not there.
    """
    for name, table in TABLES.items():
        for row in list(live(name)):
            try:
                yield from _of_part(home, table, row, may_lack)
            except Damaged as damaged:
                if counts(row):
                    raise Damaged(f"a part of {name} {damaged}") from damaged


def _of_part(
    home: Path, table: Table, row: ArchivePart, may_lack: Callable[[parts.File], bool]
) -> Iterator[tuple[parts.File, int]]:
    if not row.files:
        raise Damaged("has no checksum")
    for file, facts in parts.known_files(table, row):
        place = parts.path_of(home, file)
        if not place.exists() and may_lack(file):
            continue
        for piece in checksums.compared(place, facts):
            yield file, len(piece)
