"""The names of what this gateway sends: numbers behind one that the journal gave its door."""

from __future__ import annotations

import asyncio

from pilothouse.language.commands import OpenDoor
from pilothouse.language.names import GATEWAYS, Name, Receipt
from pilothouse.language.refusals import DOOR_IS_NOT_OPEN
from pilothouse.language.rows import Message
from pilothouse.trading_api.ports import Venue
from pilothouse.venue.wire import DoorStaysShut, opened

TAKEN_OVER = "another gateway has opened this gateway's door; give each a slot of its own"


class Names:
    """The names of one gateway, by its slot. The door is opened with the first command."""

    def __init__(self, venue: Venue, slot: int = 0) -> None:
        self._venue, self._sender = venue, GATEWAYS[slot]
        self._opening = asyncio.Lock()
        self._hi = self._count = 0
        self.fault: str | None = None

    async def next(self, count: int) -> list[Name]:
        """Return further names; raise DoorStaysShut when the door is not this gateway's."""
        async with self._opening:
            if self.fault:
                raise DoorStaysShut(self.fault)
            if not self._hi:
                asked = Message(OpenDoor(), Name(self._sender, 0, 0))
                self._hi = opened(await self._venue.submit([asked]))
        first = self._count
        self._count += count
        return [Name(self._sender, self._hi, first + k) for k in range(count)]

    def judge(self, receipts: list[Receipt]) -> None:
        """Raise DoorStaysShut if somebody else has opened the door since."""
        if any(one.outcome == DOOR_IS_NOT_OPEN for one in receipts):
            self.fault = TAKEN_OVER
            raise DoorStaysShut(self.fault)
