"""Private subscriptions by account, and the end of those whose key ended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final, Generic, Protocol, TypeVar

from pilothouse.trading_api.feeds.socket import POLICY, Outlet
from pilothouse.trading_api.feeds.stream import Stream

CONNECTIONS_OF_KEY: Final = 100
"""WebSockets on which one key may have private subscriptions at one time."""
LOOK_S: Final = 1.0
"""How often the keys of a private connection are looked at again."""


class OfAccount(Protocol):
    """A subscription of one account."""

    @property
    def account(self) -> int:
        """Return whose it is."""


Sub = TypeVar("Sub", bound=OfAccount)


class Accounts(Generic[Sub]):
    """The subscriptions of one private channel, by account; the accounts are watched."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._of: dict[int, list[Sub]] = {}

    def __iter__(self) -> Iterator[int]:
        return iter(tuple(self._of))

    def add(self, subscription: Sub) -> None:
        """Begin; with the stream settled."""
        self._stream.moments.watch(subscription.account)
        self._of.setdefault(subscription.account, []).append(subscription)

    def remove(self, subscription: Sub) -> None:
        """End what `add` began."""
        self._stream.moments.unwatch(subscription.account)
        self._of[subscription.account].remove(subscription)
        if not self._of[subscription.account]:
            del self._of[subscription.account]

    def of(self, account: int) -> list[Sub]:
        """Return an account's subscriptions."""
        return self._of.get(account, [])


class KeyGuard:
    """Ends a connection when a key that opened something on it is revoked or expires; of one key a
    bounded number of connections is open at one time.
    """

    def __init__(self, stream: Stream, outlet: Outlet, reason: str) -> None:
        self._stream, self._outlet, self._reason = stream, outlet, reason
        self._keys: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, public: str) -> bool:
        """Watch a key, by its public half; False if it has too many connections already."""
        if public in self._keys:
            return True
        if self._stream.connections_of[public] >= CONNECTIONS_OF_KEY:
            self._stream.refused += 1
            return False
        self._stream.connections_of[public] += 1
        self._keys.add(public)
        self._outlet.bill.add_payer(public)
        if self._task is None:
            self._task = asyncio.create_task(self._watch())
        return True

    def close(self) -> None:
        """Watch no more."""
        if self._task is not None:
            self._task.cancel()
        for public in self._keys:
            self._stream.connections_of[public] -= 1
            if not self._stream.connections_of[public]:
                del self._stream.connections_of[public]
        self._keys.clear()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            for public in tuple(self._keys):
                if await self._stream.door.key(public, self._outlet.address) is None:
                    self._outlet.close(POLICY, self._reason)
                    return
