"""A database that another program holds: what failed by it is tried again, and is no fault."""

from __future__ import annotations

import sqlite3
from typing import Final

_HELD: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_held(error: BaseException | None) -> bool:
    """Tell whether an error, or what it came from, says that the database is held."""
    while error is not None:
        # What Python itself says of a value has no code.
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _HELD:
            return True
        error = error.__cause__
    return False
