"""What the private channels share: subscriptions of an account, numbered for each of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.feeds.stream import Stream
from pilothouse.trading_api.spot.websocket.options import Options
from pilothouse.venue.catalogue import to_json


@dataclass
class Subscription:
    """One client's subscription of its own account."""

    channel: str
    account: int
    options: Options
    outlet: Outlet
    sequence: int = 0

    def message(self, kind: str, rows: list[dict[str, Any]]) -> bytes:
        """Return the next message; messages of a subscription are numbered from one."""
        self.sequence += 1
        made = {"channel": self.channel, "type": kind, "data": rows, "sequence": self.sequence}
        return to_json(made)


class Accounts:
    """The subscriptions of one private channel, by account; the accounts are watched."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._of: dict[int, list[Subscription]] = {}

    def add(self, subscription: Subscription) -> None:
        """Begin; with the stream settled."""
        self._stream.moments.watch(subscription.account)
        self._of.setdefault(subscription.account, []).append(subscription)

    def remove(self, subscription: Subscription) -> None:
        """End what `add` began."""
        self._stream.moments.unwatch(subscription.account)
        self._of[subscription.account].remove(subscription)
        if not self._of[subscription.account]:
            del self._of[subscription.account]

    def of(self, account: int) -> Iterable[Subscription]:
        """Return an account's subscriptions."""
        return self._of.get(account, ())
