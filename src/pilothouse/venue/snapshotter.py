"""Snapshots in the background, from a follower: the writer never stops for one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from pilothouse.journal.blocks import Header
from pilothouse.journal.snapshots import Snapshot, keep_newest, write_snapshot
from pilothouse.venue.follower import Follower, ReplicaStopped
from pilothouse.venue.machine import SteppingMachine

COMMANDS_BETWEEN: Final = 1_000_000
BLOCKS_BETWEEN: Final = 30_000
"""Commands, or blocks, after which the next snapshot is due: a replay costs time for both."""
LOOK_S: Final = 5.0
KEPT: Final = 3


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
        commands_between: int = COMMANDS_BETWEEN,
        say: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self._follower = follower
        self._commands_between = commands_between
        self._say = say
        self._last_position = self._last_block = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End after the snapshot under way."""
        self._stopping.set()
        self._thread.join()

    def take(self) -> str | None:
        """Take a snapshot now; return its name, or None while there is nothing to keep.

        Readers wait only for the copy; hashing and writing go on beside them.
        """
        follower = self._follower
        with follower.machine() as machine:
            tail, release = follower.replica.tail, follower.release
            if tail is None or tail.release != release.digest or not tail.last_position:
                return None
            copy = machine.copy()
        made = snapshot_of(copy, tail, release.digest)
        name = write_snapshot(follower.storage, made)
        keep_newest(follower.storage, KEPT)
        self._last_position, self._last_block = tail.last_position, tail.number
        return name

    def due(self) -> bool:
        """Tell whether enough was stepped since the last snapshot."""
        commands = self._follower.position - self._last_position
        blocks = self._follower.block - self._last_block
        return commands >= self._commands_between or (commands > 0 and blocks >= BLOCKS_BETWEEN)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            if self.due():
                try:
                    self._say(f"Snapshot {self.take()} is written.")
                except (OSError, ReplicaStopped) as error:
                    # The exchange needs no snapshot: say it, and try again later.
                    self._say(f"No snapshot could be written: {error}.")
