"""The console's hold on the exchange: the replica that pages read, connected by the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol


class Replica(Protocol):
    """What pages need of the follower."""

    def machine(self) -> AbstractContextManager[Any]:
        """Lend the machine between two blocks; blocks wait meanwhile."""


class ExchangeIsAway(RuntimeError):
    """No replica is connected: the process has not followed the journal yet."""


_replica: Replica | None = None


def connect(replica: Replica | None) -> None:
    """Give the pages the replica they read. None takes it away again."""
    global _replica
    _replica = replica


@contextmanager
def machine() -> Iterator[Any]:
    """Lend the replica's machine. Read what a page needs and let go: the journal waits."""
    if _replica is None:
        raise ExchangeIsAway("the exchange has not answered yet")
    with _replica.machine() as lent:
        yield lent
