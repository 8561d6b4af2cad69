"""A feed of how accounts stand: told when it differs from what was told last.

What happens to an account is told with its block; what only the marks move, with the next second.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pilothouse.records.client_ids import uuid_of
from pilothouse.trading_api.feeds.accounts import Accounts
from pilothouse.trading_api.feeds.moments import Moment
from pilothouse.trading_api.feeds.socket import frame_of
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.futures.websocket.feed import Subscription
from pilothouse.trading_api.listing import Listing
from pilothouse.venue.catalogue import to_json

Stand = TypeVar("Stand")


class StandingFeed(ABC, Generic[Stand]):
    """Each account's stand, to all who subscribed to it. A feed says what a stand is and how it
    is told.
    """

    name = ""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._accounts: Accounts[Subscription] = Accounts(stream)
        self._said: dict[int, Stand] = {}

    @abstractmethod
    def stand(self, machine: Any, listing: Listing, account: int) -> Stand:
        """Return how an account stands."""

    @abstractmethod
    def told(self, stand: Stand) -> dict[str, Any]:
        """Return the fields that tell a stand."""

    def first(self, stand: Stand) -> dict[str, Any]:
        """Return the fields of the snapshot; those of any other message unless a feed differs."""
        return {"feed": self.name} | self.told(stand)

    def enter(self, subscription: Subscription) -> None:
        """Begin."""
        self._accounts.add(subscription)

    def leave(self, subscription: Subscription) -> None:
        """End."""
        self._accounts.remove(subscription)
        if not self._accounts.of(subscription.account):
            self._said.pop(subscription.account, None)

    def snapshot(self, subscription: Subscription) -> bytes:
        """Return how the account stands now."""
        account = subscription.account
        stand = self._stands([account])[account]
        self._said.setdefault(account, stand)
        return self._message(subscription, self.first(stand))

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Tell the accounts to which something happened."""
        self._tell(dict.fromkeys(one.account for one in moment.accounts))

    def tick(self) -> None:
        """Tell the accounts whose figures moved."""
        self._tell(dict.fromkeys(self._accounts))

    def _tell(self, accounts: dict[int, None]) -> None:
        wanted = [one for one in accounts if self._accounts.of(one)]
        for account, stand in self._stands(wanted).items():
            if self._said.get(account) != stand:
                self._said[account] = stand
                self._send(account, {"feed": self.name} | self.told(stand))

    def _stands(self, accounts: Sequence[int]) -> dict[int, Stand]:
        if not accounts:
            return {}
        with self._stream.door.follower.machine() as machine:
            listing = self._stream.door.listing(machine)
            return {one: self.stand(machine, listing, one) for one in accounts}

    def _send(self, account: int, fields: dict[str, Any]) -> None:
        for one in self._accounts.of(account):
            frame = frame_of(self._message(one, fields))
            self._stream.flush.push([one.outlet], frame)

    def _message(self, subscription: Subscription, fields: dict[str, Any]) -> bytes:
        made = fields | {
            "account": uuid_of("account", subscription.account),
            "timestamp": self._stream.door.time // 1_000,
            "seq": subscription.next(),
        }
        return to_json(made)
