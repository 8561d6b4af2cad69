"""How much of what people say the audit keeps of one person in a day.

An answered query or explanation stands in the audit, so asking without end would fill the disk.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from pilothouse.gate.allowances import Allowances, Rate

DAY_S: Final = 86_400
DAY_BYTES: Final = 16 << 20
OF_A_DAY: Final = Rate(DAY_BYTES, DAY_BYTES / DAY_S)
"""Bytes of queries of one person: all at once or over a day; the room comes back within a day."""
ROW_BYTES: Final = 512
"""What a row takes beside its facts: sentence, hashes, indexes."""


class Room:
    """What is left for each person. Safe from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._taken: Allowances[str] = Allowances(OF_A_DAY, clock=clock)

    def is_used_up(self, actor: str, facts: dict[str, Any]) -> bool:
        """Tell whether a row with these facts has no room left today."""
        with self._lock:
            return self._taken.level(actor) + size_of(facts) > OF_A_DAY.limit

    def take(self, actor: str, facts: dict[str, Any]) -> None:
        """Count a row that was written."""
        with self._lock:
            self._taken.add(actor, size_of(facts))

    def forget(self) -> None:
        """Begin anew."""
        self.__init__(self._clock)  # type: ignore[misc]


def size_of(facts: dict[str, Any]) -> int:
    """Return how many bytes a row with these facts takes, about."""
    text = json.dumps(facts, ensure_ascii=False)
    return ROW_BYTES + len(text.encode(errors="replace"))


ROOM: Final = Room()
"""That of this process."""
