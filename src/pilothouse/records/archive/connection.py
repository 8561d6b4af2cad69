"""A DuckDB connection that sees the archive's committed parts, read-only and locked.

Every table is a view over exactly the files that count now. Nothing outside them can be opened,
no setting changed, no extension loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

from pilothouse.records.archive import parts
from pilothouse.records.archive.archive import live
from pilothouse.records.archive.definitions import TABLES, Kind, Table

THREADS: Final = 2
MEMORY: Final = "1GB"
_LOCKS: Final = (
    "SET threads={threads}",
    "SET memory_limit='{memory}'",
    "SET temp_directory=''",
    "SET TimeZone='UTC'",
    "SET python_enable_replacements=false",
    "SET autoinstall_known_extensions=false",
    "SET autoload_known_extensions=false",
    "SET allow_community_extensions=false",
    "SET enable_external_access=false",
    "SET lock_configuration=true",
)


def open_archive(
    home: Path, *, threads: int = THREADS, memory: str = MEMORY
) -> duckdb.DuckDBPyConnection:
    """Return a connection with a view for every table of the archive as it is committed now."""
    connection = duckdb.connect(":memory:")
    files = {name: _files(home, name) for name in TABLES}
    paths = [path for some in files.values() for path in some]
    connection.execute(f"SET allowed_paths={_texts(paths)}")
    for name, table in TABLES.items():
        connection.execute(_view(table, files[name]))
    for one in _LOCKS:
        connection.execute(one.format(threads=threads, memory=memory))
    return connection


def _files(home: Path, table: str) -> list[str]:
    place = parts.folder(home, table)
    return [str(place / name) for name in live(table).values_list("name", flat=True)]


def _view(table: Table, files: list[str]) -> str:
    columns = ", ".join(_column(one.name, one.kind) for one in table.columns)
    source = f"read_parquet({_texts(files)})" if files else _empty(table)
    return f'CREATE VIEW "{table.name}" AS SELECT {columns} FROM {source}'


def _column(name: str, kind: Kind) -> str:
    return f'"{name}", epoch_us("{name}") AS "{name}_us"' if kind is Kind.TIME else f'"{name}"'


_TYPES: Final = {
    Kind.TIME: "TIMESTAMP",
    Kind.INTEGER: "BIGINT",
    Kind.WORD: "VARCHAR",
    Kind.TEXT: "VARCHAR",
    Kind.UNIT: "DECIMAL(13,12)",
}


def _empty(table: Table) -> str:
    nulls = ", ".join(f'NULL::{_TYPES[one.kind]} AS "{one.name}"' for one in table.columns)
    return f"(SELECT {nulls} WHERE false)"


def _texts(values: list[str]) -> str:
    return "[" + ", ".join("'" + one.replace("'", "''") + "'" for one in values) + "]"
