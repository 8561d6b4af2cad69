"""Lanes: a few at work, a few waiting, the rest refused at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

PPM: Final = 1_000_000


class Queue:
    """At most `running` at work and `waiting` before them, of one sender at most `of_one`."""

    def __init__(
        self, running: int, waiting: int, of_one: int, *, until_start: bool = False
    ) -> None:
        self.until_start = until_start
        self._running = asyncio.Semaphore(running)
        self._most, self._of_one = running + waiting, of_one
        self._in: Counter[str] = Counter()
        self.refused = 0

    def __len__(self) -> int:
        return self._in.total()

    @property
    def busiest_ppm(self) -> int:
        """Return the larger of what is in of all and of what one may have; from any thread."""
        of_one = max(list(self._in.values()), default=0)
        return max(PPM * self._in.total() // self._most, PPM * of_one // self._of_one)

    async def enter(self, key: str) -> bool:
        """Wait for a turn; False at once if too many are in."""
        if len(self) >= self._most or self._in[key] >= self._of_one:
            self.refused += 1
            return False
        self._in[key] += 1
        try:
            await self._running.acquire()
        except BaseException:
            self._out(key)
            raise
        return True

    def leave(self, key: str) -> None:
        """Give the turn back."""
        self._running.release()
        self._out(key)

    def _out(self, key: str) -> None:
        self._in[key] -= 1
        if not self._in[key]:
            del self._in[key]
