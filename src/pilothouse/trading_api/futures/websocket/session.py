"""A connection to the futures WebSocket: what a client asks, one message after the other."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

from pilothouse.trading_api.feeds.accounts import KeyGuard
from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.futures.websocket import words
from pilothouse.trading_api.futures.websocket.challenges import Challenges
from pilothouse.trading_api.futures.websocket.feed import (
    PrivateFeed,
    ProductFeed,
    Subscription,
)
from pilothouse.trading_api.futures.websocket.feeds import Feeds
from pilothouse.trading_api.listing import Market
from pilothouse.trading_api.texts import Unreadable, read_json
from pilothouse.venue.follower import ReplicaStopped

EVENTS: Final = ("challenge", "subscribe", "unsubscribe")
SUBSCRIPTIONS_MAX: Final = 2_000
PRODUCTS_MAX: Final = 200
"""How many products one request may name."""
INVALID_SAID: Final = 10
"""Names of one request that are answered each though they are no products."""
PRODUCTS_A_PORTION: Final = 20
"""Of how many the snapshots are made at one time: a book of a thousand levels has 60 kB."""

_log: Final = logging.getLogger(__name__)


class FuturesSession:
    """One client's connection."""

    def __init__(self, feeds: Feeds, outlet: Outlet) -> None:
        self._feeds, self._outlet = feeds, outlet
        self._challenges = Challenges()
        self._guard = KeyGuard(feeds.stream, outlet, words.NOT_AUTHENTICATED)
        self._ends: dict[tuple[str, str], Callable[[], None]] = {}
        self._private: dict[str, Subscription] = {}

    async def open(self) -> None:
        """Say which version this is."""
        self._outlet.say(words.INFO)

    def close(self) -> None:
        """End every subscription."""
        self._guard.close()
        for end in self._ends.values():
            end()
        self._ends.clear()

    def too_fast(self) -> None:
        """Answer a message that is not looked at."""
        self._outlet.say(words.alert(words.TOO_FAST))

    async def hear(self, text: str) -> None:
        """Answer one message."""
        try:
            await self._answer(text)
        except ReplicaStopped:
            raise
        except Exception:
            _log.exception("a WebSocket request failed")
            self._say(words.alert(words.BAD_REQUEST))
        self._outlet.flush()

    def _say(self, text: bytes) -> None:
        self._outlet.push_text(text)

    async def _answer(self, text: str) -> None:
        try:
            message = read_json(text)
        except Unreadable:
            return self._say(words.JSON_ERROR)
        event = message.get("event") if isinstance(message, dict) else None
        if event not in EVENTS:
            return self._say(words.alert(words.BAD_MESSAGE))
        if event == "challenge":
            known = isinstance(message.get("api_key"), str)
            said = words.challenge(self._challenges.make()) if known else None
            return self._say(said or words.alert(words.BAD_MESSAGE))
        return await self._change(event == "subscribe", message)

    async def _change(self, begins: bool, message: dict[str, Any]) -> None:
        name = message.get("feed")
        if not isinstance(name, str):
            return self._say(words.alert(words.BAD_REQUEST))
        if name == self._feeds.heartbeat.name:
            return self._heartbeat(begins)
        if name in self._feeds.products:
            return await self._products(begins, self._feeds.products[name], message)
        if name in self._feeds.private:
            return await self._account(begins, self._feeds.private[name], message)
        return self._say(words.alert(words.INVALID_FEED))

    def _heartbeat(self, begins: bool) -> None:
        feed, place = self._feeds.heartbeat, (self._feeds.heartbeat.name, "")
        if begins:
            if place not in self._ends:
                feed.enter(self._outlet)
                self._ends[place] = lambda: feed.leave(self._outlet)
            self._say(words.done("subscribed", feed.name))
        else:
            self._end(place, feed.name, None)

    # Public ----------------------------------------------------------------------------------

    async def _products(self, begins: bool, feed: ProductFeed, message: dict[str, Any]) -> None:
        named = message.get("product_ids")
        if not isinstance(named, list) or not 1 <= len(named) <= PRODUCTS_MAX:
            return self._say(words.alert(words.BAD_REQUEST))
        found = self._found(named)
        if begins:
            await self._begin_products(feed, list(found.values()))
        else:
            for symbol in found:
                self._end((feed.name, symbol), feed.name, [symbol])
        return None

    def _found(self, named: list[Any]) -> dict[str, Market]:
        # What is no product is said of a handful of names, and counted of the rest.
        found: dict[str, Market] = {}
        unknown = 0
        for name in dict.fromkeys(one if isinstance(one, str) else str(one)[:40] for one in named):
            market = self._feeds.product(name)
            if market is not None:
                found[market.symbol] = market
                continue
            unknown += 1
            if unknown <= INVALID_SAID:
                self._say(words.invalid_product(name))
        if unknown > INVALID_SAID:
            self._say(words.more_invalid_products(unknown - INVALID_SAID))
        return found

    async def _begin_products(self, feed: ProductFeed, markets: list[Market]) -> None:
        # All acknowledgements go before the first snapshot, each snapshot with its beginning: so
        # those of a portion are subscribed, acknowledged and told together.
        for at in range(0, len(markets), PRODUCTS_A_PORTION):
            if self._outlet.is_closed:
                return
            self._begin_portion(feed, markets[at : at + PRODUCTS_A_PORTION])
            self._outlet.flush()
            await self._outlet.drained()

    def _begin_portion(self, feed: ProductFeed, markets: list[Market]) -> None:
        with self._feeds.stream.settled():
            told = []
            for market in markets:
                place = feed.name, market.symbol
                if place in self._ends:
                    self._say(words.alert(words.ALREADY))
                elif len(self._ends) >= SUBSCRIPTIONS_MAX:
                    self._feeds.stream.refused += 1
                    self._say(words.alert(words.TOO_MANY))
                    continue
                else:
                    feed.enter(market, self._outlet)
                    self._ends[place] = self._leaver(feed, market)
                told.append(market)
            if told:
                self._say(words.done("subscribed", feed.name, [one.symbol for one in told]))
            for market in told:
                self._say(feed.snapshot(market))

    def _leaver(self, feed: ProductFeed, market: Market) -> Callable[[], None]:
        return lambda: feed.leave(market, self._outlet)

    # Private ---------------------------------------------------------------------------------

    async def _account(self, begins: bool, feed: PrivateFeed, message: dict[str, Any]) -> None:
        key = await self._challenges.signer(self._feeds.stream.door, message, self._outlet.address)
        if key is None:
            return self._say(words.alert(words.NOT_AUTHENTICATED))
        if not begins:
            return self._end((feed.name, ""), feed.name, None)
        if not self._guard.add(key.public):
            return self._say(words.alert(words.TOO_MANY))
        products = self._only(message)
        with self._feeds.stream.settled():
            known = self._private.get(feed.name) if (feed.name, "") in self._ends else None
            if known is not None:
                self._say(words.alert(words.ALREADY))
            else:
                known = Subscription(key.account, self._outlet, products)
                feed.enter(known)
                self._ends[feed.name, ""] = self._private_leaver(feed, known)
                self._private[feed.name] = known
            self._say(words.done("subscribed", feed.name))
            self._say(feed.snapshot(known))
        return None

    def _private_leaver(self, feed: PrivateFeed, one: Subscription) -> Callable[[], None]:
        return lambda: feed.leave(one)

    def _only(self, message: dict[str, Any]) -> frozenset[int] | None:
        named = message.get("product_ids")
        if not isinstance(named, list) or not named:
            return None
        found = [self._feeds.product(one) for one in named[:PRODUCTS_MAX] if isinstance(one, str)]
        return frozenset(one.number for one in found if one is not None)

    def _end(self, place: tuple[str, str], feed: str, products: list[str] | None) -> None:
        end = self._ends.pop(place, None)
        if end is not None:
            end()
        event = "unsubscribed_failed" if end is None else "unsubscribed"
        self._say(words.done(event, feed, products))
