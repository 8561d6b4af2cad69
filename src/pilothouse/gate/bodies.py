"""The bodies that are not whole yet: how many bytes of them are held, and whose.

What has arrived counts, not what a request says it will send. Short bodies have a share that long
ones never take, so an order of a few lines gets in whatever else is held. In each share one sender
may hold an eighth, and the network around it half as much again (`shares`); where a share is full,
the sender that holds most makes room, of IPv6 the network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pilothouse.gate.limits import KIB
from pilothouse.gate.shares import PPM, Shares, holders

SHORT: Final = 16 * KIB
"""How long a body may be that counts in the share of short ones."""
SHORT_SHARE: Final = 4
"""The part of all bytes that is kept for short bodies: one in four."""
OF_ONE: Final = 8
"""The part of a share that one sender may hold: one in eight."""


class Held:
    """What has arrived of one body, and how the connection that sends it is ended."""

    def __init__(self, key: str, end: Callable[[], None]) -> None:
        self.key, self.end = key, end
        self.body = bytearray()
        self.share: Share | None = None
        self.counted = 0
        """Bytes that count in the share."""
        self.ended = False
        """Whether it had to make room; its bytes are gone."""


class Share:
    """Bytes of bodies, bounded in all and for each sender."""

    def __init__(self, most: int) -> None:
        self.most, self.most_of_one = most, most // OF_ONE
        self.held_bytes = 0
        self._bytes = Shares(self.most_of_one)
        self._held: dict[str, dict[Held, None]] = {}
        """The bodies by their widest holder, the oldest first."""

    def use_ppm(self) -> int:
        """Return the larger of what is held of all and of what one may hold; from any thread."""
        return max(PPM * self.held_bytes // self.most, self._bytes.use_ppm())

    def in_the_way(self, key: str, count: int) -> Held | None:
        """Return the oldest body of the sender that holds most; None if that is the one asking."""
        own = _widest(key)
        fullest = max(self._held, key=lambda one: self._bytes[one], default=own)
        if fullest == own or self._bytes[fullest] <= self._bytes[own] + count:
            return None
        return next(iter(self._held[fullest]))

    def is_one_above(self, key: str, count: int) -> bool:
        """Tell whether a sender would hold more than one may."""
        return not self._bytes.has_room(key, count)

    def is_above(self, count: int) -> bool:
        """Tell whether all would hold more than they may."""
        return self.held_bytes + count > self.most

    def count(self, held: Held, count: int) -> None:
        """Count further bytes of a body."""
        self._held.setdefault(_widest(held.key), {})[held] = None
        self._bytes.add(held.key, count)
        self.held_bytes += count
        held.share, held.counted = self, held.counted + count

    def release(self, held: Held) -> None:
        """Count nothing of a body any more."""
        self._bytes.add(held.key, -held.counted)
        self.held_bytes -= held.counted
        mine = self._held[_widest(held.key)]
        del mine[held]
        if not mine:
            del self._held[_widest(held.key)]
        held.share, held.counted = None, 0


def _widest(key: str) -> str:
    return holders(key)[-1]


class Bodies:
    """All bodies that are not whole. Safe in one thread: the loop's."""

    def __init__(self, most: int) -> None:
        short = most // SHORT_SHARE
        self.short, self.long = Share(short), Share(most - short)
        self.ended = 0
        """How many had to make room for another sender, since the start."""

    @property
    def held_bytes(self) -> int:
        """Return the bytes held of bodies that are not whole."""
        return self.short.held_bytes + self.long.held_bytes

    def uses_ppm(self) -> dict[str, int]:
        """Return the use of each share in ppm; may be asked from any thread."""
        return {"short bodies": self.short.use_ppm(), "long bodies": self.long.use_ppm()}

    def hold(self, held: Held, piece: bytes) -> bool:
        """Take in a piece of a body that is not whole; False if its sender holds too much."""
        size = len(held.body) + len(piece)
        share = self.short if size <= SHORT else self.long
        if held.share is not share:
            self._uncount(held)
        count = size - held.counted
        if share.is_one_above(held.key, count):
            return False
        while share.is_above(count):
            other = share.in_the_way(held.key, count)
            if other is None:
                return False
            self._end(other)
        share.count(held, count)
        held.body += piece
        return True

    def release(self, held: Held) -> None:
        """A body is whole, or its sender gone."""
        self._uncount(held)
        held.body = bytearray()

    def _uncount(self, held: Held) -> None:
        if held.share is not None:
            held.share.release(held)

    def _end(self, held: Held) -> None:
        self.release(held)
        held.ended = True
        self.ended += 1
        held.end()
