"""What a feed is to a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.listing import Market


class ProductFeed(Protocol):
    """A public feed with a topic for each product."""

    name: str

    def enter(self, market: Market, outlet: Outlet) -> None:
        """Subscribe an outlet, which is not subscribed yet; with the stream settled."""

    def leave(self, market: Market, outlet: Outlet) -> None:
        """End what `enter` began."""

    def snapshot(self, market: Market) -> bytes:
        """Return what holds now, as a message."""


@dataclass
class Subscription:
    """One client's subscription of its own account; `sequence` counts what it was told."""

    account: int
    outlet: Outlet
    products: frozenset[int] | None = None
    """The contracts it is about; None for all."""
    sequence: int = 0

    def next(self) -> int:
        """Return the next number, from zero on."""
        self.sequence += 1
        return self.sequence - 1


class PrivateFeed(Protocol):
    """A feed of a client's own account."""

    name: str

    def enter(self, subscription: Subscription) -> None:
        """Begin; with the stream settled."""

    def leave(self, subscription: Subscription) -> None:
        """End what `enter` began."""

    def snapshot(self, subscription: Subscription) -> bytes:
        """Return what holds now, as a message."""
