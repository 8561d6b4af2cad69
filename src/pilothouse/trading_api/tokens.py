"""Tokens for private channels: made for a signed request, and good for a quarter of an hour.

A token opens subscriptions while it lives; what it opened stays open as long as its key lives.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import Final

LIVES_S: Final = 900
TOKENS_KEPT: Final = 10_000
TOKENS_OF_ONE: Final = 50
TOKEN_BYTES: Final = 32


class Tokens:
    """The tokens that were handed out, in memory: they end with the gateway."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, tuple[float, str]] = {}
        self._of: dict[str, deque[str]] = {}

    def make(self, public: str) -> str:
        """Return a new token of a key; its oldest are forgotten when it has too many, and those of
        all when there are too many.
        """
        now = self._clock()
        own = self._of.setdefault(public, deque())
        while own and (len(own) >= TOKENS_OF_ONE or own[0] not in self._known):
            self._known.pop(own.popleft(), None)
        while self._known:
            oldest = next(iter(self._known))
            if len(self._known) < TOKENS_KEPT and self._known[oldest][0] > now:
                break
            self._drop(oldest)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._known[token] = now + LIVES_S, public
        self._of.setdefault(public, own).append(token)
        return token

    def _drop(self, token: str) -> None:
        _, public = self._known.pop(token)
        own = self._of[public]
        own.remove(token)
        if not own:
            del self._of[public]

    def owner(self, token: str) -> str | None:
        """Return the public half of the key a token was made for, None if it is none or ended."""
        found = self._known.get(token)
        return found[1] if found is not None and found[0] > self._clock() else None
