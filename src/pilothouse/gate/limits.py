"""The limits of a door, in one place; every number is described in `docs/limits.md`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KIB: Final = 1 << 10
MIB: Final = 1 << 20
CONNECTIONS_MOST: Final = 12_288
"""More connections are not held, however many files the system grants."""
SOCKETS_MOST: Final = 2_000
"""More WebSockets are not fed."""


@dataclass(frozen=True)
class Limits:
    """What one door bears. `waiting` are connections without a whole request, `busy` the rest."""

    waiting: int
    waiting_of_one: int
    busy: int
    busy_of_one: int
    sockets: int
    """WebSockets among the busy, so that they never take the place of requests."""
    sockets_of_one: int
    head_s: float = 10
    body_s: float = 15
    unread_s: float = 30
    """How long an answer may wait for its reader without a byte read."""
    head_bytes: int = 16 * KIB
    body_bytes: int = MIB
    bodies_bytes: int = 64 * MIB
    """All bodies together that are held before their requests are whole."""
    fields: int = 1_000
    """Fields of a form or parts of a multipart body; of JSON, five times as many commas."""


def limits_for(connections: int, body_bytes: int = MIB) -> Limits:
    """Return the limits of a door that may hold so many connections."""
    most = min(connections, CONNECTIONS_MOST)
    waiting = max(16, most // 4)
    busy = max(16, most - waiting)
    sockets = min(max(8, busy // 2), SOCKETS_MOST)
    return Limits(
        waiting=waiting,
        waiting_of_one=max(8, waiting // 4),
        busy=busy,
        busy_of_one=max(8, busy // 4),
        sockets=sockets,
        sockets_of_one=max(4, sockets // 8),
        body_bytes=body_bytes,
    )
