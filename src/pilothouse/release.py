"""The release of the machine: a digest of the sources of `language`, `rules` and `engine`.

It names the folder of compiled kernels, and it stands in every block of the journal, so that a
span can be replayed with the very sources that wrote it.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

ROOMS = ("language", "rules", "engine")
HOUSE = Path(__file__).parent


def sources() -> list[Path]:
    """Return the source files of the machine, in a fixed order."""
    return sorted(path for room in ROOMS for path in (HOUSE / room).rglob("*.py"))


@cache
def digest() -> str:
    """Return the release as sixteen hexadecimal digits."""
    made = hashlib.sha256()
    for path in sources():
        made.update(str(path.relative_to(HOUSE)).encode() + b"\0" + path.read_bytes() + b"\0")
    return made.hexdigest()[:16]


def cache_folder(root: str) -> Path:
    """Return where compiled kernels of this release are kept, outside of any exchange's folder.

    `root` is where the user wants caches, empty for ~/.cache.
    """
    return Path(root or Path.home() / ".cache") / "pilothouse" / digest()
