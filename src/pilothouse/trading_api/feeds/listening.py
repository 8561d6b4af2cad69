"""One connection from its handshake to its end: messages in, one after the other, and bounds."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final, Protocol

from starlette.websockets import WebSocket

from pilothouse.trading_api.bodies import address_of
from pilothouse.trading_api.feeds.bills import Bill
from pilothouse.trading_api.feeds.socket import (
    IMPATIENT,
    OUTLET,
    POLICY,
    TRY_AGAIN_LATER,
    Outlet,
)
from pilothouse.trading_api.feeds.stream import Stream
from pilothouse.venue.follower import ReplicaStopped

CONNECTIONS_MAX: Final = 2_000
RATE: Final = 100
"""Messages a second that one connection may send, over time."""
BURST: Final = 200
PATIENCE: Final = 1_000
"""Messages above the rate after which the connection is ended."""
TOO_DEAR: Final = "the WebSockets of this address ask for too much; connect again later"
TOO_MANY: Final = "too many connections; connect again later"
REPLICA_STOPPED: Final = "the replica stopped; connect again later"

_log: Final = logging.getLogger(__name__)


class Session(Protocol):
    """What one API makes of a connection."""

    async def open(self) -> None:
        """Greet."""

    async def hear(self, text: str) -> None:
        """Answer a message; whatever it is, it is answered."""

    def too_fast(self) -> None:
        """Answer a message that came above the rate and is not looked at."""

    def close(self) -> None:
        """End every subscription."""


class Allowance:
    """A bucket of messages that fills with time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left, self._at = float(BURST), clock()
        self.refused = 0

    def take(self) -> bool:
        """Use one message; False if there is none left."""
        now = self._clock()
        self._left = min(BURST, self._left + RATE * (now - self._at))
        self._at = now
        if self._left < 1:
            self.refused += 1
            return False
        self._left -= 1
        return True


async def serve(websocket: WebSocket, stream: Stream, made: Callable[[Outlet], Session]) -> None:
    """Serve one connection until it ends; it ends every subscription that it made."""
    outlet: Outlet = websocket.scope["extensions"][OUTLET]["outlet"]
    outlet.address = address_of(websocket)
    outlet.bill = Bill(stream.allowances, outlet.address)
    await websocket.accept()
    if not outlet.bill.opens():
        outlet.close(TRY_AGAIN_LATER, TOO_DEAR)
        return
    if stream.connections >= CONNECTIONS_MAX:
        stream.refused += 1
        outlet.close(TRY_AGAIN_LATER, TOO_MANY)
        return
    try:
        stream.enter()
    except ReplicaStopped:
        outlet.close(TRY_AGAIN_LATER, REPLICA_STOPPED)
        return
    session = made(outlet)
    try:
        await session.open()
        await _listen(websocket, stream, outlet, session)
    except ReplicaStopped:
        outlet.close(TRY_AGAIN_LATER, REPLICA_STOPPED)
    finally:
        session.close()
        stream.leave()


async def _listen(websocket: WebSocket, stream: Stream, outlet: Outlet, session: Session) -> None:
    allowance = Allowance()
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        said = message.get("text") or message.get("bytes") or ""
        if not (allowance.take() and outlet.bill.hears(len(said))):
            stream.refused += 1
            if allowance.refused > PATIENCE or outlet.bill.is_impatient:
                outlet.close(POLICY, IMPATIENT)
                return
            session.too_fast()
            continue
        await session.hear(said if isinstance(said, str) else said.decode(errors="replace"))
