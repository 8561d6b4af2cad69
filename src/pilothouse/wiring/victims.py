"""Which part the kernel ends first where memory is short: never the writer before another.

A part that is ended comes back by itself; without the writer nobody trades. Processes that answer
SQL are preferred to all of these.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from pilothouse.wiring.parts import Part

SCORES: Final = {
    Part.REPLAY: 900,
    Part.TRAFFIC: 900,
    Part.CONSOLE: 700,
    Part.GATEWAY: 600,
    Part.WRITER: -900,
}
"""What the kernel adds to a part's share of memory, in thousandths; it ends the highest first."""
SCORE: Final = Path("/proc/self/oom_score_adj")


def offer(part: Part) -> None:
    """Tell the kernel what to end this process before, or after.

    Only an administrator may ask to be spared; without the right it stays as it was inherited.
    Systems other than Linux are not told.
    """
    with contextlib.suppress(OSError):
        SCORE.write_text(f"{SCORES.get(part, 0)}")
