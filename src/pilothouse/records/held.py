"""A database that another program holds, or whose disk fails: no fault of what it holds."""

from __future__ import annotations

import sqlite3
from typing import Final

_HELD: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DISK: Final = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
)


def is_held(error: BaseException | None) -> bool:
    """Tell whether an error, or what it came from, says that the database is held."""
    return _says(error, _HELD)


def is_passing(error: BaseException | None) -> bool:
    """Tell whether it says that the database is held or its disk or memory failed: the rows may be
    right, and it is tried again.
    """
    return _says(error, (*_HELD, *_DISK))


def _says(error: BaseException | None, codes: tuple[int, ...]) -> bool:
    while error is not None:
        # What Python itself says of a value has no code.
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in codes:
            return True
        error = error.__cause__
    return False
