"""The places of a door: who waits, who is busy, and who is turned away.

A connection without a whole request waits: a half-sent head, a half-sent body, a silence between
two requests. Waiting places are taken from whoever waits longest, first from the sender who has
the most it may have, so that half-sent requests never close the door. A busy place is given only
for a whole request, and is never taken away: full means that the newest request is refused.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from enum import Enum
from typing import Final, Protocol

from pilothouse.gate.limits import Limits

PPM: Final = 1_000_000


class Waiter(Protocol):
    """A connection."""

    key: str
    """Whose it is; empty for a named proxy, whose connections are many people's."""

    def turn_away(self) -> None:
        """End it; it is not waiting any more."""


class Kind(Enum):
    """What a busy place is for."""

    REQUEST = "request"
    SOCKET = "socket"


class Places:
    """Who is in. Safe in one thread: the loop's."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._waiting: OrderedDict[Waiter, None] = OrderedDict()
        self._waiting_of: dict[str, OrderedDict[Waiter, None]] = {}
        self._busy: dict[Kind, Counter[str]] = {kind: Counter() for kind in Kind}
        self._busy_in_all: Counter[Kind] = Counter()
        self.turned_away = 0
        self.refused = 0

    @property
    def waiting(self) -> int:
        """Return how many connections wait."""
        return len(self._waiting)

    @property
    def busy(self) -> int:
        """Return how many connections are busy."""
        return sum(self._busy_in_all.values())

    @property
    def sockets(self) -> int:
        """Return how many of the busy are WebSockets."""
        return self._busy_in_all[Kind.SOCKET]

    def uses_ppm(self) -> dict[str, int]:
        """Return how full each limit is, of all and of the busiest sender, in ppm.

        May be called from another thread: it reads copies.
        """
        limits, busy = self.limits, self._busy
        waiting = [len(one) for key, one in list(self._waiting_of.items()) if key]
        held = {
            "waiting": (self.waiting, limits.waiting),
            "waiting of one": (max(waiting, default=0), limits.waiting_of_one),
            "busy": (self.busy, limits.busy),
            "busy of one": (_most(busy[Kind.REQUEST]), limits.busy_of_one),
            "sockets": (self.sockets, limits.sockets),
            "sockets of one": (_most(busy[Kind.SOCKET]), limits.sockets_of_one),
        }
        return {name: PPM * count // most for name, (count, most) in held.items()}

    def busiest(self) -> str:
        """Return the sender with the most connections, empty if there is none; as above."""
        held: Counter[str] = Counter()
        for one in self._busy.values():
            held.update(dict(list(one.items())))
        held.update({key: len(one) for key, one in list(self._waiting_of.items()) if key})
        return max(held, key=lambda key: held[key], default="")

    def wait(self, one: Waiter) -> None:
        """Let a connection wait; whoever waits longest is turned away where there is no room."""
        mine = self._waiting_of.setdefault(one.key, OrderedDict())
        self._waiting[one] = mine[one] = None
        if one.key and len(mine) > self.limits.waiting_of_one:
            self._turn_away(next(iter(mine)))
        elif len(self._waiting) > self.limits.waiting:
            self._turn_away(next(iter(self._waiting)))

    def _turn_away(self, one: Waiter) -> None:
        self.leave(one)
        self.turned_away += 1
        one.turn_away()

    def leave(self, one: Waiter) -> None:
        """A connection waits no more."""
        if one not in self._waiting:
            return
        del self._waiting[one]
        mine = self._waiting_of[one.key]
        del mine[one]
        if not mine:
            del self._waiting_of[one.key]

    def begin(self, kind: Kind, key: str) -> bool:
        """Take a busy place; False if all, or all that one sender may have, are taken."""
        limits = self.limits
        most = limits.busy_of_one if kind is Kind.REQUEST else limits.sockets_of_one
        full = self.busy >= limits.busy or (kind is Kind.SOCKET and self.sockets >= limits.sockets)
        if full or (key and self._busy[kind][key] >= most):
            self.refused += 1
            return False
        self._busy_in_all[kind] += 1
        if key:
            self._busy[kind][key] += 1
        return True

    def end(self, kind: Kind, key: str) -> None:
        """Give a busy place back."""
        self._busy_in_all[kind] -= 1
        if key:
            self._busy[kind][key] -= 1
            if not self._busy[kind][key]:
                del self._busy[kind][key]


def _most(held: Counter[str]) -> int:
    return max(list(held.values()), default=0)
