"""Lanes: a few at work, a few waiting, the rest refused at once."""

from __future__ import annotations

import asyncio

from pilothouse.gate.shares import PPM, Shares


class Queue:
    """At most `running` at work and `waiting` before them, of one sender at most `of_one`.

    The network around a sender has its own share, see `shares`.
    """

    def __init__(
        self, running: int, waiting: int, of_one: int, *, until_start: bool = False
    ) -> None:
        self.until_start = until_start
        self._running = asyncio.Semaphore(running)
        self._most, self._in_all = running + waiting, 0
        self._in = Shares(of_one)
        self.refused = 0

    def __len__(self) -> int:
        return self._in_all

    @property
    def busiest_ppm(self) -> int:
        """Return the larger of what is in of all and of what one may have; from any thread."""
        return max(PPM * self._in_all // self._most, self._in.use_ppm())

    async def enter(self, key: str) -> bool:
        """Wait for a turn; False at once if too many are in."""
        if len(self) >= self._most or not self._in.has_room(key):
            self.refused += 1
            return False
        self._count(key, 1)
        try:
            await self._running.acquire()
        except BaseException:
            self._count(key, -1)
            raise
        return True

    def leave(self, key: str) -> None:
        """Give the turn back."""
        self._running.release()
        self._count(key, -1)

    def _count(self, key: str, count: int) -> None:
        self._in_all += count
        self._in.add(key, count)
