"""What one connection is subscribed to, and how a subscription of each sort begins and ends."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final

from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.listing import Market
from pilothouse.trading_api.spot.websocket import errors
from pilothouse.trading_api.spot.websocket.answers import Answering
from pilothouse.trading_api.spot.websocket.channel import (
    PairChannel,
    PrivateChannel,
    WholeChannel,
)
from pilothouse.trading_api.spot.websocket.channels import Channels
from pilothouse.trading_api.spot.websocket.errors import NotListed, Refused
from pilothouse.trading_api.spot.websocket.options import Options
from pilothouse.trading_api.spot.websocket.private import Subscription

SUBSCRIPTIONS_MAX: Final = 2_000
"""Subscriptions that one connection may hold."""

Name = tuple[str, str]
"""Channel and pair; no pair where the channel has none."""


class Subscriptions:
    """The subscriptions of one connection. Beginnings happen with the stream settled."""

    def __init__(self, channels: Channels, outlet: Outlet) -> None:
        self._channels, self._outlet = channels, outlet
        self._topics: dict[Name, Hashable] = {}
        self._ends: dict[Name, Callable[[], None]] = {}

    def close(self) -> None:
        """End every one."""
        self._channels.status.leave(self._outlet)
        for end in self._ends.values():
            end()
        self._ends.clear()

    def pair(
        self, channel: PairChannel, symbol: str, options: Options, answering: Answering
    ) -> None:
        """Begin a subscription of a pair: acknowledgement, then the snapshot."""
        market = self._market(symbol)
        if market is None:
            raise NotListed(f"{errors.UNSUPPORTED_PAIR} {symbol[:40]}")
        name, topic = (channel.name, symbol), channel.topic(market, options)
        self._begin(name, lambda: channel.leave(topic, self._outlet))
        self._topics[name] = topic
        channel.enter(topic, self._outlet)
        self._acknowledge(answering, channel=channel.name, symbol=symbol, **options)
        if options["snapshot"]:
            self._outlet.push_text(channel.snapshot(topic))

    def end_pair(
        self, channel: PairChannel, symbol: str, options: Options, answering: Answering
    ) -> None:
        """End a subscription of a pair; it must be named as it was begun."""
        market, name = self._market(symbol), (channel.name, symbol)
        if market is None:
            raise NotListed(errors.NOT_SUBSCRIBED)
        if self._topics.get(name) != channel.topic(market, options):
            raise Refused(errors.NOT_SUBSCRIBED)
        self._end(name)
        told = {key: value for key, value in options.items() if key != "snapshot"}
        self._acknowledge(answering, channel=channel.name, symbol=symbol, **told)

    def whole(self, channel: WholeChannel, options: Options, answering: Answering) -> None:
        """Begin a subscription of a channel without pairs."""
        self._begin((channel.name, ""), lambda: channel.leave(self._outlet))
        channel.enter(self._outlet)
        self._acknowledge(answering, channel=channel.name, **options)
        if options["snapshot"]:
            self._outlet.push_text(channel.snapshot())

    def private(
        self, channel: PrivateChannel, account: int, options: Options, answering: Answering
    ) -> None:
        """Begin a subscription of a client's own account."""
        one = Subscription(channel.name, account, options, self._outlet)
        self._begin((channel.name, ""), lambda: channel.leave(one))
        told = {key: options[key] for key in channel.acknowledged}
        self._acknowledge(answering, channel=channel.name, **told)
        for snapshot in channel.enter(one):
            self._outlet.push_text(snapshot)

    def end(self, channel: WholeChannel | PrivateChannel, answering: Answering) -> None:
        """End a subscription without a pair."""
        if (channel.name, "") not in self._ends:
            raise Refused(errors.NOT_SUBSCRIBED)
        self._end((channel.name, ""))
        self._acknowledge(answering, channel=channel.name)

    def _market(self, symbol: str) -> Market | None:
        return self._channels.listing().streamed_pair(symbol)

    def _begin(self, name: Name, end: Callable[[], None]) -> None:
        if name in self._ends:
            raise Refused(errors.ALREADY_SUBSCRIBED)
        if len(self._ends) >= SUBSCRIPTIONS_MAX:
            self._channels.stream.refused += 1
            raise Refused(errors.TOO_MANY)
        self._ends[name] = end
        self._channels.status.enter(self._outlet)

    def _end(self, name: Name) -> None:
        self._topics.pop(name, None)
        self._ends.pop(name)()

    def _acknowledge(self, answering: Answering, **result: Any) -> None:
        self._outlet.push_text(answering.success(dict(sorted(result.items()))))
