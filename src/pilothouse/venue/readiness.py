"""Whether a part can do its work now: alive, started and ready are three questions.

Alive is that it answers. Started is that it has caught up once. Ready is that nothing that its
work needs is bad now; each thing that is bad has a name and a sentence. A part that is not ready
is not killed for it: to start it again would often not help. Some causes are only said: a clock
that is held alarms people, and clients trade on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.standstill import Standstill, Why, words_of

LAG_S: Final = 5
"""A replica that is so far behind a writer that moves is not ready."""
DISK_LEAST_BYTES: Final = 1 << 28
"""Less free space than 256 MiB is a cause; the journal of a busy hour takes about as much."""


@dataclass(frozen=True)
class Cause:
    """What is bad: its name for programs, its sentence for people.

    A part is not ready while something bad `stops` its work.
    """

    name: str
    says: str
    stops: bool = True


class Followed(Protocol):
    """What is asked of a replica."""

    @property
    def fault(self) -> str | None:
        """Return why it stopped, None while it follows."""

    @property
    def standstill(self) -> Standstill | None:
        """Return since when nothing new was seen, None while blocks come."""


AskAlso = Callable[[], Cause | None]
"""A further question, from a room that knows more: None while all is well."""


class Readiness:
    """Asks everything that one part's work needs."""

    def __init__(self, home: Path, follower: Followed, also: Iterable[AskAlso] = ()) -> None:
        self._home, self._follower = Path(home), follower
        self._also = tuple(also)

    @property
    def has_started(self) -> bool:
        """Tell whether the replica was level with the journal once."""
        return bool(getattr(self._follower, "has_caught_up", True))

    def causes(self) -> list[Cause]:
        """Return everything that is bad; the part is ready while none of it stops its work."""
        asked = (
            _replica(self._follower),
            _clock(self._follower),
            _disk(self._home),
            *map(_asked, self._also),
        )
        return [one for one in asked if one is not None]


def told(causes: Iterable[Cause]) -> dict[str, object]:
    """Return what a door answers of itself: `status` is "ok" or the first thing that is bad.

    `why` names what stops its work, `said` what does not.
    """
    every = sorted(causes, key=lambda one: not one.stops)
    why, said = ([_words(one) for one in every if one.stops is stops] for stops in (True, False))
    status = every[0].says if every else "ok"
    answer: dict[str, object] = {"status": status, "alive": True, "started": True}
    return answer | {"ready": not why, "why": why, "said": said}


def _words(one: Cause) -> dict[str, str]:
    return {"cause": one.name, "says": one.says}


def _asked(question: AskAlso) -> Cause | None:
    try:
        return question()
    except Exception as error:
        # A question that cannot be answered is not answered well.
        name = getattr(question, "__name__", "question").strip("_")
        return Cause(name, f"it cannot be known: {type(error).__name__}: {error}")


def _replica(follower: Followed) -> Cause | None:
    if follower.fault:
        differs = "ReplicaDiffers" in follower.fault
        return Cause("replica_differs" if differs else "replica_stopped", follower.fault)
    still = follower.standstill
    if still is not None and still.why is Why.NOTHING_WRITTEN:
        return Cause("writer_silent", words_of(still, wall_clock_us()))
    behind_s = getattr(follower, "behind_s", 0.0)
    if behind_s > LAG_S:
        blocks = getattr(follower, "blocks_behind", 0)
        return Cause("lag", f"{blocks:,} blocks and {int(behind_s)} s behind the writer")
    return Cause("lag", words_of(still, wall_clock_us())) if still is not None else None


def _clock(follower: Followed) -> Cause | None:
    said = getattr(follower, "clock_held", "")
    return Cause("clock_held", said, stops=False) if said else None


def _disk(home: Path) -> Cause | None:
    free = free_bytes(home)
    if free >= DISK_LEAST_BYTES:
        return None
    return Cause("disk", f"{free >> 20:,} MiB are free; at least {DISK_LEAST_BYTES >> 20} needed")


def free_bytes(home: Path) -> int:
    """Return the bytes that this user can still write on the disk of a folder."""
    found = os.statvfs(home)
    return found.f_bavail * found.f_frsize
