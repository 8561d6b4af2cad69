"""A replica: a machine, the block it stands at, and the fingerprints it has to agree with.

Writer's recovery, followers and verify all step blocks through this one class.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pilothouse.journal.blocks import Block, Header
from pilothouse.language.commands import RecordFingerprint
from pilothouse.language.names import Sender
from pilothouse.language.rows import Rows, from_rows
from pilothouse.venue.machine import Release, Stepped
from pilothouse.venue.progress import UNDER_WAY
from pilothouse.venue.sealed import SealedMachine

_FINGERPRINT = RecordFingerprint.number


class ReplicaDiffers(Exception):
    """The replica and the writer disagree about the state: one of them must not be believed."""


class ReleaseCannotTakeOver(Exception):
    """The state of an older release has other fields, and the present one cannot read them."""


class Replica:
    """A machine that is stepped block by block. `fingerprints` counts those that agreed.

    `handed_over` tells whether the state came from another release since its last block.
    """

    def __init__(
        self,
        home: Path,
        release: Release,
        machine: Any = None,
        tail: Header | None = None,
        say: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.handed_over = False
        self.machine: Any = machine if machine is not None else release.empty()
        self.tail = tail
        self.fingerprints = 0
        self._home = home
        self._present = release
        self._runs = release.digest
        self._say = say

    def step(self, block: Block) -> Stepped:
        """Step a block with the release that wrote it; raise ReplicaDiffers, ReleaseIsMissing."""
        self._use_release(block.header.release)
        self._compare(block.rows)
        stepped: Stepped = self.machine.step(block.rows, block.header.time)
        if len(stepped.receipts) != block.header.commands:
            raise ReplicaDiffers(
                f"block {block.header.number} holds {block.header.commands} commands, "
                f"the machine read {len(stepped.receipts)}"
            )
        self.tail, self.handed_over = block.header, False
        return stepped

    def use_present_release(self) -> None:
        """Hand the state over to the release that runs now, if an older one holds it."""
        self._use_release(self._present.digest)

    def close(self) -> None:
        """End the process of an older release, if one runs."""
        if isinstance(self.machine, SealedMachine):
            self.machine.close()

    def so_far(self, head: Header, end: int) -> str:
        """Say how far a replay has come that is at a block, and which older release steps."""
        # The durable mark may be behind, and then nobody knows the end.
        of = f" of {end:,}" if head.number <= end else ""
        said = f"block {head.number:,}{of}, command {head.last_position:,}"
        if not isinstance(self.machine, SealedMachine):
            return said
        return f"{said}, stepped by engine release {self.machine.release.hex()[:16]}"

    def _use_release(self, digest: bytes) -> None:
        if digest == self._runs:
            return
        raw = self.machine.to_bytes() if self.tail else None
        self.close()
        if digest == self._present.digest:
            self.machine = self._take_over(raw)
        else:
            self.machine = self._sealed(digest, raw)
        self._runs, self.handed_over = digest, self.tail is not None
        self._say(f"From command {self._next} on, engine release {digest.hex()[:16]} steps.")

    @property
    def _next(self) -> int:
        return self.tail.last_position + 1 if self.tail else 1

    def _sealed(self, digest: bytes, raw: bytes | None) -> SealedMachine:
        # A parent that waits for a start hears it at once, and not only when it has taken a while.
        older, present = digest.hex()[:16], self._present.digest.hex()[:16]
        self._say(
            f"{UNDER_WAY}engine release {older} wrote the journal from command {self._next:,} on "
            f"and steps it in a process of its own; release {present} goes on where it ends"
        )
        return SealedMachine(self._home, digest, raw, self._say)

    def _take_over(self, raw: bytes | None) -> Any:
        if raw is None:
            return self._present.empty()
        try:
            return self._present.from_bytes(raw)
        except ValueError as error:
            raise ReleaseCannotTakeOver(
                f"the engine release that runs now cannot take over the state of release "
                f"{self._runs.hex()[:16]}: {error}. Nothing was changed; run the older release, "
                f"or one that knows how to carry its fields over"
            ) from error

    def _compare(self, rows: Rows) -> None:
        """Compare the fingerprint that a block opens with, if it does."""
        if not (len(rows) and rows[0, 0] == _FINGERPRINT and rows[0, 2] == Sender.WRITER):
            return
        recorded = from_rows(np.asarray(rows[:1])).command
        assert isinstance(recorded, RecordFingerprint)
        here = self.machine.fingerprint()
        if recorded.position != self.machine.position or (recorded.hi, recorded.lo) != here:
            raise ReplicaDiffers(
                f"after command {self.machine.position} this replica's fingerprint is "
                f"{here[0]},{here[1]}; the writer recorded {recorded.hi},{recorded.lo} "
                f"after command {recorded.position}"
            )
        self.fingerprints += 1
