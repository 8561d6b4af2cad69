"""Snapshots in the background, from a follower: the writer never stops for one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from pilothouse.journal.blocks import Header
from pilothouse.journal.snapshots import (
    Snapshot,
    good_heads,
    keep_only,
    remove_parts,
    write_snapshot,
)
from pilothouse.journal.threads import is_dead
from pilothouse.venue.follower import Follower
from pilothouse.venue.ladder import WORK_BETWEEN, rungs_to_keep, work_of
from pilothouse.venue.machine import SteppingMachine

LOOK_S: Final = 1.0
COMMANDS_WORTH_KEEPING: Final = 10_000
"""At the end a snapshot is taken if so many commands came since the last."""


def snapshot_of(machine: SteppingMachine, tail: Header, release: bytes) -> Snapshot:
    """Return the snapshot of a machine that stands behind a block."""
    return Snapshot(
        tail.number,
        tail.last_position,
        tail.time,
        machine.fingerprint(),
        release,
        tail.seal,
        machine.to_bytes(),
    )


class Snapshotter:
    """Takes a snapshot of a follower's machine whenever enough commands were stepped."""

    def __init__(
        self,
        follower: Follower,
        work_between: int = WORK_BETWEEN,
        say: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self._follower = follower
        self._work_between = work_between
        self._say = say
        self._last_position = self._last_work = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        remove_parts(self._follower.storage)
        self._thread.start()

    def stop(self) -> None:
        """End, with a last snapshot so that the next start need not replay what was done."""
        self._stopping.set()
        self._thread.join()
        if self._follower.position - self._last_position >= COMMANDS_WORTH_KEEPING:
            self._try()

    def take(self) -> str | None:
        """Take a snapshot now; return its name, or None while there is nothing to keep.

        Readers wait only for the copy; hashing and writing go on beside them.
        """
        follower = self._follower
        if follower.is_sealed:
            return None
        with follower.machine() as machine:
            tail, release = follower.replica.tail, follower.release
            if tail is None or tail.release != release.digest or not tail.last_position:
                return None
            copy = machine.copy()
        made = snapshot_of(copy, tail, release.digest)
        name = write_snapshot(follower.storage, made)
        heads = good_heads(follower.storage)
        for aside in keep_only(follower.storage, rungs_to_keep(heads, release.digest)):
            self._say(f"A snapshot that cannot be read was set aside: {aside}.")
        self._last_position = tail.last_position
        self._last_work = work_of(tail.number, tail.last_position)
        return name

    def due(self) -> bool:
        """Tell whether a replay of what was stepped since the last snapshot would take long."""
        follower = self._follower
        work = work_of(follower.block, follower.position) - self._last_work
        return follower.position > self._last_position and work >= self._work_between

    @property
    def has_died(self) -> bool:
        """Tell whether its thread ended and nobody had it end."""
        return is_dead(self._thread) and not self._stopping.is_set()

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            if self.due():
                self._try()

    def _try(self) -> None:
        try:
            name = self.take()
            if name:
                self._say(f"Snapshot {name} is written.")
        except Exception as error:
            # The exchange needs no snapshot: say it, and try again later.
            self._say(f"No snapshot could be written: {error}.")
