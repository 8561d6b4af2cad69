"""Witnesses of the journal in other rooms: kept orders, the archive's cursor, applied changes.

The writer knows neither the database nor what a door keeps; the plug board asks both before it
starts, and `pilothouse verify` asks them too. Nothing is written.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from pilothouse.journal.storage import Files
from pilothouse.journal.witnesses import Witness
from pilothouse.records.kept import NAME as KEPT_ORDERS
from pilothouse.records.kept import kept_at
from pilothouse.venue.recovery import Told
from pilothouse.wiring import environment
from pilothouse.wiring.drill.copying import DATABASE
from pilothouse.wiring.sealed_rows import looked_at

WORD_VARIABLE: Final = "PILOTHOUSE_ACCEPT_LOST_HISTORY"
ARCHIVE: Final = "archive"
WAIT_S: Final = 20
_CURSOR: Final = "SELECT blocks, position FROM records_archivecursor WHERE id = 1"
_APPLIED: Final = "SELECT 0, max(position) FROM control_changestep"


def told(home: Path, say: Callable[[str], None]) -> Told:
    """Return what a writer of this home is to be told at its start."""
    word = os.environ.get(WORD_VARIABLE, "")
    founding = environment.read(home) or environment.UNFOUNDED
    invented = founding.environment in (environment.DEMO, environment.DRILL)
    return Told(other_witnesses(home, say), word, may_be_old=invented)


def other_witnesses(home: Path, say: Callable[[str], None]) -> list[Witness]:
    """Return what other rooms know of how far the journal went; what cannot be read is said."""
    at = kept_at(Files(home))
    found = [Witness("the kept orders", *at, KEPT_ORDERS)] if at else []
    if not (home / DATABASE).exists():
        return found
    try:
        with closing(looked_at(home / DATABASE, WAIT_S)) as database:
            return found + _of_database(database, (home / ARCHIVE).is_dir())
    except sqlite3.Error as error:
        say(f"The database could not be asked how far the journal went: {error}.")
        return found


def _of_database(database: sqlite3.Connection, has_archive: bool) -> list[Witness]:
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
    found = []
    if has_archive and "records_archivecursor" in tables:
        for blocks, position in database.execute(_CURSOR):
            found.append(Witness("the archive", _whole(blocks), _whole(position), ARCHIVE))
    if "control_changestep" in tables:
        for _, position in database.execute(_APPLIED):
            found.append(Witness("the last applied change", 0, _whole(position), lasting=True))
    return found


def _whole(told: object) -> int:
    # A column of SQLite takes whatever it is given: what is no number is no witness.
    return told if isinstance(told, int) else 0
