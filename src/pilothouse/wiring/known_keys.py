"""API keys that outlive their database for a while, so that its damage does not stop trading.

Nobody can make or revoke a key while the database cannot be read; so a key that was good holds on
until it can be read again, and one that was never seen is answered as unavailable.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from django.db import DatabaseError

from pilothouse.access.keys import ApiKey
from pilothouse.venue.client import WriterIsAway

KNOWN_MOST: Final = 10_000
"""Keys remembered; those that were used last stay."""
_log: Final = logging.getLogger(__name__)


class KeysAreAway(WriterIsAway):
    """The key cannot be looked up: nothing was executed."""


class KnownKeys:
    """Looks keys up, and remembers what was found."""

    def __init__(self, find: Callable[[str], ApiKey | None]) -> None:
        self._find = find
        self._known: OrderedDict[str, ApiKey] = OrderedDict()
        self._lock = threading.Lock()
        self._is_away = False

    def __call__(self, public: str) -> ApiKey | None:
        """Return a key, or None if there is none; raise KeysAreAway if nobody can know."""
        try:
            found = self._find(public)
        except DatabaseError as error:
            return self._remembered(public, error)
        self._is_away = False
        with self._lock:
            self._known.pop(public, None)
            if found is not None:
                self._known[public] = found
                if len(self._known) > KNOWN_MOST:
                    self._known.popitem(last=False)
        return found

    def _remembered(self, public: str, error: DatabaseError) -> ApiKey:
        if not self._is_away:
            self._is_away = True
            _log.warning("Keys cannot be looked up, those seen before hold on: %s", error)
        with self._lock:
            known = self._known.get(public)
        if known is None:
            raise KeysAreAway("keys cannot be looked up; nothing was executed") from error
        return known
