"""The keeper: the thread that keeps the archive up with the journal.

The follower's thread only queues what it hears; the keeper decodes, writes, commits, merges.
While the queue is full the follower waits, so memory stays bounded; when the archive cannot be
written any more it says why, lets go of the queue, and the next start goes on from the cursor.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import structlog
from django.db import close_old_connections

from pilothouse.records.archive.archive import Archive
from pilothouse.records.archive.compaction import compact, forget_retired

log = structlog.get_logger()
FLUSH_EVERY_S: Final = 2.0
STOPPING_S: Final = 20


class Keeper:
    """Keeps one archive. `fault` is the sentence why it stopped, if it did."""

    def __init__(self, archive: Archive, every_s: float = FLUSH_EVERY_S) -> None:
        self.archive = archive
        self.fault = ""
        self._every_s = every_s
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="archive", daemon=True)

    def start(self) -> None:
        """Delete what a crash left over, then keep."""
        self.archive.sweep()
        self._thread.start()

    def stop(self) -> None:
        """Write what waits and end."""
        self._ending.set()
        self._thread.join(timeout=STOPPING_S)

    def _run(self) -> None:
        while not self._ending.wait(self._every_s):
            self._try(self.keep)
        self._try(self.keep)
        close_old_connections()

    def keep(self) -> None:
        """Do one round: write, merge, delete."""
        self.archive.flush()
        compact(self.archive)
        forget_retired(self.archive)

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
            self.fault = ""
        except Exception as error:
            # What was not written still waits; the next round tries again.
            self.fault = f"the archive cannot be written: {error}"
            log.exception("archive_failed")
