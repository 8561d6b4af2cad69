"""One door on the writer's side: its socket, its clients, and how much each of them may hold."""

from __future__ import annotations

import socket
from collections import Counter, OrderedDict
from pathlib import Path
from typing import Final

from pilothouse.language.doors import DOORS, Doorway
from pilothouse.venue.sockets import listen, socket_path
from pilothouse.venue.wire import FRAME_BYTES_MAX, Frame, FrameTooLarge, take_frame

UNREAD_BYTES_MAX: Final = 8 << 20
"""Answers that wait for a client to read them; beyond, it is cut."""
WAITING_BYTES_MAX: Final = 4 << 20
"""Bytes taken from a client ahead of the block they go into; beyond, the socket holds them."""
DOOR_UNREAD_BYTES_MAX: Final = 32 << 20
DOOR_WAITING_BYTES_MAX: Final = 16 << 20
"""The same for all clients of one door together."""
CONNECTIONS_MAX: Final = 64
"""Connections of one door; for one more the longest idle is let go, which connects again."""


class Client:
    """One connection: bytes that arrived and bytes that wait to leave."""

    def __init__(self, side: Side, link: socket.socket) -> None:
        self.side, self.link = side, link
        self.arrived = bytearray()
        self.unsent = bytearray()
        self.watched = 1
        self.gone = False

    @property
    def may_send_more(self) -> bool:
        """Tell whether more is read from it now."""
        if self.side.holds_too_much:
            # Everybody may always end the frame that was begun: frames empty a full door, and
            # half a frame empties nothing.
            self.side.was_full = True
            return len(self.arrived) < FRAME_BYTES_MAX
        return len(self.arrived) < WAITING_BYTES_MAX

    @property
    def reads_too_little(self) -> bool:
        """Tell whether too many answers wait for it, or for its door's clients together."""
        return bool(self.unsent) and (
            len(self.unsent) > UNREAD_BYTES_MAX or self.side.unsent > DOOR_UNREAD_BYTES_MAX
        )

    def keep_arrived(self, raw: bytes) -> None:
        """Keep bytes that arrived; a whole frame may be among them."""
        self.arrived += raw
        self.side.arrived += len(raw)
        self.side.ready[self] = None
        self.side.clients.move_to_end(self)

    def keep_unsent(self, raw: bytes) -> None:
        """Keep bytes that are to leave."""
        self.unsent += raw
        self.side.unsent += len(raw)

    def was_sent(self, count: int) -> None:
        """Forget bytes that left."""
        del self.unsent[:count]
        self.side.unsent -= count


class Side:
    """A door and everybody behind it. `ready` are the clients that may have a whole frame."""

    def __init__(self, home: Path, door: Doorway) -> None:
        self.door, self.powers = door, DOORS[door]
        self._path = socket_path(home, door)
        self.listener = listen(home, door)
        self.clients: OrderedDict[Client, None] = OrderedDict()
        self.ready: OrderedDict[Client, None] = OrderedDict()
        self.broken: list[Client] = []
        self.refused: Counter[int] = Counter()
        self.arrived = self.unsent = self.strangers = self.let_go = 0
        self.was_full = False

    @property
    def holds_too_much(self) -> bool:
        """Tell whether the door's clients together are too far ahead of the blocks."""
        return self.arrived >= DOOR_WAITING_BYTES_MAX

    @property
    def is_full(self) -> bool:
        """Tell whether it has as many connections as it may."""
        return len(self.clients) >= CONNECTIONS_MAX

    def admit(self, link: socket.socket) -> Client:
        """Return a new client behind this door."""
        client = Client(self, link)
        self.clients[client] = None
        return client

    def longest_idle(self) -> Client:
        """Return the client that said nothing for longest."""
        return next(iter(self.clients))

    def next_frame(self) -> tuple[Client, Frame] | None:
        """Take the next whole frame, in turn from each client; None if there is none."""
        while self.ready:
            client, _ = self.ready.popitem(last=False)
            before = len(client.arrived)
            try:
                frame = take_frame(client.arrived, self.powers)
            except FrameTooLarge:
                self.broken.append(client)
                continue
            self.arrived -= before - len(client.arrived)
            if frame is not None:
                self.ready[client] = None
                return client, frame
        return None

    def forget(self, client: Client) -> None:
        """Let a client go with what it left behind."""
        client.gone = True
        self.clients.pop(client)
        self.ready.pop(client, None)
        self.arrived -= len(client.arrived)
        self.unsent -= len(client.unsent)

    def counts(self) -> dict[str, int]:
        """Return what was refused here since the start."""
        found = {str(number): count for number, count in sorted(self.refused.items())}
        return found | {"strangers": self.strangers, "let_go": self.let_go}

    def close(self) -> None:
        """Close and remove the socket."""
        self.listener.close()
        self._path.unlink(missing_ok=True)
