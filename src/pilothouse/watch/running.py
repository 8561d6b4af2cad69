"""The watch of this process: connected once by the console, asked by its pages."""

from __future__ import annotations

from pilothouse.watch.watchman import Watchman

_watchmen: list[Watchman] = []


def connect(watchman: Watchman) -> None:
    """Make a watchman the one of this process."""
    _watchmen[:] = [watchman]


def disconnect() -> None:
    """Forget the watchman."""
    _watchmen.clear()


def watchman() -> Watchman | None:
    """Return the watchman of this process, or None where nothing is watched."""
    return _watchmen[0] if _watchmen else None
