"""How far long work has come, said now and then, so that people who wait know that it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

PROGRESS_S: Final = 5.0
"""How often long work says how far it is."""
UNDER_WAY: Final = "under way: "
"""What each of its sentences begins with: a parent that waits for a process reads its log."""


def under_way(line: str) -> str:
    """Return what a line of a log says of work under way, "" if it says nothing of it."""
    _, found, sentence = line.partition(UNDER_WAY)
    return sentence if found else ""


class Progress:
    """Says where the work is, at most once in so many seconds."""

    def __init__(self, say: Callable[[str], None], every_s: float = PROGRESS_S) -> None:
        self._say, self._every_s = say, every_s
        self._said = time.monotonic()

    def at(self, sentence: str) -> None:
        """Say where the work is, unless it was said a moment ago."""
        now = time.monotonic()
        if now - self._said >= self._every_s:
            self._said = now
            self._say(f"{UNDER_WAY}{sentence}")
