"""A database that is gone while the journal is not: refused, unless people say to begin a new one.

Every exchange gets its database before its first block. So a journal with blocks and no database
beside it means that people, changes, signatures, API keys and the audit were lost or left out of
a backup; a new one made in silence would hide that.
"""

from __future__ import annotations

import getpass
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from pilothouse.journal.durable import mark_found
from pilothouse.journal.segments import segment_starts
from pilothouse.journal.storage import Files
from pilothouse.wiring.genesis import is_new
from pilothouse.wiring.home import DATABASE

VARIABLE: Final = "PILOTHOUSE_NEW_DATABASE"
DEED: Final = "database.begun_anew"


class DatabaseIsMissing(RuntimeError):
    """The journal has blocks and the database is gone; the text says the way out."""


def refuse_missing(home: Path) -> bool:
    """Raise DatabaseIsMissing where the database is gone; True where people said to begin anew."""
    blocks = _least_blocks(home)
    if not blocks or _has_tables(home / DATABASE):
        return False
    if os.environ.get(VARIABLE) == "1":
        return True
    raise DatabaseIsMissing(
        f"{home / DATABASE} is missing, and the journal has {blocks:,} blocks. It held people, "
        f"API keys, changes and the audit, which the journal does not. Nothing was changed. Put "
        f"it back from a backup, or begin a new one: `pilothouse up --new-database`"
    )


def _least_blocks(home: Path) -> int:
    """Return how many blocks the journal has by its mark, or, where that is lost, at least."""
    storage = Files(home)
    if found := mark_found(storage):
        return found
    return 0 if is_new(home) else segment_starts(storage)[-1]


def founding_gone(home: Path) -> None:
    """Forget which row was the founding: it is gone with the database that people begin anew."""
    from pilothouse.control import founding_file

    founding_file.remove(home)


def note_begun_anew(home: Path) -> None:
    """Write into the new audit that the database before it is gone; Django is set up."""
    from django.db import transaction

    from pilothouse.records import audit

    blocks, by = _least_blocks(home), _user()
    sentence = (
        f"The database was missing beside a journal of {blocks:,} blocks; {by} began a new one. "
        f"People, API keys, changes and the audit before this row are lost."
    )
    with transaction.atomic():
        audit.write(by, DEED, "database", sentence, facts={"blocks": blocks})


def _has_tables(path: Path) -> bool:
    # Looking for a key leaves an empty file behind; one that is damaged is judged elsewhere.
    if not path.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as read:
            return bool(read.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    except sqlite3.Error:
        return True


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
