"""The archive as it is committed now: which files count, and the console's own reading of them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from pilothouse.records.archive import parts
from pilothouse.records.archive.archive import live
from pilothouse.records.archive.definitions import TABLES
from pilothouse.records.archive.views import MEMORY, THREADS, Paths, open_views
from pilothouse.records.archive.walk import WANTED


def open_archive(
    home: Path, *, masked: bool = False, threads: int = THREADS, memory: str = MEMORY
) -> duckdb.DuckDBPyConnection:
    """Return a connection with a view for every table of the archive as it is committed now.

    It is for questions of the house; what people ask goes to a process of its own (`ask`).
    """
    return open_views(
        files_now(home, masked=masked), masked=masked, threads=threads, memory=memory
    )


def rows_of(home: Path, sql: str, asked: list[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a question of the house; an error of a file has all files compared."""
    try:
        with closing(open_archive(home)) as connection:
            return connection.execute(sql, asked).fetchall()
    except duckdb.Error:
        WANTED.set()
        raise


def files_now(home: Path, *, masked: bool) -> dict[str, Paths]:
    """Return the files of every table that count now: those of masked readers, or the true ones.

    The masked ones come in the order of their names, which are made with the key and tell nothing.
    """
    return {name: _masked(home, name) if masked else _true(home, name) for name in TABLES}


def _true(home: Path, table: str) -> Paths:
    made = (parts.true_file(TABLES[table], one) for one in _names(table))
    return Paths(tuple(str(parts.path_of(home, one)) for one in made))


def _masked(home: Path, table: str) -> Paths:
    if not TABLES[table].masked:
        return _true(home, table)
    files = [one for name in _names(table) for one in parts.masked_files(TABLES[table], name)]
    placed = [(one[0], parts.path_of(home, one)) for one in files]
    dated = (str(path) for shelf, path in placed if shelf == parts.MASKED)
    undated = (str(path) for shelf, path in placed if shelf == parts.UNDATED and path.exists())
    return Paths(tuple(sorted(dated)), tuple(sorted(undated)))


def _names(table: str) -> list[str]:
    return list(live(table).values_list("name", flat=True))
