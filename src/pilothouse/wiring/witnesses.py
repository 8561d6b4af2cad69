"""Witnesses of the journal in other rooms: kept orders, the archive's cursor, applied changes.

The writer knows neither the database nor what a door keeps; the plug board asks both before it
starts, and `pilothouse verify` asks them too. Nothing is written. Files of the folder count with
the checksums they have: who writes them can read the folder's secret beside them. Rows of the
database count with their seals (`database_witnesses`).
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
from pilothouse.wiring.database_witnesses import ARCHIVE, of_database
from pilothouse.wiring.drill.copying import DATABASE
from pilothouse.wiring.sealed_rows import looked_at

WORD_VARIABLE: Final = "PILOTHOUSE_ACCEPT_LOST_HISTORY"
WAIT_S: Final = 20


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
            return found + of_database(home, database, (home / ARCHIVE).is_dir(), say)
    except sqlite3.Error as error:
        say(f"The database could not be asked how far the journal went: {error}.")
        return found
