"""Where a test may kill this process: the one seam for crashes, off unless the environment asks.

`PILOTHOUSE_CRASH_AT=fsync:37` kills the process, as `kill -9` does, the 37th time it comes to the
point `fsync`. The points are `append` (half a block is written), `fsync` (it is written and not
synced), `answer` (it is durable and nobody was told), `snapshot_rename` and `startup`.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from typing import Final

VARIABLE: Final = "PILOTHOUSE_CRASH_AT"

_passed: Final[Counter[str]] = Counter()


def crash_point(name: str) -> None:
    """Kill this process if the environment names this point and this pass of it."""
    asked = os.environ.get(VARIABLE)
    if not asked:
        return
    _passed[name] += 1
    point, _, times = asked.partition(":")
    if point == name and _passed[name] == int(times or 1):
        os.kill(os.getpid(), signal.SIGKILL)
