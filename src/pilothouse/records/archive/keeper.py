"""The keeper: the thread that keeps the archive up with the journal.

The follower's thread only queues what it hears; the keeper folds, writes, commits, merges. When
the archive cannot be written it says why and tries again; when the queue is full meanwhile it
lets go of the follower, and the next start goes on from the cursor. An archive that it finds
damaged is marked, and the next start makes it anew. Nothing is lost either way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import structlog
from django.db import close_old_connections

from pilothouse.journal.threads import is_dead
from pilothouse.records.archive.archive import Archive
from pilothouse.records.archive.checksums import Damaged
from pilothouse.records.archive.compaction import compact, forget_retired, renew
from pilothouse.records.archive.cursors import Cursor, cursor
from pilothouse.records.archive.fold import fold
from pilothouse.records.archive.intake import Heard, Intake, NumberedSpan, OtherJournal
from pilothouse.records.archive.listings import Listings, listings_of
from pilothouse.records.archive.pictures import Pictures
from pilothouse.records.archive.rebuild import Alarm, condemn, no_alarm, prepare, rebuild
from pilothouse.records.archive.strays import adopt

log = structlog.get_logger()
FLUSH_EVERY_S: Final = 2.0
PICTURES_EVERY_S: Final = 5.0
STOPPING_S: Final = 20
BATCHES_OF_A_ROUND: Final = 8
Say = Callable[[str], None]


@dataclass(frozen=True)
class Lag:
    """How far the archive is behind what this process has heard, and why if it stopped."""

    archived: Cursor
    heard: Cursor
    fault: str

    @property
    def seconds(self) -> int:
        """Return the time between the last archived block and the last heard one."""
        return max(0, self.heard.time - self.archived.time) // 1_000_000


class Keeper:
    """Keeps one archive. `found` says what became of files that the database did not name."""

    def __init__(
        self, archive: Archive, every_s: float = FLUSH_EVERY_S, alarm: Alarm = no_alarm
    ) -> None:
        self.archive = archive
        self.pictures = Pictures(archive)
        self.found: list[str] = []
        self.made_anew, self._listings = _begun(archive, alarm, self.found.append)
        self.intake = Intake(cursor())
        self.fault = ""
        self._every_s = every_s
        self._pictured_at = 0.0
        self._writing = False
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="archive", daemon=True)

    def hear(self, span: NumberedSpan) -> None:
        """Queue a block: what a follower tells of those after `since`."""
        try:
            self.intake.hear(span)
        except OtherJournal as error:
            self.fault = f"{error}"
            with suppress(OSError):
                condemn(self.archive.home, str(error))
            self.intake.close()

    @property
    def since(self) -> int:
        """Return the block after which it wants to be told."""
        return self.intake.done.blocks

    @property
    def lag(self) -> Lag:
        """Return how far behind the archive is; blocks in which nothing happened do not count."""
        heard = self.intake.heard
        # In this order: what waited and is taken is being written.
        behind = self.intake.waiting or self._writing
        return Lag(self.intake.done if behind else heard, heard, self.fault)

    def start(self) -> None:
        """Begin to keep, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits and end."""
        self._ending.set()
        self.intake.close()
        self._thread.join(timeout=STOPPING_S)

    @property
    def has_died(self) -> bool:
        """Tell whether its thread ended and nobody had it end."""
        let_end = self._ending.is_set() or self.intake.closed
        return is_dead(self._thread) and not let_end

    def _run(self) -> None:
        while not self._ending.is_set():
            self.intake.wait(self._every_s)
            self._try()
            if self.intake.closed:
                break
        # What came while the last round was under way.
        self._try()
        close_old_connections()

    def keep(self) -> None:
        """Do one round: write all that waits, copy the pictures, merge, delete.

        What has retired is deleted even if the rest fails: else a failure would fill the disk.
        """
        try:
            self._keep()
        finally:
            forget_retired(self.archive)

    def _keep(self) -> None:
        for _ in range(BATCHES_OF_A_ROUND):
            if not self._archive_some():
                break
        if time.monotonic() - self._pictured_at > PICTURES_EVERY_S or self._ending.is_set():
            self._pictured_at = time.monotonic()
            self.pictures.refresh()
        compact(self.archive)

    def _archive_some(self) -> bool:
        # One batch of blocks, and what other rooms appended, in one transaction.
        self._writing = True
        taken = self.intake.take()
        try:
            self._write(taken)
        except BaseException:
            self.intake.give_back(taken)
            raise
        finally:
            self._writing = False
        return bool(taken)

    def _write(self, new: list[Heard]) -> None:
        if not new:
            self.archive.flush()
            return
        upto = new[-1].cursor
        self.archive.flush(fold(new, self._listings), upto)
        self.intake.done = upto

    def _try(self) -> None:
        try:
            self.keep()
            if not self.intake.closed:
                self.fault = ""
        except Damaged as damaged:
            # The watch sees what is written here: the part leaves, and its start makes it anew.
            self.fault = f"the archive is damaged and will be made anew: {damaged}"
            with suppress(OSError):
                condemn(self.archive.home, f"while it was written: {damaged}")
        except Exception as error:
            self.fault = f"the archive cannot be written: {error}"
            log.exception("archive_failed")
            if self.intake.full:
                self.fault += "; it goes on at the next start"
                self.intake.close()


def _begun(archive: Archive, alarm: Alarm, say: Say) -> tuple[str, Listings]:
    # What the check of a start does not find may be found by what reads the parts first.
    why = prepare(archive, alarm)
    try:
        return why, _learnt(archive, say)
    except Damaged as damaged:
        why = str(damaged)
        rebuild(archive, why)
        return why, _learnt(archive, say)


def _learnt(archive: Archive, say: Say) -> Listings:
    renew(archive)
    adopt(archive, say)
    archive.sweep()
    return listings_of(archive)
