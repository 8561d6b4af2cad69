"""A DuckDB connection that sees the archive's committed parts, read-only and locked.

Every table is a view over exactly the files that count now. Nothing outside them can be opened,
no setting changed, no extension loaded.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, Final

import duckdb

from pilothouse.records.archive import exchange_tables, parts, team_tables
from pilothouse.records.archive.archive import live
from pilothouse.records.archive.decimals import DECIMAL_VIEWS
from pilothouse.records.archive.definitions import TABLES, Column, Kind, Mask, Table
from pilothouse.records.archive.masks import Pseudonyms

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
    home: Path, *, key: bytes | None = None, threads: int = THREADS, memory: str = MEMORY
) -> duckdb.DuckDBPyConnection:
    """Return a connection with a view for every table of the archive as it is committed now.

    With a key, whatever names a client is a pseudonym made with it.
    """
    connection = duckdb.connect(":memory:")
    files = {name: _files(home, name) for name in TABLES}
    paths = [path for some in files.values() for path in some]
    connection.execute(f"SET allowed_paths={_texts(paths)}")
    masks = _masks(connection, key) if key else {}
    for name, table in TABLES.items():
        connection.execute(_view(table, files[name], masks))
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


def _masks(connection: duckdb.DuckDBPyConnection, key: bytes) -> dict[Column, str]:
    # A function for each kind of mask and type, under a name that nobody can guess.
    made: dict[tuple[Mask, str], str] = {}
    masks = {}
    for column in (one for table in TABLES.values() for one in table.columns if one.mask):
        wanted = column.mask, _TYPES[column.kind]
        if wanted not in made:
            made[wanted] = f"mask_{secrets.token_hex(16)}"
            names = Pseudonyms(key, column.mask)
            kinds: list[Any] = [wanted[1]]
            connection.create_function(made[wanted], names.of, kinds, "VARCHAR", type="arrow")
        masks[column] = made[wanted]
    return masks


def _view(table: Table, files: list[str], masks: dict[Column, str]) -> str:
    columns = ", ".join(_column(one, masks.get(one, "")) for one in table.columns)
    source = f"read_parquet({_texts(files)})" if files else _empty(table)
    return f'CREATE VIEW "{table.name}" AS SELECT {columns} FROM {source}'


def _column(one: Column, mask: str) -> str:
    name = f'"{one.name}"'
    if mask:
        return f"{mask}({name}) AS {name}"
    return f'{name}, epoch_us({name}) AS "{one.name}_us"' if one.kind is Kind.TIME else name


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


assert exchange_tables and team_tables
