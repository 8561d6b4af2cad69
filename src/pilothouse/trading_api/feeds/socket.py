"""The sending side of a WebSocket: frames made once for all, and nobody is waited for.

A frame is written to every socket at once. What a consumer does not read waits in its socket's
buffer, and a buffer that grows beyond its bound ends the connection: closed with a reason, and cut
off soon after, because who does not read does not answer a closing handshake either.
"""

from __future__ import annotations

import socket
from asyncio import Transport
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

KERNEL_BUFFER: Final = 1 << 18
"""What the operating system may hold back for one consumer, in bytes: old news helps nobody."""
BUFFER_MAX: Final = 1 << 20
"""How many bytes may wait for one consumer beyond that."""
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
        self.sent = 0
        """How many frames were pushed; who looks at it twice knows whether it was quiet."""

    def push(self, frame: bytes) -> None:
        """Add a frame; it goes with the next `flush`."""
        self._frames.append(frame)
        self.sent += 1

    def flush(self) -> None:
        """Write what was pushed; end the connection of a consumer that is too far behind."""
        frames, self._frames = self._frames, []
        protocol = self._protocol
        if not frames or protocol.close_sent or protocol.transport.is_closing():
            return
        if protocol.transport.get_write_buffer_size() > BUFFER_MAX:
            self.close(POLICY, SLOW)
            return
        protocol.transport.write(frames[0] if len(frames) == 1 else b"".join(frames))

    def push_text(self, text: bytes) -> None:
        """Add one message for this connection alone."""
        self.push(frame_of(text))

    def say(self, text: bytes) -> None:
        """Send one message to this connection alone."""
        self.push(frame_of(text))
        self.flush()

    def close(self, code: int, reason: str) -> None:
        """Close the connection, whatever it still has to read."""
        self._protocol.leave(code, reason)


class FeedProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol with an outlet, and connections that end when they must."""

    transport: Transport

    def handle_connect(self, event: Any) -> None:
        """Accept as uvicorn does, and let the application find the outlet in its scope."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions[OUTLET] = {"outlet": Outlet(self)}
            plug = self.transport.get_extra_info("socket")
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)

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
