"""The door itself: commands in under names of their own, reads from a replica that has caught up.

A signed read waits until the replica and the history have passed the last receipt that was given
to the same key, so that a client always sees its own orders. The wait is bounded.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from pilothouse.journal.steady import passing_now
from pilothouse.language.commands import CancelAllOrders
from pilothouse.language.names import Receipt
from pilothouse.language.refusals import describe
from pilothouse.language.rows import Message
from pilothouse.language.schema import Command
from pilothouse.records.history import History
from pilothouse.trading_api.listing import Listing
from pilothouse.trading_api.long_answers import LongAnswers
from pilothouse.trading_api.names import Names
from pilothouse.trading_api.nonces import FUTURES, SPOT, Nonces
from pilothouse.trading_api.ports import FindKey, Key, Replica, Venue
from pilothouse.trading_api.spreads import Spreads
from pilothouse.trading_api.switches import Holder, Switches
from pilothouse.trading_api.tokens import Tokens
from pilothouse.venue.catalogue import Catalogue
from pilothouse.venue.views.assets import all_assets
from pilothouse.venue.views.markets import all_markets
from pilothouse.venue.views.nonces import highest_nonce, signs_without

WAIT_S: Final = 5.0
POLL_S: Final = 0.001
KEY_KEPT_S: Final = 1.0
"""How long a key is believed before it is looked up again: a revoked key ends within it."""
KEYS_KEPT: Final = 10_000
MANY_CANCELS: Final = 1_000
"""A command that cancelled so many orders may have left some; the engine's bound is above it."""


class Behind(Exception):
    """The replica has not passed the key's last receipt in time."""


class NotCancelled(Exception):
    """The exchange did not cancel what a switch asked for; the text says why."""


class Door:
    """Everything a handler of either API may do."""

    def __init__(
        self,
        venue: Venue,
        follower: Replica,
        history: History,
        find_key: FindKey,
        catalogue: Callable[[], Catalogue],
        *,
        wait_s: float = WAIT_S,
        slot: int = 0,
    ) -> None:
        self.history = history
        self.catalogue = catalogue
        self.follower = follower
        self.spot_nonces = Nonces(SPOT, self._nonce_before)
        self.futures_nonces = Nonces(FUTURES, self._nonce_before, self._signs_without)
        self.names = Names(venue, slot)
        self.tokens = Tokens()
        self.long_answers = LongAnswers()
        self.switches = Switches()
        self.spreads = Spreads()
        self._venue, self._find_key, self._wait_s = venue, find_key, wait_s
        self._last: dict[str, int] = {}
        self._keys: dict[str, tuple[float, Key | None]] = {}
        self._listing: tuple[int, Catalogue, Listing] | None = None

    async def key(self, public: str, address: str) -> Key | None:
        """Return the API key of a public half, or None if there is none, it was revoked, it has
        expired, or it is not for this address.
        """
        found = await self._known(public)
        now_s = int(passing_now().timestamp())
        return found if found is not None and found.admits(address, now_s) else None

    async def _known(self, public: str) -> Key | None:
        now = time.monotonic()
        kept = self._keys.get(public)
        if kept is not None and now < kept[0]:
            return kept[1]
        found = await asyncio.to_thread(self._find_key, public)
        if len(self._keys) >= KEYS_KEPT:
            self._keys.clear()
        self._keys[public] = (now + KEY_KEPT_S, found)
        return found

    async def ask(self, key: Key, commands: Sequence[Command]) -> list[Receipt]:
        """Send commands under new names and return their receipts, in order.

        Raises DoorStaysShut when another gateway has opened this one's door.
        """
        names = await self.names.next(len(commands))
        messages = [Message(one, name) for one, name in zip(commands, names, strict=True)]
        receipts = await self._venue.submit(messages)
        self.names.judge(receipts)
        reached = max((one.position for one in receipts), default=0)
        self._last[key.public] = max(reached, self._last.get(key.public, 0))
        return receipts

    def _nonce_before(self, number: int) -> int:
        with self.follower.machine() as machine:
            return highest_nonce(machine, number)

    def _signs_without(self, number: int) -> bool:
        with self.follower.machine() as machine:
            return signs_without(machine, number)

    async def ask_one(self, key: Key, command: Command) -> Receipt:
        """Send one command and return its receipt."""
        return (await self.ask(key, [command]))[0]

    async def cancel_open(self, key: Holder, spot: bool) -> None:
        """Cancel every open order of an account in pairs, or in contracts: a switch ran out."""
        await self.caught_up(key)
        markets = self.listing().markets
        found = self.history.open_orders(key.account)
        wanted = {one.market for one in found if markets[one.market].is_spot == spot}
        receipts = await self.cancel_all(key, sorted(wanted))
        fault = next((one.outcome for one in receipts if not one.accepted), 0)
        if fault:
            raise NotCancelled(describe(fault))

    async def cancel_all(self, key: Key, markets: Sequence[int]) -> list[Receipt]:
        """Cancel every open order of some markets; return the receipts, `made` counts orders.

        One command cancels a bounded number of orders, so it is asked again while it is busy.
        """
        receipts: list[Receipt] = []
        left = list(markets)
        while left:
            asked = [CancelAllOrders(account=key.account, market=one) for one in left]
            answered = await self.ask(key, asked)
            receipts += answered
            pairs = zip(left, answered, strict=True)
            left = [market for market, one in pairs if one.accepted and one.made >= MANY_CANCELS]
        return receipts

    async def caught_up(self, key: Key) -> None:
        """Wait until reads are true of the key's last receipt; raise Behind when it takes long."""
        position = self._last.get(key.public, 0)
        ends = time.monotonic() + self._wait_s
        while min(self.follower.position, self.history.position) < position:
            if time.monotonic() > ends:
                raise Behind
            await asyncio.sleep(POLL_S)

    def open_count(self, key: Key, *, spot: bool) -> int:
        """Return how many orders a key's account has open in pairs, or in contracts."""
        markets = self.listing().markets.values()
        counted = (one.number for one in markets if one.is_spot == spot)
        return sum(self.history.open_count(key.account, one) for one in counted)

    @property
    def now_us(self) -> int:
        """Return the exchange's time now, in microseconds; deadlines of clients end by it."""
        return self.follower.now_us

    @property
    def time(self) -> int:
        """Return the time of the last block the history has seen, in microseconds."""
        return self.history.time

    def listing(self, machine: Any = None) -> Listing:
        """Return what is listed, made anew when something was listed or imported since."""
        count, words = self.history.listings, self.catalogue()
        known = self._listing
        if known is not None and known[0] == count and known[1] is words:
            return known[2]
        made = self._read_listing(machine, words)
        self._listing = (count, words, made)
        return made

    def _read_listing(self, machine: Any, words: Catalogue) -> Listing:
        if machine is None:
            with self.follower.machine() as held:
                return self._read_listing(held, words)
        return Listing(all_assets(machine), all_markets(machine), words)
