"""Snapshots that are made once in a block, and shared by all who subscribe within it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

from pilothouse.trading_api.door import Door

KEPT_BYTES: Final = 32 << 20

Topic = TypeVar("Topic", bound=Hashable)


class Snapshots(Generic[Topic]):
    """The snapshots of one channel. Asked with the stream settled."""

    def __init__(self, door: Door, make: Callable[[Topic], bytes]) -> None:
        self._door, self._make = door, make
        self._of: tuple[int, int] | None = None
        self._made: dict[Topic, bytes] = {}
        self._size = 0

    def get(self, topic: Topic) -> bytes:
        """Return what holds at the block the history has come to."""
        now = self._door.history.position, self._door.time
        if now != self._of or self._size > KEPT_BYTES:
            self._of, self._size = now, 0
            self._made.clear()
        found = self._made.get(topic)
        if found is None:
            found = self._made[topic] = self._make(topic)
            self._size += len(found)
        return found
