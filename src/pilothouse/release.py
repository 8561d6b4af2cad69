"""The release of the machine: a digest of the sources of `language`, `rules` and `engine`.

It names the folder of compiled kernels, and it stands in every block of the journal, so that a
span can be replayed with the very sources that wrote it.
"""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOMS = ("language", "rules", "engine")
HOUSE = Path(__file__).parent


def sources(house: Path = HOUSE) -> list[Path]:
    """Return the source files of a release's machine, in a fixed order."""
    return sorted(path for room in ROOMS for path in (house / room).rglob("*.py"))


def digest_of(house: Path = HOUSE) -> bytes:
    """Return the release whose package is the folder `house`, as 32 bytes."""
    made = hashlib.sha256()
    for path in sources(house):
        name = path.relative_to(house).as_posix()
        made.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return made.digest()


@cache
def digest() -> str:
    """Return the running release as sixteen hexadecimal digits."""
    return digest_of().hex()[:16]


def compiled_mark(root: str) -> Path:
    """Return the file that says: every door of this release was compiled here.

    Machine code belongs to the compiler, to Python, and to the very files it was made from.
    """
    stamps = [(str(path), path.stat().st_mtime_ns) for path in sources()]
    made_from = repr((version("numba"), sys.version, stamps)).encode()
    return cache_folder(root) / f"compiled-{hashlib.sha256(made_from).hexdigest()[:16]}"


def cache_folder(root: str) -> Path:
    """Return where compiled kernels of this release are kept, outside of any exchange's folder.

    `root` is where the user wants caches, empty for ~/.cache.
    """
    return Path(root or Path.home() / ".cache") / "pilothouse" / digest()
