"""One connection of HTTP: uvicorn's protocol, with an end to every wait for the other side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from pilothouse.gate.addresses import UNKNOWN, address_key
from pilothouse.gate.framing import Framed
from pilothouse.gate.places import Kind

if TYPE_CHECKING:
    from pilothouse.gate.entry import Gate

CONNECTION: Final = "pilothouse.connection"
"""Under which name of `scope["state"]` an application finds its connection."""
TOO_SLOW: Final = (
    b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: 16\r\n\r\nRequest timeout\n"
)
FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 5\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: 32\r\n\r\n"
    b"Too many connections. Try again\n"
)
NO_SOCKET: Final = (
    "The request for a WebSocket cannot be read. Send it with plain headers and without a body."
)
GOODBYE_S: Final = 1.0
"""How long a connection that was ended may take to be gone."""


def guarded(gate: Gate) -> type[Guarded]:
    """Return the protocol of a gate's connections."""
    return type("GuardedConnection", (Guarded,), {"gate": gate})


class Guarded(H11Protocol):
    """A connection whose head, body and reader have a time, and which has a place or none."""

    gate: Gate
    conn: Framed

    def __init__(self, *rest: Any, **named: Any) -> None:
        super().__init__(*rest, **named)
        self.conn = Framed(self.gate.limits.head_bytes)
        self.app_state = {**self.app_state, CONNECTION: self}
        self.key = UNKNOWN
        self._under_way = 0
        self._is_socket = False
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    # the connection itself

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let it wait for its first request."""
        super().connection_made(transport)
        peer = self.client[0] if self.client else ""
        self.key = "" if self.gate.proxies.trusts(peer) else address_key(peer)
        self._await(self.gate.limits.head_s)
        self.gate.places.wait(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give every place and timer back."""
        self._settle()
        self._set_unread(None)
        self._unset_keepalive_if_required()
        self.gate.places.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes in; the first of a further request begin its time."""
        if not self._under_way and self._deadline is None:
            self._await(self.gate.limits.head_s)
        super().data_received(data)

    def pause_writing(self) -> None:
        """Give the reader its time."""
        super().pause_writing()
        self._set_unread(self.gate.limits.unread_s)

    def resume_writing(self) -> None:
        """The reader has read."""
        super().resume_writing()
        self._set_unread(None)

    # what the gate says about it, and asks

    @property
    def is_gone(self) -> bool:
        """Tell whether nobody reads an answer any more."""
        return self.transport.is_closing()

    def heard(self) -> None:
        """The head is whole: its body has a time of its own."""
        self._await(self.gate.limits.body_s)

    def begin(self) -> None:
        """The request is whole, and has its place."""
        self._settle()
        self.gate.places.leave(self)
        self._under_way += 1

    def answered(self) -> None:
        """The answer is made: wait for the next request."""
        self._under_way -= 1
        if not self._under_way and not self._is_socket and not self.transport.is_closing():
            self.gate.places.wait(self)

    def make_room(self) -> None:
        """End a connection whose body has to make room for another sender's."""
        if self.transport.is_closing():
            return
        self._settle()
        self.gate.places.leave(self)
        self.transport.write(FULL)
        self._leave()

    def turn_away(self) -> None:
        """End a connection that waits."""
        if self.transport.is_closing():
            return
        if self.cycle is None or not self.cycle.response_started:
            self.transport.write(TOO_SLOW)
        self._leave()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, say why, and end the connection: where it ends is unclear."""
        self.gate.refused[400] += 1
        if self.cycle is not None:
            # Whoever works on the request before the fault has nobody to answer any more.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(self.conn.fault or msg)
        else:
            self.transport.close()

    # WebSockets

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Give a WebSocket its place, for as long as it lasts."""
        self._settle()
        self.gate.places.leave(self)
        if _has_body(event):
            self.send_400_response(NO_SOCKET)
            return
        headers = [(name.lower(), value) for name, value in event.headers]
        key = self.gate.key_of(self.client, headers)
        if not self.gate.places.begin(Kind.SOCKET, key):
            self.transport.write(FULL)
            self._leave()
            return
        self._is_socket = True
        super().handle_websocket_upgrade(event)
        self._open_in_time(self.transport.get_protocol(), key)

    def _open_in_time(self, protocol: Any, key: str) -> None:
        """End a WebSocket that is not open in time; at once where its own reader took nothing.

        That reader is stricter than h11, says nothing of what it does not take, and waits.
        """
        if not protocol.handshake_initiated:
            self.send_400_response(NO_SOCKET)
        late = self.loop.call_later(self.gate.limits.head_s, self._not_open, protocol)

        def ended() -> None:
            late.cancel()
            self.gate.places.end(Kind.SOCKET, key)

        _at_the_end(protocol, ended)

    def _not_open(self, protocol: Any) -> None:
        if not protocol.handshake_complete:
            self.gate.too_slow += 1
            self.transport.abort()

    def _unsupported_upgrade_warning(self) -> None:
        # Anybody may ask for one: a line in the log for each would fill the disk.
        pass

    # timers

    def _await(self, seconds: float) -> None:
        self._settle()
        self._deadline = self.loop.call_later(seconds, self._too_slow)

    def _settle(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        self.gate.too_slow += 1
        self.gate.places.leave(self)
        self.turn_away()

    def _set_unread(self, seconds: float | None) -> None:
        if self._unread is not None:
            self._unread.cancel()
        self._unread = (
            None if seconds is None else self.loop.call_later(seconds, self.transport.abort)
        )

    def _leave(self) -> None:
        self.transport.close()
        self.loop.call_later(GOODBYE_S, self.transport.abort)


def _has_body(event: h11.Request) -> bool:
    said = dict(event.headers)
    return b"transfer-encoding" in said or int(said.get(b"content-length", 0)) > 0


def _at_the_end(protocol: Any, then: Callable[[], None]) -> None:
    """Call `then` once, when a WebSocket's connection is lost; at once if it is lost already."""
    lost, done = protocol.connection_lost, False

    def ended(exc: Exception | None) -> None:
        nonlocal done
        if not done:
            done = True
            then()
        lost(exc)

    protocol.connection_lost = ended
