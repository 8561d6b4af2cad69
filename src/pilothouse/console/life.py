"""The console's signs of life, and the one connection that checkpoints the database.

A sign is given when pages are served, the database answers, the replica can be read and every
thread that keeps something lives: a console in which one of them waits for ever is no console.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Protocol

import structlog
from django.db import connection

log = structlog.get_logger()
TURNED_S: Final = 5.0
"""A loop of pages that did not come round for so long gives no sign."""


class Lent(Protocol):
    """The replica, whose machine is lent between two blocks."""

    def machine(self) -> AbstractContextManager[Any]:
        """Lend the machine; raises when it stopped."""


class Lasting(Protocol):
    """What has a thread of its own that lasts as long as the console."""

    @property
    def has_died(self) -> bool:
        """Tell whether its thread ended and nobody had it end."""


class Life:
    """Looks once a second whether everything comes round, and gives the sign."""

    def __init__(
        self, follower: Lent, alive: Callable[[], None], parts: Iterable[Lasting] = ()
    ) -> None:
        self._follower, self._alive, self._parts = follower, alive, list(parts)
        self._turned_at = time.monotonic()

    def turned(self) -> None:
        """Note that the loop of pages came round."""
        self._turned_at = time.monotonic()

    def look(self) -> None:
        """Give a sign of life, unless pages, database or replica do not come round.

        Nor is one given when a thread died: nothing but a new process begins it again.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM django_migrations")
            cursor.fetchone()
        with self._follower.machine():
            pass
        if any(one.has_died for one in self._parts):
            log.warning("a_thread_died")
        elif time.monotonic() - self._turned_at < TURNED_S:
            self._alive()


def log_bytes() -> int:
    """Return the size of the database's log in bytes."""
    return _size(Path(f"{connection.settings_dict['NAME']}-wal"))


def database_bytes() -> int:
    """Return the size of the database in bytes, without its log."""
    return _size(Path(connection.settings_dict["NAME"]))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def checkpoint() -> None:
    """Bring the database's log into the database; no other connection of ours does."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
        cursor.fetchone()
