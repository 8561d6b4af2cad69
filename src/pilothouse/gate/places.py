"""The places of a door: who waits, who is busy, and who is turned away.

A connection without a whole request waits: a half-sent head, a half-sent body, a silence between
two requests. Waiting places are taken from whoever waits longest, first from the sender who has
the most it may have, so that half-sent requests never close the door. A busy place is given only
for a whole request, and is never taken away: full means that the newest request is refused. What
one sender may have, the network around it may have half as much again (`shares`).
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from enum import Enum
from typing import Protocol

from pilothouse.gate.limits import Limits
from pilothouse.gate.shares import PPM, Shares, holders, most_of


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
        self._busy = {
            Kind.REQUEST: Shares(limits.busy_of_one),
            Kind.SOCKET: Shares(limits.sockets_of_one),
        }
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
        limits = self.limits
        of_all = {
            "waiting": (self.waiting, limits.waiting),
            "busy": (self.busy, limits.busy),
            "sockets": (self.sockets, limits.sockets),
        }
        return {name: PPM * count // most for name, (count, most) in of_all.items()} | {
            "waiting of one": self._waiting_ppm(),
            "busy of one": self._busy[Kind.REQUEST].use_ppm(),
            "sockets of one": self._busy[Kind.SOCKET].use_ppm(),
        }

    def _waiting_ppm(self) -> int:
        found = list(self._waiting_of.items())
        of_one = self.limits.waiting_of_one
        return max((PPM * len(them) // most_of(one, of_one) for one, them in found), default=0)

    def busiest(self) -> str:
        """Return the sender with the most connections, empty if there is none; as above."""
        held: Counter[str] = Counter()
        for one in self._busy.values():
            held.update(dict(list(one.items())))
        held.update({key: len(one) for key, one in list(self._waiting_of.items())})
        return max(held, key=lambda key: held[key], default="")

    def wait(self, one: Waiter) -> None:
        """Let a connection wait; whoever waits longest is turned away where there is no room."""
        self._waiting[one] = None
        for holder in _holders(one):
            self._waiting_of.setdefault(holder, OrderedDict())[one] = None
        self._make_room(one)

    def _make_room(self, one: Waiter) -> None:
        for holder in _holders(one):
            mine = self._waiting_of[holder]
            if len(mine) > most_of(holder, self.limits.waiting_of_one):
                self._turn_away(next(iter(mine)))
                return
        if len(self._waiting) > self.limits.waiting:
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
        for holder in _holders(one):
            mine = self._waiting_of[holder]
            del mine[one]
            if not mine:
                del self._waiting_of[holder]

    def begin(self, kind: Kind, key: str) -> bool:
        """Take a busy place; False if all, or all that one sender may have, are taken."""
        limits = self.limits
        full = self.busy >= limits.busy or (kind is Kind.SOCKET and self.sockets >= limits.sockets)
        if full or (key and not self._busy[kind].has_room(key)):
            self.refused += 1
            return False
        self._busy_in_all[kind] += 1
        if key:
            self._busy[kind].add(key)
        return True

    def end(self, kind: Kind, key: str) -> None:
        """Give a busy place back."""
        self._busy_in_all[kind] -= 1
        if key:
            self._busy[kind].add(key, -1)


def _holders(one: Waiter) -> tuple[str, ...]:
    return holders(one.key) if one.key else ()
