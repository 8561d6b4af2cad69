"""A running archive is looked at: one that has gone bad is made anew at the next start.

A start sets a damaged archive aside and derives it again (`rebuild`). Whoever reads it meanwhile
would read on, so the part that keeps it leaves, and is started again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pilothouse.records.archive import rebuild
from pilothouse.records.archive.archive import Archive
from pilothouse.records.archive.keeper import Keeper

LOOK_S: Final = 60.0


def kept_archive(home: Path, say: Callable[[str], None]) -> Keeper:
    """Return the keeper of a folder's archive; say so if it was set aside and is made anew."""
    keeper = Keeper(Archive(home))
    if keeper.made_anew:
        say(
            f"The archive was damaged or of another layout ({keeper.made_anew}). It was set "
            f"aside, and what the journal tells is derived again; until then answers are of an "
            f"earlier time."
        )
    return keeper


class Watch:
    """Looks at a running archive once a minute; `leave` is called when a part has gone bad."""

    def __init__(self, home: Path, leave: Callable[[str], None]) -> None:
        self._home, self._leave, self._looked = home, leave, time.monotonic()

    def look(self) -> None:
        """Look if it is time."""
        if time.monotonic() - self._looked < LOOK_S:
            return
        self._looked = time.monotonic()
        if not rebuild.fault(self._home):
            return
        # A part may be retired and deleted between the manifest's reading and ours.
        time.sleep(1)
        why = rebuild.fault(self._home)
        if why:
            self._leave(f"The archive was damaged while it was used: {why}.")
