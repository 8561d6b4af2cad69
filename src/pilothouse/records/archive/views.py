"""Views over exactly the files that count, in a database that can open nothing else.

No setting can be changed, no extension loaded, no other file opened. The process that answers
people's SQL and the console's own reading both begin here; it knows no Django.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import duckdb

from pilothouse.records.archive import exchange_tables, team_tables
from pilothouse.records.archive.decimals import DECIMAL_VIEWS
from pilothouse.records.archive.definitions import TABLES, Column, Kind, Table

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


@dataclass(frozen=True)
class Paths:
    """The files of one table; the rows of `undated` have no moment, and no order either."""

    dated: tuple[str, ...] = ()
    undated: tuple[str, ...] = ()


class NotLocked(RuntimeError):
    """The database says of itself that it is not as shut as it has to be."""


def open_views(
    paths: Mapping[str, Paths], *, masked: bool, threads: int = THREADS, memory: str = MEMORY
) -> duckdb.DuckDBPyConnection:
    """Return a locked connection with a view for every table. Raises NotLocked."""
    connection = duckdb.connect(":memory:")
    allowed = sorted(one for some in paths.values() for one in (*some.dated, *some.undated))
    connection.execute(f"SET allowed_paths={_texts(allowed)}")
    for name, table in TABLES.items():
        connection.execute(_view(table, paths.get(name, Paths()), masked))
    _add_decimals(connection)
    for one in _LOCKS:
        connection.execute(one.format(threads=threads, memory=memory))
    prove_locked(connection, allowed)
    return connection


def open_shapes(*, masked: bool, memory: str = MEMORY) -> duckdb.DuckDBPyConnection:
    """Return a locked connection with an empty table in place of every view, and no file at all.

    What a statement means can be read from how it is bound here. Raises NotLocked.
    """
    connection = duckdb.connect(":memory:")
    for name, table in TABLES.items():
        connection.execute(f'CREATE TABLE "{name}" AS {_empty(table, masked)}')
    _add_decimals(connection)
    for one in _LOCKS:
        connection.execute(one.format(threads=1, memory=memory))
    prove_locked(connection, [])
    return connection


def _add_decimals(connection: duckdb.DuckDBPyConnection) -> None:
    for name, (_, select) in DECIMAL_VIEWS.items():
        connection.execute(f"CREATE VIEW {name} AS {select}")


def prove_locked(connection: duckdb.DuckDBPyConnection, allowed: list[str]) -> None:
    """Raise NotLocked unless the database says itself that all is shut but the allowed files."""
    names = ("enable_external_access", "lock_configuration", "allowed_paths",
             "allowed_directories", "temp_directory")  # fmt: skip
    asked = ", ".join(f"current_setting('{one}')" for one in names)
    row = connection.execute(f"SELECT {asked}").fetchone()
    said = dict(zip(names, row or (), strict=False))
    shut = said["enable_external_access"] is False and said["lock_configuration"] is True
    bare = not said["allowed_directories"] and not said["temp_directory"]
    if not (shut and bare and sorted(said["allowed_paths"]) == sorted(allowed)):
        raise NotLocked(f"the database is not locked: { ({**said, 'allowed_paths': '...'}) }")


def open_tables() -> frozenset[str]:
    """Return the names of all tables and views that may be asked."""
    return frozenset({*TABLES, *DECIMAL_VIEWS})


def _view(table: Table, paths: Paths, masked: bool) -> str:
    columns = ", ".join(_column(one) for one in table.columns)
    dated = f"SELECT {columns} FROM {_source(table, paths.dated, masked)}"
    if not (masked and table.undated):
        return f'CREATE VIEW "{table.name}" AS {dated}'
    # Whatever file such a row stands in: nobody sees which came first.
    undated = f"SELECT {columns} FROM {_source(table, paths.undated, masked)} ORDER BY ALL"
    return f'CREATE VIEW "{table.name}" AS {dated} UNION ALL SELECT * FROM ({undated})'


def _source(table: Table, files: tuple[str, ...], masked: bool) -> str:
    if not files:
        return f"({_bare(table, masked)})"
    return f"read_parquet({_texts(list(files))}, hive_partitioning=false)"


def _column(one: Column) -> str:
    name = f'"{one.name}"'
    return f'{name}, epoch_us({name}) AS "{one.name}_us"' if one.kind is Kind.TIME else name


_TYPES: Final = {
    Kind.TIME: "TIMESTAMP",
    Kind.INTEGER: "BIGINT",
    Kind.WORD: "VARCHAR",
    Kind.TEXT: "VARCHAR",
    Kind.UNIT: "DECIMAL(13,12)",
}


def _bare(table: Table, masked: bool) -> str:
    types = {
        one.name: "VARCHAR" if masked and one.mask else _TYPES[one.kind] for one in table.columns
    }
    nulls = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in types.items())
    return f"SELECT {nulls} WHERE false"


def _empty(table: Table, masked: bool) -> str:
    columns = ", ".join(_column(one) for one in table.columns)
    return f"SELECT {columns} FROM ({_bare(table, masked)})"


def _texts(values: list[str]) -> str:
    return "[" + ", ".join("'" + one.replace("'", "''") + "'" for one in values) + "]::VARCHAR[]"


assert exchange_tables and team_tables
