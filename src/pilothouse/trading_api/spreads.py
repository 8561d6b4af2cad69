"""The best prices of pairs, looked at once a second: what Spread lists."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Final

from pilothouse.trading_api.ports import Replica
from pilothouse.venue.follower import ReplicaStopped
from pilothouse.venue.views.books import best_prices

SPREADS_KEPT: Final = 200
"""Of each market, as at Kraken."""
LOOK_S: Final = 1.0
Spread = tuple[int, int, int]
"""When it was seen, in microseconds, the best bid and the best ask, in price units."""

_log: Final = logging.getLogger(__name__)


class Spreads:
    """The last spreads of every market, in memory: they begin with the gateway."""

    def __init__(self) -> None:
        self._of: dict[int, deque[Spread]] = {}

    def note(self, time: int, bids: list[int], asks: list[int]) -> None:
        """Take in the best prices of all markets, by their numbers; what did not change adds none.

        A market without a bid or an ask has no spread.
        """
        for market, (bid, ask) in enumerate(zip(bids, asks, strict=True)):
            if bid and ask:
                known = self._of.setdefault(market, deque(maxlen=SPREADS_KEPT))
                if not known or known[-1][1:] != (bid, ask):
                    known.append((time, bid, ask))

    def of(self, market: int) -> list[Spread]:
        """Return a market's spreads, oldest first."""
        return list(self._of.get(market, ()))

    async def run(self, follower: Replica) -> None:
        """Look once a second until it is cancelled, or the replica stopped."""
        while True:
            try:
                with follower.machine() as machine:
                    self.note(follower.time, *best_prices(machine))
            except ReplicaStopped as error:
                _log.warning("no spreads are seen any more: %s", error)
                return
            await asyncio.sleep(LOOK_S)
