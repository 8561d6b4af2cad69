"""A DuckDB connection that sees the archive's committed parts, read-only and locked.

Every table is a view over exactly the files that count now. Nothing outside them can be opened,
no setting changed, no extension loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

from pilothouse.records.archive import exchange_tables, parts, team_tables
from pilothouse.records.archive.archive import live
from pilothouse.records.archive.decimals import DECIMAL_VIEWS
from pilothouse.records.archive.definitions import TABLES, Column, Kind, Table
from pilothouse.records.archive.masks import pseudonym_of

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
    home: Path, *, masked: bool = False, threads: int = THREADS, memory: str = MEMORY
) -> duckdb.DuckDBPyConnection:
    """Return a connection with a view for every table of the archive as it is committed now.

    Where it is masked, whatever names a client is its pseudonym.
    """
    connection = duckdb.connect(":memory:")
    files = {name: _files(home, name) for name in TABLES}
    paths = [path for some in files.values() for path in some]
    connection.execute(f"SET allowed_paths={_texts(paths)}")
    for name, table in TABLES.items():
        connection.execute(_view(table, files[name], masked))
    for name, (_, select) in DECIMAL_VIEWS.items():
        connection.execute(f"CREATE VIEW {name} AS {select}")
    for one in _LOCKS:
        connection.execute(one.format(threads=threads, memory=memory))
    return connection


def _files(home: Path, table: str) -> list[str]:
    place = parts.folder(home, table)
    return [str(place / name) for name in live(table).values_list("name", flat=True)]


def open_tables() -> frozenset[str]:
    """Return the names of all tables and views that may be asked."""
    return frozenset({*TABLES, *DECIMAL_VIEWS})


def _view(table: Table, files: list[str], masked: bool) -> str:
    columns = ", ".join(_column(one, masked) for one in table.columns)
    source = f"read_parquet({_texts(files)})" if files else _empty(table)
    return f'CREATE VIEW "{table.name}" AS SELECT {columns} FROM {source}'


def _column(one: Column, masked: bool) -> str:
    name = f'"{one.name}"'
    if masked and one.mask:
        return f'"{pseudonym_of(one)}" AS {name}'
    return f'{name}, epoch_us({name}) AS "{one.name}_us"' if one.kind is Kind.TIME else name


_TYPES: Final = {
    Kind.TIME: "TIMESTAMP",
    Kind.INTEGER: "BIGINT",
    Kind.WORD: "VARCHAR",
    Kind.TEXT: "VARCHAR",
    Kind.UNIT: "DECIMAL(13,12)",
}


def _empty(table: Table) -> str:
    types = {one.name: _TYPES[one.kind] for one in table.columns}
    types |= {pseudonym_of(one): "VARCHAR" for one in table.masked}
    nulls = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in types.items())
    return f"(SELECT {nulls} WHERE false)"


def _texts(values: list[str]) -> str:
    return "[" + ", ".join("'" + one.replace("'", "''") + "'" for one in values) + "]"


assert exchange_tables and team_tables
