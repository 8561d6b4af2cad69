"""A standstill: since when nothing new of the exchange was seen, and why.

The writer promises a block at least every `IDLE_S`, an empty one if nobody sends anything. So a
journal that does not grow is a writer that does not write, never a quiet market.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

IDLE_S: Final = 0.25
"""The writer adds an empty block when nothing came for so long, so that timers run."""
STANDSTILL_S: Final = 5
"""Twenty promised blocks that did not come: longer than a slow disk or a growing table takes."""


class Why(enum.Enum):
    """Why nothing new was seen."""

    NOTHING_WRITTEN = "nothing written"
    BEHIND = "behind the writer"
    STOPPED = "stopped following"


@dataclass(frozen=True)
class Standstill:
    """`since` is the time of the last block that was seen, microseconds since the epoch."""

    since: int
    why: Why


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def words_of(standstill: Standstill | None, now_us: int) -> str:
    """Return a standstill as people read it: "nothing written since 14:03:07 UTC"; "" if none.

    `now_us` is this machine's clock: the day is named too if it is another one.
    """
    if standstill is None:
        return ""
    since, now = (EPOCH + timedelta(microseconds=one) for one in (standstill.since, now_us))
    day = "" if since.date() == now.date() else f"{since:%Y-%m-%d} "
    return f"{standstill.why.value} since {day}{since:%H:%M:%S} UTC"
