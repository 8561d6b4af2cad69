"""What a channel of WebSocket v2 is to a session, and the words both use."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Protocol

from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.listing import Market
from pilothouse.trading_api.spot.websocket.options import Options
from pilothouse.trading_api.spot.websocket.params import Params
from pilothouse.trading_api.spot.websocket.private import Subscription


class PairChannel(Protocol):
    """A channel with a topic for each pair."""

    name: str
    fields: frozenset[str]
    """What its `params` may hold besides channel and symbol."""

    def options(self, params: Params) -> Options:
        """Read the options of a subscription; raise Refused."""

    def topic(self, market: Market, options: Options) -> Hashable:
        """Return what a subscription listens to."""

    def enter(self, topic: Any, outlet: Outlet) -> None:
        """Subscribe an outlet, which is not subscribed yet."""

    def leave(self, topic: Any, outlet: Outlet) -> None:
        """End what `enter` began."""

    def snapshot(self, topic: Any) -> bytes:
        """Return what holds now, as a message."""


class WholeChannel(Protocol):
    """A channel without pairs: all or nothing."""

    name: str
    fields: frozenset[str]

    def options(self, params: Params) -> Options:
        """Read the options of a subscription; raise Refused."""

    def enter(self, outlet: Outlet) -> None:
        """Subscribe an outlet, which is not subscribed yet."""

    def leave(self, outlet: Outlet) -> None:
        """End what `enter` began."""

    def snapshot(self) -> bytes:
        """Return what holds now, as a message."""


class PrivateChannel(Protocol):
    """A channel of a client's own account."""

    name: str
    fields: frozenset[str]
    acknowledged: tuple[str, ...]
    """Which options an acknowledgement repeats."""

    def options(self, params: Params) -> Options:
        """Read the options of a subscription; raise Refused."""

    def enter(self, subscription: Subscription) -> list[bytes]:
        """Begin, with the stream settled; return the snapshots."""

    def leave(self, subscription: Subscription) -> None:
        """End what `enter` began."""
