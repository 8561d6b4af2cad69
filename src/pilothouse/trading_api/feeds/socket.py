"""The sending side of a WebSocket: frames made once for all, and nobody is waited for.

A frame is written to every socket at once. What a consumer does not read waits in its socket's
buffer, and a buffer that grows beyond its bound ends the connection: closed with a reason, and cut
off soon after, because who does not read does not answer a closing handshake either.
"""

from __future__ import annotations

import asyncio
import socket
import time
from asyncio import Transport
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

from pilothouse.trading_api.feeds.bills import free

KERNEL_BUFFER: Final = 1 << 18
"""What the operating system may hold back for one consumer, in bytes: old news helps nobody."""
BUFFER_MAX: Final = (1 << 20) - KERNEL_BUFFER
"""How many bytes may wait for one consumer beyond that: a mebibyte with it."""
PORTION: Final = 1 << 18
"""A long answer is made in portions of about so many bytes, each once the last was read."""
DRAIN_LOOK_S: Final = 0.01
CONTROLS_A_SECOND: Final = 50
"""Pings and pieces of one message that a client may send; messages are counted elsewhere."""
PIECES_MAX: Final = 100
IMPATIENT: Final = "message rate exceeded for too long"
GRACE_S: Final = 5.0
"""How long a closed connection may take to say goodbye."""
POLICY: Final = 1008
TRY_AGAIN_LATER: Final = 1013
SLOW: Final = "slow consumer: read faster or subscribe to less, then connect again"
OUTLET: Final = "pilothouse.outlet"
"""The ASGI extension under which an application finds the outlet of its connection."""


def frame_of(text: bytes) -> bytes:
    """Return a message as the frame that every client is sent: servers do not mask."""
    return Frame(Opcode.TEXT, text).serialize(mask=False)


class Outlet:
    """Where the frames of one connection go."""

    def __init__(self, protocol: FeedProtocol) -> None:
        self._protocol = protocol
        self._frames: list[bytes] = []
        self.address = ""
        """The address that counts of its client."""
        self.bill = free()
        """Who pays for what this connection alone is sent."""
        self.pending = 0
        """Bytes that were pushed and not written yet."""
        self.sent = 0
        """How many frames were pushed; who looks at it twice knows whether it was quiet."""

    @property
    def is_closed(self) -> bool:
        """Tell whether nothing more is sent."""
        return self._protocol.close_sent or self._protocol.transport.is_closing()

    def push(self, frame: bytes) -> None:
        """Add a frame; it goes with the next `flush`."""
        self._frames.append(frame)
        self.pending += len(frame)
        self.sent += 1

    def flush(self) -> None:
        """Write what was pushed; end the connection of a consumer that is too far behind."""
        frames, self._frames = self._frames, []
        size, self.pending = self.pending, 0
        protocol = self._protocol
        if not frames or self.is_closed:
            return
        waiting = protocol.transport.get_write_buffer_size()
        if waiting > BUFFER_MAX or size > BUFFER_MAX + KERNEL_BUFFER - waiting:
            self.close(POLICY, SLOW)
            return
        protocol.transport.write(frames[0] if len(frames) == 1 else b"".join(frames))

    def push_text(self, text: bytes) -> None:
        """Add one message for this connection alone, which is charged."""
        self.bill.says(len(text))
        self.push(frame_of(text))

    def say(self, text: bytes) -> None:
        """Send one short message to this connection alone, free of charge."""
        self.push(frame_of(text))
        self.flush()

    async def drained(self) -> None:
        """Wait until a consumer has read most of it and has paid, or the connection ends."""
        waiting = self._protocol.transport.get_write_buffer_size
        while not self.is_closed and (waiting() > PORTION or self.bill.is_over):
            await asyncio.sleep(DRAIN_LOOK_S)

    def close(self, code: int, reason: str) -> None:
        """Close the connection, whatever it still has to read."""
        self._protocol.leave(code, reason)


class FeedProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol with an outlet, and connections that end when they must."""

    transport: Transport
    outlet: Outlet | None = None
    _second = _pings = 0

    def handle_connect(self, event: Any) -> None:
        """Accept as uvicorn does, and let the application find the outlet in its scope."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            self.outlet = Outlet(self)
            extensions[OUTLET] = {"outlet": self.outlet}
            plug = self.transport.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)

    def data_received(self, data: bytes) -> None:
        """Take bytes in, of a client that reads what it is answered.

        Pongs are answered below the application: who pings without reading is ended here.
        """
        super().data_received(data)
        if self.transport.get_write_buffer_size() > BUFFER_MAX + KERNEL_BUFFER:
            self.leave(POLICY, SLOW)
        elif len(self.frames) > PIECES_MAX:
            self.leave(POLICY, IMPATIENT)

    def handle_ping(self) -> None:
        """Answer a ping, up to a rate and while its sender has something left."""
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._pings = second, 0
        self._pings += 1
        if self._pings > CONTROLS_A_SECOND:
            self.leave(POLICY, IMPATIENT)
            return
        bill = self.outlet.bill if self.outlet is not None else None
        if bill is None or bill.hears(0):
            super().handle_ping()
        elif bill.is_impatient:
            self.leave(POLICY, IMPATIENT)

    def leave(self, code: int, reason: str) -> None:
        """Say goodbye to a client and to the application; cut off who does not answer."""
        if self.close_sent or self.transport.is_closing():
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(GRACE_S, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """End a connection that answers no ping, also when its buffer never drains."""
        super().keepalive_timeout()
        self.loop.call_later(GRACE_S, self.transport.abort)

    def shutdown(self) -> None:
        """End a connection with the server, also when its buffer never drains."""
        super().shutdown()
        self.loop.call_later(GRACE_S, self.transport.abort)
