"""What a channel of WebSocket v2 is to a session, and the words both use."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Protocol

from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.listing import Market
from pilothouse.trading_api.spot.websocket.params import Params

Options = Mapping[str, Any]
"""What a subscription was made with, as its acknowledgement repeats it."""


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
