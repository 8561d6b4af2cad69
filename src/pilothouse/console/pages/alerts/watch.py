"""Whether monitoring runs: when it last did, and whether that is too long ago."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.control import register
from pilothouse.watch import running


@dataclass(frozen=True)
class WatchState:
    """How monitoring in this process is; `looked` in microseconds, 0 before its first look."""

    looks: bool
    stale: bool
    looked: int
    rules: int


def how_the_watch_is() -> WatchState:
    """Return whether this process watches, since when not, and by how many rules."""
    watchman = running.watchman()
    looked = watchman.looked_at if watchman else None
    return WatchState(
        looks=watchman is not None,
        stale=watchman is None or watchman.is_stale,
        looked=microseconds(looked) if looked else 0,
        rules=len(register.entries("alert_rule")),
    )
