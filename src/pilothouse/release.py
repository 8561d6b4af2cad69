"""The release of the machine: a digest of every source that it imports.

These are the rooms `language`, `rules` and `engine`, and this file.

It names the folder of compiled kernels, and it stands in every block of the journal, so that a
span can be replayed with the very sources that wrote it.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path, PurePosixPath

ROOMS = ("language", "rules", "engine")
OWN = "release.py"
HOUSE = Path(__file__).parent


def sources(house: Path = HOUSE) -> list[Path]:
    """Return the source files of a release's machine, in a fixed order."""
    own = [house / OWN] if (house / OWN).exists() else []
    return own + sorted(path for room in ROOMS for path in (house / room).rglob("*.py"))


def digest_of(house: Path = HOUSE) -> bytes:
    """Return the release whose package is the folder `house`, as 32 bytes."""
    return digest_of_files(
        {path.relative_to(house).as_posix(): path.read_bytes() for path in sources(house)}
    )


def digest_of_files(files: Mapping[str, bytes]) -> bytes:
    """Return the digest of files by their names: each part with its length, in order of name.

    So no two sets of files give the same bytes to the hash.
    """
    made = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode(), files[name]):
            made.update(len(part).to_bytes(8, "little") + part)
    return made.digest()


def first_digest_of(files: Mapping[str, bytes]) -> bytes:
    """Return the digest of rooms as the first release made it, whose blocks name it."""
    made = hashlib.sha256()
    for name in sorted(files, key=PurePosixPath):
        made.update(name.encode() + b"\0" + files[name] + b"\0")
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
