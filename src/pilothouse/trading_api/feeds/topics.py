"""Who listens to what: a message is made once, and only if somebody wants it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

from pilothouse.trading_api.feeds.socket import Outlet, frame_of

Topic = TypeVar("Topic", bound=Hashable)


class Flush:
    """The outlets that were pushed to since they were last flushed."""

    def __init__(self) -> None:
        self._waiting: dict[Outlet, None] = {}

    def push(self, outlets: Iterable[Outlet], frame: bytes) -> None:
        """Push a frame to outlets."""
        for outlet in outlets:
            outlet.push(frame)
            self._waiting[outlet] = None

    def flush(self) -> None:
        """Write all that was pushed."""
        waiting, self._waiting = self._waiting, {}
        for outlet in waiting:
            outlet.flush()


class Topics(Generic[Topic]):
    """The outlets of each topic of one channel."""

    def __init__(self, flush: Flush) -> None:
        self._flush = flush
        self._outlets: dict[Topic, dict[Outlet, None]] = {}

    def __iter__(self) -> Iterator[Topic]:
        return iter(tuple(self._outlets))

    def __contains__(self, topic: Topic) -> bool:
        return topic in self._outlets

    def add(self, topic: Topic, outlet: Outlet) -> bool:
        """Subscribe an outlet; False if it is subscribed already."""
        outlets = self._outlets.setdefault(topic, {})
        if outlet in outlets:
            return False
        outlets[outlet] = None
        return True

    def remove(self, topic: Topic, outlet: Outlet) -> bool:
        """End a subscription; False if there was none."""
        outlets = self._outlets.get(topic, {})
        if outlet not in outlets:
            return False
        del outlets[outlet]
        if not outlets:
            del self._outlets[topic]
        return True

    def publish(self, topic: Topic, text: bytes) -> None:
        """Send a message to all outlets of a topic; they are flushed together."""
        outlets = self._outlets.get(topic)
        if outlets:
            self._flush.push(outlets, frame_of(text))
