"""The database before Django opens it: held by somebody, damaged, or proved whole.

People, changes, signatures and the audit are in it alone: it is not derived from the journal. So
one that is damaged is never made anew; the console says the way out, and trading goes on.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from pilothouse.venue.progress import UNDER_WAY
from pilothouse.wiring.home import DATABASE
from pilothouse.wiring.missing_database import refuse_missing

CHECKED: Final = "database.checked"
"""Its time is that of the last check that found the database whole."""
WEEK_S: Final = 7 * 86_400
HELD_S: Final = 60
LOOK_S: Final = 1
MENDED: Final = (3, 51, 3)
MENDED_BACK: Final = ((3, 44, 6), (3, 50, 7))
"""Releases of SQLite without the fault of two connections that checkpoint at one moment."""


class DatabaseIsDamaged(RuntimeError):
    """The database is not whole; the text says the way out."""


class DatabaseIsHeld(RuntimeError):
    """Another program holds the database."""


def judge_database(
    home: Path, say: Callable[[str], None], held_s: int = HELD_S, weekly_s: int = WEEK_S
) -> None:
    """Wait for a database that is held, and prove it whole where that is due.

    Due is at a start behind an end that was none, and once a week. Raises DatabaseIsHeld after a
    minute, DatabaseIsDamaged, and DatabaseIsMissing where only the journal is there.
    """
    refuse_missing(home)
    if not (home / DATABASE).exists():
        mark_checked(home)
        return
    try:
        with closing(sqlite3.connect(home / DATABASE, timeout=LOOK_S)) as database:
            _wait_while_held(home, database, say, held_s)
            if check_is_due(home, weekly_s):
                _prove(home, database, say)
    except sqlite3.OperationalError as error:
        if "unable to open" in str(error):
            raise DatabaseIsDamaged(
                f"{home / DATABASE} cannot be opened: {error}. {_WAY_OUT}"
            ) from error
        raise _damaged(home, str(error)) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(home, str(error)) from error


def _wait_while_held(
    home: Path, database: sqlite3.Connection, say: Callable[[str], None], held_s: int
) -> None:
    until = time.monotonic() + held_s
    while True:
        try:
            database.execute("BEGIN IMMEDIATE")
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
            database.execute("ROLLBACK")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) and "busy" not in str(error):
                raise
            if time.monotonic() > until:
                raise DatabaseIsHeld(
                    f"another program has held {home / DATABASE} for {held_s} s, perhaps a "
                    f"backup. Trading goes on; the console starts when it is released"
                ) from None
            left = int(until - time.monotonic())
            say(f"{UNDER_WAY}waiting {left} s more for {DATABASE}, which another program holds")


def _prove(home: Path, database: sqlite3.Connection, say: Callable[[str], None]) -> None:
    say(f"{UNDER_WAY}checking {DATABASE}")
    found = [str(one) for (one,) in database.execute("PRAGMA integrity_check(3)")]
    if found != ["ok"]:
        raise _damaged(home, found[0].splitlines()[-1])
    mark_checked(home)


_WAY_OUT: Final = (
    "Nothing was changed and trading goes on. To recover: stop the exchange, move "
    "pilothouse.sqlite3 and its -wal and -shm files away, put those of a backup there, and start"
)


def _damaged(home: Path, why: str) -> DatabaseIsDamaged:
    return DatabaseIsDamaged(
        f"{home / DATABASE} is damaged ({why}). It holds people, changes and the audit, which the "
        f"journal does not. {_WAY_OUT}"
    )


def check_is_due(home: Path, every_s: int = WEEK_S) -> bool:
    """Tell whether the database is to be proved whole at the next start of the console."""
    try:
        return time.time() - (home / CHECKED).stat().st_mtime > every_s
    except OSError:
        return True


def ask_for_check(home: Path) -> None:
    """Have the database proved whole at the next start: a part ended that should not have."""
    (home / CHECKED).unlink(missing_ok=True)


def mark_checked(home: Path) -> None:
    """Note that the database is whole now."""
    (home / CHECKED).touch(mode=0o600)


def is_mended(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Tell whether the linked SQLite is a release without the known fault of its log."""
    return version >= MENDED or any(
        version[:2] == back[:2] and version >= back for back in MENDED_BACK
    )


def sqlite_sentence() -> str:
    """Return which SQLite is linked, and what is known of it."""
    if is_mended():
        return sqlite3.sqlite_version
    return (
        f"{sqlite3.sqlite_version}: older than 3.51.3, which fixed a fault that can damage "
        f"a database when two connections checkpoint at one moment; only one checkpoints here"
    )
