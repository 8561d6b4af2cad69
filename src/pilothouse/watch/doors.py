"""What the watch hears of the doors: how full they are, and what they refused lately.

Two of them are HTTP doors that report. The writer counts what it refuses at the parts' sockets.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pilothouse.gate.report import Report

REFUSED_OVER_S: Final = 10

Counts = Mapping[str, Mapping[str, int]]
"""What was refused at each socket since the writer started, by reason."""


@dataclass(frozen=True)
class DoorsHeard:
    """The fullest limit of any door in ppm, and what was refused in ten seconds; None unknown."""

    use_ppm: int | None
    refused: int | None
    at_sockets: int | None = 0


NO_DOOR: Final = DoorsHeard(0, 0)
"""What is heard where there is no door."""


class Lately:
    """What a growing count grew by in the last ten seconds. One that shrinks began anew at 0."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def see(self, now: float, count: int) -> int:
        """Take in the count as it stands at a moment in seconds; return what it grew by."""
        if self._seen and count < self._seen[-1][1]:
            self._seen.clear()
            self._seen.append((now, 0))
        self._seen.append((now, count))
        while now - self._seen[0][0] > REFUSED_OVER_S:
            self._seen.popleft()
        return count - self._seen[0][1]


class Doors:
    """Asks each door for its report, and remembers what it had refused ten seconds ago.

    `sockets` returns what the writer counted, nothing where that is not known.
    """

    def __init__(
        self,
        reports: Sequence[Callable[[], Report | None]],
        sockets: Callable[[], Counts] = dict,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reports, self._sockets, self._clock = reports, sockets, clock
        self._refused = [Lately() for _ in reports]
        self._at_socket: dict[str, Lately] = {}

    def heard(self) -> DoorsHeard:
        """Return how the doors stand; what one of them does not say is not known."""
        now, told = self._clock(), [report() for report in self._reports]
        at_sockets = self._refused_at_sockets(now)
        known = [one for one in told if one is not None]
        if len(known) < len(told):
            return DoorsHeard(None, None, at_sockets)
        pairs = zip(self._refused, known, strict=True)
        refused = sum(lately.see(now, one.refused) for lately, one in pairs)
        return DoorsHeard(max((one.use_ppm for one in known), default=0), refused, at_sockets)

    def _refused_at_sockets(self, now: float) -> int | None:
        counts = self._sockets()
        if not counts:
            return None
        lately = self._at_socket
        return sum(
            lately.setdefault(name, Lately()).see(now, sum(by_reason.values()))
            for name, by_reason in counts.items()
        )
