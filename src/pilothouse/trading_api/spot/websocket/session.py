"""A connection to WebSocket v2: what a client asks, one message after the other."""

from __future__ import annotations

import logging
from collections.abc import Hashable
from typing import Any, Final

from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.spot.refusals import INTERNAL
from pilothouse.trading_api.spot.websocket import errors
from pilothouse.trading_api.spot.websocket.answers import Answering
from pilothouse.trading_api.spot.websocket.channel import PairChannel
from pilothouse.trading_api.spot.websocket.channels import Channels
from pilothouse.trading_api.spot.websocket.errors import Refused
from pilothouse.trading_api.spot.websocket.params import Params, read
from pilothouse.venue.catalogue import parse_json

SUBSCRIPTIONS_MAX: Final = 2_000
"""Subscriptions that one connection may hold."""

_log: Final = logging.getLogger(__name__)


class SpotSession:
    """One client's subscriptions."""

    def __init__(self, channels: Channels, outlet: Outlet) -> None:
        self._channels, self._outlet = channels, outlet
        self._pairs: dict[tuple[str, str], tuple[PairChannel, Hashable]] = {}

    async def open(self) -> None:
        """Say what system this is."""
        self._outlet.say(self._channels.status.greeting())

    def close(self) -> None:
        """End every subscription."""
        self._channels.status.leave(self._outlet)
        for channel, topic in self._pairs.values():
            channel.leave(topic, self._outlet)
        self._pairs.clear()

    def too_fast(self) -> None:
        """Answer a message that is not looked at."""
        self._outlet.say(Answering().failure(errors.TOO_FAST, {}))

    async def hear(self, text: str) -> None:
        """Answer one message."""
        answering = Answering()
        try:
            await self._answer(text, answering)
        except Refused as refused:
            self._outlet.say(answering.failure(refused.error, refused.told))
        except Exception:
            _log.exception("a WebSocket request failed")
            self._outlet.say(answering.failure(INTERNAL, {}))

    async def _answer(self, text: str, answering: Answering) -> None:
        try:
            message = parse_json(text)
        except (ValueError, RecursionError):
            raise Refused(errors.MALFORMED) from None
        if isinstance(message, dict) and isinstance(message.get("method"), str):
            answering.method = message["method"][:40]
        method, params, answering.number = read(message)
        if method == "ping":
            params.only(())
            self._outlet.say(answering.pong())
        elif method in ("subscribe", "unsubscribe"):
            self._change(method == "subscribe", params, answering)
        else:
            raise Refused(errors.UNSUPPORTED_METHOD)

    def _change(self, begins: bool, params: Params, answering: Answering) -> None:
        channel = self._channels.pairs.get(params.text("channel"))
        if channel is None:
            raise Refused(errors.INVALID_CHANNEL)
        params.only({"channel", "symbol", *channel.fields})
        options = channel.options(params)
        for symbol in params.symbols():
            try:
                if begins:
                    self._subscribe(channel, symbol, options, answering)
                else:
                    self._unsubscribe(channel, symbol, options, answering)
            except Refused as refused:
                told = refused.told | {"symbol": symbol}
                self._outlet.push_text(answering.failure(refused.error, told))
        self._outlet.flush()

    def _subscribe(
        self, channel: PairChannel, symbol: str, options: Any, answering: Answering
    ) -> None:
        market = self._channels.listing().streamed_pair(symbol)
        if market is None:
            raise Refused(f"{errors.UNSUPPORTED_PAIR} {symbol[:40]}")
        if (channel.name, symbol) in self._pairs:
            raise Refused(errors.ALREADY_SUBSCRIBED)
        if len(self._pairs) >= SUBSCRIPTIONS_MAX:
            raise Refused(errors.TOO_MANY)
        topic = channel.topic(market, options)
        channel.enter(topic, self._outlet)
        self._pairs[channel.name, symbol] = channel, topic
        self._channels.status.enter(self._outlet)
        result = {"channel": channel.name, **options, "symbol": symbol}
        self._outlet.push_text(answering.success(dict(sorted(result.items()))))
        if options["snapshot"]:
            self._outlet.push_text(channel.snapshot(topic))

    def _unsubscribe(
        self, channel: PairChannel, symbol: str, options: Any, answering: Answering
    ) -> None:
        found = self._pairs.get((channel.name, symbol))
        market = self._channels.listing().streamed_pair(symbol)
        if found is None or market is None or channel.topic(market, options) != found[1]:
            raise Refused(errors.NOT_SUBSCRIBED)
        del self._pairs[channel.name, symbol]
        channel.leave(found[1], self._outlet)
        result = {"channel": channel.name, **options, "symbol": symbol}
        del result["snapshot"]
        self._outlet.push_text(answering.success(dict(sorted(result.items()))))
