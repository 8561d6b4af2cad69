"""The number from which SQLite goes on in each table, put back where somebody moved it far ahead.

It is done before Django opens the database, whose own rows are not numbered by `numbering`.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from pilothouse.records.numbering import FAR, last_before_gap
from pilothouse.wiring.home import DATABASE

_MOVED: Final = (
    "SELECT DISTINCT name FROM sqlite_sequence JOIN sqlite_master USING (name) "
    "WHERE type = 'table' AND CAST(seq AS INTEGER) > ? ORDER BY name"
)
_PUT_BACK: Final = "UPDATE sqlite_sequence SET seq = ? WHERE name = ?"
_HAS_ANY: Final = "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'"
WAITS_S: Final = 20
LEFT: Final = (
    "the number from which the table {!r} goes on was found moved, and could not be put back ({})"
)
WHAT: Final = (
    "the number from which the table {!r} goes on was found moved; it was put back to {:,}"
)


def put_back(home: Path) -> list[str]:
    """Put back what was moved, and return a sentence's words for each table.

    One that cannot be put back, as it has no numbered rows, keeps no other from it.
    Of a database that cannot be read or written nothing is said: who opens it next says why.
    """
    path = home / DATABASE
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(path, timeout=WAITS_S)) as database, database:
            return _put_back(database) if database.execute(_HAS_ANY).fetchone()[0] else []
    except sqlite3.Error:
        return []


def _put_back(database: sqlite3.Connection) -> list[str]:
    database.text_factory = _text
    return [_one(database, table) for (table,) in database.execute(_MOVED, (FAR,)).fetchall()]


def _text(given: bytes) -> str:
    # A name that is no text is that of one table, and no error of the whole reading.
    return given.decode(errors="replace")


def _one(database: sqlite3.Connection, table: str) -> str:
    try:
        last = database.execute(last_before_gap(table.replace('"', '""'))).fetchone()[0]
        database.execute(_PUT_BACK, (last, table))
    except sqlite3.Error as why:
        return LEFT.format(table, type(why).__name__)
    return WHAT.format(table, last)
