"""Whether the console can do its work now, and by name what keeps it from that."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from django.db import connection

from pilothouse.console.live import ticker
from pilothouse.language.numbers import SECOND_US
from pilothouse.records import audit
from pilothouse.records.archive import running as archives
from pilothouse.venue.readiness import AskAlso, Cause, Followed, Readiness
from pilothouse.watch import running

ARCHIVE_LAG_S: Final = 60
"""An archive further behind than this answers questions of another time."""
UNWATCHED_US: Final = 15 * SECOND_US
"""Monitoring that did not come round for longer has stopped: it looks once a second."""
_known: list[Readiness] = []


def connect(home: Path, follower: Followed, also: Iterable[AskAlso] = ()) -> None:
    """Say of which folder and replica this process is the console."""
    _known[:] = [Readiness(home, follower, (_database, _audit, _archive, _monitoring, *also))]


def disconnect() -> None:
    """Forget them."""
    _known.clear()


def has_started() -> bool:
    """Tell whether the replica was level with the exchange once; before, no page is answered."""
    return not _known or _known[0].has_started


def causes() -> list[Cause]:
    """Return everything that is bad; the console is ready while none of it stops its work."""
    return _known[0].causes() if _known else [Cause("starting", "it follows no exchange yet")]


def unwatched() -> str:
    """Say since when nothing is monitored; empty while it is, and where nothing is to be."""
    watchman = running.watchman()
    if watchman is None:
        return ""
    if watchman.silent_us > UNWATCHED_US:
        silent_s = watchman.silent_us // SECOND_US
        return f"monitoring has stopped for {silent_s:,} s: no alert is raised; see console.log"
    reading, pulse = watchman.reading, ticker.latest()
    if reading is None or (pulse is not None and pulse.number == reading.number):
        return ""
    shown_us = ticker.shown_us_ago()
    if shown_us <= UNWATCHED_US:
        return ""
    return f"pages show figures of {shown_us // SECOND_US:,} s ago; see console.log"


def _monitoring() -> Cause | None:
    said = unwatched()
    return Cause("monitoring", said) if said else None


def _database() -> Cause | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        cursor.fetchone()
    return None


def _audit() -> Cause | None:
    reason = audit.end_fault()
    return Cause("audit", reason) if reason else None


def _archive() -> Cause | None:
    try:
        lag = archives.keeper().lag
    except archives.NoArchive:
        return None
    if lag.fault:
        return Cause("archive", lag.fault)
    if lag.seconds > ARCHIVE_LAG_S:
        return Cause("archive", f"it is {lag.seconds:,} s behind the exchange")
    return None
