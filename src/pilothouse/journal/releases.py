"""Engine releases: which sources wrote a block, and a copy of them beside the journal.

Events are not stored but derived again, so the release that wrote a span of the journal must stay
at hand: `HOME/engines/<digest>/` keeps the sources of `language`, `rules` and `engine`. Their
digest stands in the header of every block.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from pilothouse.release import HOUSE, digest_of, sources

FOLDER: Final = "engines"


class ReleaseIsMissing(Exception):
    """The sources of a release that wrote blocks are not kept here, or are not what they were."""


def keep_release(home: Path, package: Path = HOUSE) -> bytes:
    """Copy the running release's sources into the home, unless they are there; return the digest.

    The copy is named only when it is whole.
    """
    digest = digest_of(package)
    kept = home / FOLDER / digest.hex()
    if kept.is_dir():
        return digest
    part = kept.with_name(f"{kept.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    # The package's own few modules come along, because the rooms may import them.
    for file in [*sorted(package.glob("*.py")), *sources(package)]:
        place = part / "pilothouse" / file.relative_to(package)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    _sync_tree(part)
    os.replace(part, kept)
    _sync_tree(kept.parent)
    return digest


def kept_release(home: Path, digest: bytes) -> Path:
    """Return the folder that holds a release's package; raise ReleaseIsMissing."""
    kept = home / FOLDER / digest.hex()
    if not kept.is_dir():
        raise ReleaseIsMissing(
            f"blocks of the journal were written by engine release {digest.hex()[:16]}, whose "
            f"sources are not in {FOLDER}/{digest.hex()}. Put that folder back from a backup."
        )
    if digest_of(kept / "pilothouse") != digest:
        raise ReleaseIsMissing(
            f"the sources in {FOLDER}/{digest.hex()} are not those of that release any more. "
            f"Put that folder back from a backup."
        )
    return kept


def _sync_tree(folder: Path) -> None:
    for place in [folder, *folder.rglob("*")]:
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
