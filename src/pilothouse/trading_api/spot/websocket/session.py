"""A connection to WebSocket v2: what a client asks, one message after the other."""

from __future__ import annotations

import logging
from typing import Final

from pilothouse.trading_api.feeds.accounts import KeyGuard
from pilothouse.trading_api.feeds.socket import PORTION, Outlet
from pilothouse.trading_api.spot.refusals import INTERNAL
from pilothouse.trading_api.spot.websocket import errors
from pilothouse.trading_api.spot.websocket.answers import Answering
from pilothouse.trading_api.spot.websocket.channel import (
    PairChannel,
    PrivateChannel,
    WholeChannel,
)
from pilothouse.trading_api.spot.websocket.channels import Channels
from pilothouse.trading_api.spot.websocket.errors import NotListed, Refused
from pilothouse.trading_api.spot.websocket.params import Params, read
from pilothouse.trading_api.spot.websocket.subscriptions import Subscriptions
from pilothouse.trading_api.texts import Unreadable, read_json
from pilothouse.venue.follower import ReplicaStopped

METHODS: Final = ("ping", "subscribe", "unsubscribe")
TOKENS_MAX: Final = 100
NOT_LISTED_SAID: Final = 10
"""Names of one request that are answered each though nothing is listed under them."""

_log: Final = logging.getLogger(__name__)


class SpotSession:
    """One client's connection."""

    def __init__(self, channels: Channels, outlet: Outlet) -> None:
        self._channels, self._outlet = channels, outlet
        self._subscriptions = Subscriptions(channels, outlet)
        self._tokens: dict[str, str] = {}
        self._guard = KeyGuard(channels.stream, outlet, errors.INVALID_SESSION)

    async def open(self) -> None:
        """Say what system this is."""
        self._outlet.say(self._channels.status.greeting())

    def close(self) -> None:
        """End every subscription."""
        self._subscriptions.close()
        self._guard.close()

    def too_fast(self) -> None:
        """Answer a message that is not looked at."""
        self._outlet.say(Answering().failure(errors.TOO_FAST, {}))

    async def hear(self, text: str) -> None:
        """Answer one message."""
        answering = Answering()
        try:
            await self._answer(text, answering)
        except Refused as refused:
            self._outlet.push_text(answering.failure(refused.error, refused.told))
        except ReplicaStopped:
            raise
        except Exception:
            _log.exception("a WebSocket request failed")
            self._outlet.push_text(answering.failure(INTERNAL, {}))
        self._outlet.flush()

    async def _answer(self, text: str, answering: Answering) -> None:
        try:
            message = read_json(text)
        except Unreadable:
            raise Refused(errors.MALFORMED) from None
        if isinstance(message, dict) and isinstance(message.get("method"), str):
            answering.method = message["method"][:40]
        method, params, answering.number = read(message)
        if method not in METHODS:
            raise Refused(errors.UNSUPPORTED_METHOD)
        if method == "ping":
            params.only(())
            self._outlet.push_text(answering.pong())
        else:
            await self._change(method == "subscribe", params, answering)

    async def _change(self, begins: bool, params: Params, answering: Answering) -> None:
        name = params.text("channel")
        if name in self._channels.pairs:
            await self._pairs(begins, self._channels.pairs[name], params, answering)
        elif name in self._channels.whole:
            self._whole(begins, self._channels.whole[name], params, answering)
        elif name in self._channels.private:
            await self._private(begins, self._channels.private[name], params, answering)
        else:
            raise Refused(errors.INVALID_CHANNEL)

    async def _pairs(
        self, begins: bool, channel: PairChannel, params: Params, answering: Answering
    ) -> None:
        params.only({"channel", "symbol", *channel.fields})
        options = channel.options(params)
        change = self._subscriptions.pair if begins else self._subscriptions.end_pair
        left, unknown = params.symbols()[::-1], 0
        while left and not self._outlet.is_closed:
            with self._channels.stream.settled():
                while left and self._outlet.pending < PORTION:
                    symbol = left.pop()
                    try:
                        change(channel, symbol, options, answering)
                    except Refused as refused:
                        unknown += isinstance(refused, NotListed)
                        if isinstance(refused, NotListed) and unknown > NOT_LISTED_SAID:
                            continue
                        told = refused.told | {"symbol": symbol[:40]}
                        self._outlet.push_text(answering.failure(refused.error, told))
            self._outlet.flush()
            await self._outlet.drained()
        if unknown > NOT_LISTED_SAID:
            more = f"{errors.UNSUPPORTED_PAIR}: {unknown - NOT_LISTED_SAID} more names"
            self._outlet.push_text(answering.failure(more, {}))

    def _whole(
        self, begins: bool, channel: WholeChannel, params: Params, answering: Answering
    ) -> None:
        params.only({"channel", *channel.fields})
        options = channel.options(params)
        with self._channels.stream.settled():
            if begins:
                self._subscriptions.whole(channel, options, answering)
            else:
                self._subscriptions.end(channel, answering)

    async def _private(
        self, begins: bool, channel: PrivateChannel, params: Params, answering: Answering
    ) -> None:
        params.only({"channel", "token", *channel.fields})
        options = channel.options(params)
        public = self._owner(params)
        door, address = self._channels.stream.door, self._outlet.address
        key = await door.key(public, address) if public else None
        if key is None or public is None:
            raise Refused(errors.INVALID_SESSION, channel=channel.name, status="error")
        if not self._guard.add(public):
            raise Refused(errors.TOO_MANY, channel=channel.name, status="error")
        with self._channels.stream.settled():
            if begins:
                self._subscriptions.private(channel, key.account, options, answering)
            else:
                self._subscriptions.end(channel, answering)
        self._remember(params, public)

    def _owner(self, params: Params) -> str | None:
        # A token that opened something here stays good here, however old it is by now.
        token = params.text("token")
        return self._tokens.get(token) or self._channels.tokens.owner(token)

    def _remember(self, params: Params, public: str) -> None:
        if len(self._tokens) < TOKENS_MAX:
            self._tokens[params.text("token")] = public
