"""Keeps what the door remembers of orders, so that its next start need not fold all history."""

from __future__ import annotations

import logging
import threading
from typing import Final

from pilothouse.records.history import History, OrderListener
from pilothouse.records.kept import keep, kept, recalled, remove_part
from pilothouse.venue.follower import Follower
from pilothouse.venue.recovery import header_of

COMMANDS_BETWEEN: Final = 100_000
LOOK_S: Final = 5.0

_log: Final = logging.getLogger(__name__)


class Keeper:
    """The history of a door: recalled from its folder at the start, kept now and then.

    `since` is the block that it stands at; blocks from there on are to be folded.
    """

    def __init__(
        self,
        follower: Follower,
        listener: OrderListener | None = None,
        commands_between: int = COMMANDS_BETWEEN,
    ) -> None:
        self._follower, self._commands_between = follower, commands_between
        self.since, self.history = self._recalled(listener)
        self._kept_position = self.history.position
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin to keep, in a thread of its own."""
        remove_part(self._follower.storage)
        self._thread.start()

    def stop(self) -> None:
        """End, and keep what came since."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
            self._keep_if_due(1)

    def keep(self) -> None:
        """Keep the history as it stands between two blocks; readers wait for the copy alone."""
        with self._follower.machine():
            tail, remembered = self._follower.replica.tail, self.history.remembered()
        if tail is not None:
            keep(self._follower.storage, remembered, tail)
            self._kept_position = remembered.position

    def _recalled(self, listener: OrderListener | None) -> tuple[int, History]:
        storage = self._follower.storage
        found = kept(storage)
        if found is not None:
            header = header_of(storage, found.block)
            if header is not None and header.seal == found.seal:
                return found.block, recalled(found, listener)
            _log.warning("The orders that were kept belong to another history of the journal.")
        return 0, History(listener=listener)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            self._keep_if_due(self._commands_between)

    def _keep_if_due(self, commands: int) -> None:
        if self.history.position - self._kept_position < commands:
            return
        try:
            self.keep()
        except Exception as error:
            # Nothing needs it: say it, and try again later.
            _log.warning("What is remembered of orders could not be kept: %s", error)
