"""A running archive is looked at: one that has gone bad is made anew at the next start.

A start sets a damaged archive aside and derives it again (`rebuild`). Whoever reads it meanwhile
would read on, so the part that keeps it leaves, and is started again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pilothouse.records.archive import rebuild, walk
from pilothouse.records.archive.archive import Archive
from pilothouse.records.archive.checksums import Damaged
from pilothouse.records.archive.keeper import Keeper
from pilothouse.records.archive.rebuild import Alarm, no_alarm

LOOK_S: Final = 60.0
BYTES_OF_A_LOOK: Final = 8 << 20
"""Of the contents: 10 GiB are compared in about 20 minutes, with a hundredth of a processor."""
BYTES_HURRIED: Final = 128 << 20
"""The same while a reader met an error."""


def kept_archive(home: Path, say: Callable[[str], None], alarm: Alarm = no_alarm) -> Keeper:
    """Return the keeper of a folder's archive; say so if it was set aside and is made anew.

    `alarm` is told why if somebody moved its cursor, before anything is changed.
    """
    keeper = Keeper(Archive(home), alarm=alarm)
    if keeper.made_anew:
        say(
            f"The archive was damaged, moved or of another layout ({keeper.made_anew}). It was "
            f"set aside, and what the journal tells is derived again; until then answers are of "
            f"an earlier time."
        )
    for sentence in keeper.found:
        say(sentence)
    return keeper


class Watch:
    """Looks at a running archive; `leave` is called when a part of it has gone bad.

    Sizes and footers are looked at once a minute, and at each look some bytes of the contents:
    all of them in turn, and more at a time while a reader met an error.
    """

    def __init__(self, home: Path, leave: Callable[[str], None]) -> None:
        self._home, self._leave, self._looked = home, leave, time.monotonic()
        self._walk, self._bytes, self._idle_until = walk.contents(home), BYTES_OF_A_LOOK, 0.0

    def look(self) -> None:
        """Look at what is due."""
        why = rebuild.condemned(self._home) or self._sizes() or self._contents()
        if why:
            self._leave(f"The archive was damaged while it was used: {why}.")

    def _sizes(self) -> str:
        if time.monotonic() - self._looked < LOOK_S:
            return ""
        self._looked = time.monotonic()
        if not rebuild.fault(self._home):
            return ""
        # A part may be retired and deleted between the manifest's reading and ours.
        time.sleep(1)
        return rebuild.fault(self._home)

    def _contents(self) -> str:
        if walk.WANTED.is_set():
            walk.WANTED.clear()
            self._begin(BYTES_HURRIED, 0.0)
        try:
            self._go_on()
        except Damaged as damaged:
            self._begin(BYTES_OF_A_LOOK, 0.0)
            rebuild.condemn(self._home, str(damaged))
            return str(damaged)
        except BaseException:
            # A walk that failed cannot be gone on with.
            self._begin(BYTES_OF_A_LOOK, 0.0)
            raise
        return ""

    def _go_on(self) -> None:
        read = 0
        while read < self._bytes and time.monotonic() >= self._idle_until:
            piece = next(self._walk, None)
            if piece is None:
                self._begin(BYTES_OF_A_LOOK, time.monotonic() + LOOK_S)
                return
            read += piece[1]

    def _begin(self, size: int, at: float) -> None:
        self._walk, self._bytes, self._idle_until = walk.contents(self._home), size, at
