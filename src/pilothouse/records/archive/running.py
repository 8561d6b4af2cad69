"""The archive of this process: connected once by the console, asked by pages and other rooms."""

from __future__ import annotations

from pilothouse.records.archive.archive import Archive
from pilothouse.records.archive.keeper import Keeper


class NoArchive(RuntimeError):
    """No archive is kept by this process."""


_keepers: list[Keeper] = []


def connect(keeper: Keeper) -> None:
    """Make a keeper the one of this process."""
    _keepers[:] = [keeper]


def disconnect() -> None:
    """Forget the keeper."""
    _keepers.clear()


def is_connected() -> bool:
    """Tell whether this process has an archive."""
    return bool(_keepers)


def keeper() -> Keeper:
    """Return the keeper of this process; raises NoArchive."""
    if not _keepers:
        raise NoArchive("records.archive.running.connect was not called in this process")
    return _keepers[0]


def archive() -> Archive:
    """Return the archive of this process; raises NoArchive."""
    return keeper().archive
