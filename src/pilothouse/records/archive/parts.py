"""Parts on disk: one Parquet file each, durable before its manifest row is written."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings

from pilothouse.records.archive.definitions import Table
from pilothouse.records.archive.masks import MARK, mark, with_pseudonyms

FOLDER: Final = "archive"
SUFFIX: Final = ".parquet"
ROWS_OF_A_GROUP: Final = 122_880


@dataclass(frozen=True)
class Part:
    """A file that was written, and what its manifest row says of it. Times are microseconds."""

    table: str
    name: str
    rows: int
    bytes: int
    first_us: int
    last_us: int


def folder(home: Path, table: str) -> Path:
    """Return where a table's parts are."""
    return home / FOLDER / table


class OtherColumns(Exception):
    """The archive has parts of a release whose tables had other columns."""


def write_part(home: Path, table: Table, rows: pa.Table) -> Part:
    """Write rows as a new file and make it durable; nobody counts it before its row commits.

    Rows without pseudonyms get them.
    """
    rows = with_pseudonyms(table, rows, settings.PILOTHOUSE_PSEUDONYM_KEY)
    place = folder(home, table.name)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{uuid.uuid4().hex}{SUFFIX}"
    with open(place / name, "xb") as file:
        pq.write_table(rows, file, compression="zstd", row_group_size=ROWS_OF_A_GROUP)
        file.flush()
        os.fsync(file.fileno())
    _sync(place)
    first_us, last_us = _span(table, rows)
    return Part(table.name, name, len(rows), (place / name).stat().st_size, first_us, last_us)


def _span(table: Table, rows: pa.Table) -> tuple[int, int]:
    if not table.clock or not len(rows):
        return 0, 0
    ends = pc.min_max(rows[table.clock].cast(pa.int64())).as_py()
    return ends["min"] or 0, ends["max"] or 0


def _sync(place: Path) -> None:
    # The name of a new file is durable when its folder is.
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_parts(home: Path, table: Table, names: Iterable[str]) -> pa.Table:
    """Return the rows of some parts, in their order and without their pseudonyms."""
    columns = table.schema.names
    read = [one.read(columns).cast(table.schema) for one in _opened(home, table, names)]
    return pa.concat_tables(read) if read else table.schema.empty_table()


def read_whole(home: Path, table: Table, names: Iterable[str]) -> pa.Table:
    """Return the rows of some parts that have the pseudonyms of today, and these with them."""
    return pa.concat_tables(one.read() for one in _opened(home, table, names))


def has_pseudonyms(home: Path, table: Table, name: str) -> bool:
    """Tell whether a part has pseudonyms made with today's key."""
    found = next(_opened(home, table, [name])).schema_arrow.metadata or {}
    return bool(found.get(MARK) == mark(settings.PILOTHOUSE_PSEUDONYM_KEY))


def refuse_other_columns(home: Path, table: Table, names: Iterable[str]) -> None:
    """Raise OtherColumns if a part lacks a column of this release's table."""
    for one in _opened(home, table, names):
        lacks = sorted({*table.schema.names} - {*one.schema_arrow.names})
        if lacks:
            raise OtherColumns(
                f"the archive's table {table.name} was written by a release without its column "
                f"{', '.join(lacks)}; move the folder `archive` away and start again: what the "
                f"journal tells is made anew, and what was measured stays in the old folder"
            )


def _opened(home: Path, table: Table, names: Iterable[str]) -> Iterator[pq.ParquetFile]:
    return (pq.ParquetFile(folder(home, table.name) / name) for name in names)


def delete_part(home: Path, table: str, name: str) -> None:
    """Delete a file, if it is still there."""
    (folder(home, table) / name).unlink(missing_ok=True)


def files_on_disk(home: Path) -> set[tuple[str, str]]:
    """Return every file as (table, name)."""
    return {(one.parent.name, one.name) for one in (home / FOLDER).glob(f"*/*{SUFFIX}")}
