"""Turns at the console's work: a few at work, the next one by person and not by who came first.

A person who sends a thousand requests waits behind themselves alone. Some places take requests
that change something and nothing else, so that looking does not stop deciding.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from pilothouse.gate.lanes import PPM


@dataclass(frozen=True)
class Most:
    """How many may work and wait: of all, and of one person."""

    working: int
    waiting: int
    working_of_one: int
    waiting_of_one: int
    only_posts: int
    """How many of the working places no look may take."""


@dataclass
class _Waiting:
    """What one person waits with: what changes something goes first."""

    posts: deque[asyncio.Future[None]] = field(default_factory=deque)
    looks: deque[asyncio.Future[None]] = field(default_factory=deque)

    def __len__(self) -> int:
        return len(self.posts) + len(self.looks)

    def of(self, is_post: bool) -> deque[asyncio.Future[None]]:
        """Return those of one kind."""
        return self.posts if is_post else self.looks

    def forget_the_gone(self) -> None:
        """Let go of those whose sender left while they waited."""
        for turns in (self.posts, self.looks):
            while turns and turns[0].cancelled():
                turns.popleft()


class Turns:
    """The working places and who waits for them. `posts` and `looks` are the two lanes to them."""

    def __init__(self, most: Most) -> None:
        self.most = most
        self.refused = 0
        self.posts, self.looks = Way(self, is_post=True), Way(self, is_post=False)
        self._working: Counter[str] = Counter()
        self._looking = 0
        # In the order of whose turn is next: who got one goes to the end.
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()

    def __len__(self) -> int:
        return self._working.total() + sum(map(len, list(self._waiting.values())))

    @property
    def busiest_ppm(self) -> int:
        """Return how much of all places, of work and of waiting, is taken; from any thread."""
        return PPM * len(self) // (self.most.working + self.most.waiting)

    async def enter(self, key: str, is_post: bool) -> bool:
        """Wait for a turn; False at once if too many wait."""
        if self._begins(key, is_post):
            return True
        waiting = self._waiting.get(key) or _Waiting()
        in_all = sum(map(len, self._waiting.values()))
        if len(waiting) >= self.most.waiting_of_one or in_all >= self.most.waiting:
            self.refused += 1
            return False
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, waiting).of(is_post).append(turn)
        try:
            await turn
        except BaseException:
            self._gave_up(key, is_post, turn)
            raise
        return True

    def leave(self, key: str, is_post: bool) -> None:
        """Give the turn back, to whoever is next."""
        self._working[key] -= 1
        self._looking -= not is_post
        if not self._working[key]:
            del self._working[key]
        self._next()

    def _begins(self, key: str, is_post: bool) -> bool:
        # Nobody is overtaken: whoever waits, waits because nothing is free for them.
        most = self.most
        looks = most.working - most.only_posts
        if self._working.total() >= most.working or self._working[key] >= most.working_of_one:
            return False
        if not is_post and self._looking >= looks:
            return False
        self._working[key] += 1
        self._looking += not is_post
        return True

    def _next(self) -> None:
        for key, waiting in list(self._waiting.items()):
            waiting.forget_the_gone()
            for is_post in (True, False):
                turns = waiting.of(is_post)
                if turns and self._begins(key, is_post):
                    turns.popleft().set_result(None)
                    self._waiting.move_to_end(key)
                    break
            self._forget(key)

    def _gave_up(self, key: str, is_post: bool, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():
            self.leave(key, is_post)
            return
        if key in self._waiting:
            with suppress(ValueError):
                self._waiting[key].of(is_post).remove(turn)
            self._forget(key)

    def _forget(self, key: str) -> None:
        if not self._waiting[key]:
            del self._waiting[key]


class Way:
    """The lane of one kind of request to the turns."""

    until_start: Final = False

    def __init__(self, turns: Turns, *, is_post: bool) -> None:
        self._turns, self._is_post = turns, is_post

    async def enter(self, key: str) -> bool:
        """Wait for a turn; False at once if too many wait."""
        return await self._turns.enter(key, self._is_post)

    def leave(self, key: str) -> None:
        """Give the turn back."""
        self._turns.leave(key, self._is_post)
