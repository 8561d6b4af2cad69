"""What the database knows of how far the journal went: what is sealed counts, and nothing else.

A number in a row is moved with one line of SQL. Believed, it would stop the writer for a loss that
never was, and no start would get past it. So each witness here is read with the seal that was made
with the folder's secret: the cursor's own, or that of the row of the audit that has the receipt.
What does not fit is said, and the start goes on; the console compares the same rows and alerts.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from pilothouse.access.secret_file import SecretIsUnsafe, derive, read_secret
from pilothouse.control import founding_file
from pilothouse.control.founding_file import NotAsWritten
from pilothouse.control.moves import Verb
from pilothouse.journal.witnesses import Witness
from pilothouse.records import seals
from pilothouse.records.row_hash import row_hash

ARCHIVE: Final = "archive"
Say = Callable[[str], None]
Row = dict[str, Any]
_CURSOR: Final = "SELECT * FROM records_archivecursor WHERE id = 1"
_RECEIPTS: Final = (
    f"SELECT * FROM records_auditrow WHERE deed = '{Verb.APPLY}' AND outcome = 'done' "
    "AND number > 0 ORDER BY number DESC"
)
_STEPS: Final = (
    "SELECT max(position) AS last FROM control_changestep WHERE typeof(position) = 'integer'"
)
_UNPROVED: Final = "It says nothing of how long the journal was, and the start goes on."
NO_SECRET: Final = "The database says nothing of how long the journal was: {}"
CURSOR_MOVED: Final = (
    "The archive's cursor is not as it was written with this folder's secret: its seal does not "
    f"fit. {_UNPROVED} The console rebuilds the archive."
)
UNPROVED_CHANGE: Final = (
    "Command {:,} stands in the database as the last one of a change, and no sealed row of the "
    f"audit has its receipt. {_UNPROVED} The console compares the changes."
)


def of_database(
    home: Path, database: sqlite3.Connection, has_archive: bool, say: Say
) -> list[Witness]:
    """Return what sealed rows say of how far the journal went; what is not proved is said.

    Raises sqlite3.Error where the database cannot be read.
    """
    try:
        secret = read_secret(home)
    except (SecretIsUnsafe, OSError) as why:
        say(NO_SECRET.format(why))
        return []
    # A text that is none is not what was sealed; an error here would hide the other rows.
    database.text_factory = partial(str, encoding="utf-8", errors="replace")
    tables = {one["name"] for one in _rows(database, "SELECT name FROM sqlite_master")}
    found: list[Witness] = []
    if has_archive and "records_archivecursor" in tables:
        found += _archive(derive(secret, seals.ARCHIVE), database, say)
    if {"records_auditrow", "control_changestep"} <= tables:
        found += _change(derive(secret, seals.AUDIT), database, _founded_at(home, secret), say)
    return found


def _rows(database: sqlite3.Connection, asked: str) -> Iterator[Row]:
    read = database.execute(asked)
    names = [one[0] for one in read.description]
    return (dict(zip(names, one, strict=True)) for one in read)


def _archive(key: bytes, database: sqlite3.Connection, say: Say) -> Iterator[Witness]:
    for row in _rows(database, _CURSOR):
        if _is_sealed_cursor(key, row):
            yield Witness("the archive", row["blocks"], row["position"], ARCHIVE)
        else:
            say(CURSOR_MOVED)


def _is_sealed_cursor(key: bytes, row: Row) -> bool:
    try:
        words = [row["blocks"], row["position"], row["time_us"], json.loads(row["rows"])]
    except (KeyError, TypeError, ValueError, RecursionError):
        return False
    return seals.is_seal(row.get("seal"), seals.seal_of_words(key, words))


def _founded_at(home: Path, secret: bytes) -> int:
    """Return the row of the audit from which on this secret seals, 0 where that is not known."""
    try:
        noted = founding_file.read(home, secret)
    except (NotAsWritten, OSError):
        return 0
    return noted.number if noted else 0


def _change(key: bytes, database: sqlite3.Connection, founded: int, say: Say) -> Iterator[Witness]:
    claimed = max((one["last"] or 0 for one in _rows(database, _STEPS)), default=0)
    proved, before = 0, 0
    for row in _rows(database, _RECEIPTS):
        position = _position(row)
        # The hash of a row takes a while: only those that name a later command are asked.
        if position > proved and _is_sealed_row(key, row):
            proved = position
        elif _is_older(row, founded):
            before = max(before, position)
        else:
            claimed = max(claimed, position)
    if proved:
        yield Witness("the last applied change", 0, proved, lasting=True)
    if claimed > max(proved, before):
        say(UNPROVED_CHANGE.format(claimed))


def _is_older(row: Row, founded: int) -> bool:
    # Of an older secret, or of the exchange that a drill is a copy of: no witness, and no wonder.
    return isinstance(row["number"], int) and row["number"] < founded


def _position(row: Row) -> int:
    try:
        facts = json.loads(row["facts"])
    except (TypeError, ValueError, RecursionError):
        return 0
    position = facts.get("position", 0) if isinstance(facts, dict) else 0
    return position if isinstance(position, int) else 0


def _is_sealed_row(key: bytes, row: Row) -> bool:
    try:
        at = datetime.fromisoformat(row["at"]).replace(tzinfo=UTC)
        words = SimpleNamespace(**row | {"at": at, "facts": json.loads(row["facts"])})
        right = seals.seal_of_hash(key, row_hash(words))
    except (KeyError, AttributeError, TypeError, ValueError, RecursionError):
        return False
    return seals.is_seal(row.get("seal"), right)
