"""Engine releases: which sources wrote a block, and a copy of them beside the journal.

Events are not stored but derived again, so the release that wrote a span of the journal must stay
at hand: `HOME/engines/<digest>/` keeps every file that its machine imports. Their digest stands in
the header of every block. What is kept there never runs where it is: a release that is trusted is
read once, compared with its digest, and copied to a folder of the user's own.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from pilothouse.journal.trust import SHIPPED, Shipped, is_trusted
from pilothouse.release import HOUSE, ROOMS, digest_of, digest_of_files, first_digest_of, sources

FOLDER: Final = "engines"
PACKAGE: Final = "pilothouse"
FRONT: Final = "__init__.py"
"""The package's own front: empty in every copy, so that it can do nothing."""
CACHES: Final = "__pycache__"
FILES_MOST: Final = 2_000
BYTES_MOST: Final = 64 << 20
"""More than this is no release of a machine."""

Files = dict[str, bytes]
"""The files of a package by their names within it."""


class ReleaseIsMissing(Exception):
    """The sources of a release that wrote blocks are not kept here, or are not what they were."""


class ReleaseIsUnknown(ReleaseIsMissing):
    """A release wrote blocks that this installation does not know: its code does not run."""


def keep_release(home: Path, package: Path = HOUSE) -> bytes:
    """Copy the running release's sources into the home, unless they are there; return the digest.

    The copy is named only when it is whole.
    """
    digest = digest_of(package)
    kept = home / FOLDER / digest.hex()
    if kept.is_dir():
        return digest
    _write_whole(kept, {FRONT: b"", **_read(package, sources(package))})
    return digest


def kept_release(home: Path, digest: bytes) -> Path:
    """Return a folder of the user's own that holds a trusted release's package, ready to run.

    Raises ReleaseIsUnknown if it is not trusted, ReleaseIsMissing if it is not kept as it was.
    """
    kept = home / FOLDER / digest.hex()
    if not kept.is_dir():
        raise ReleaseIsMissing(
            f"blocks of the journal were written by engine release {digest.hex()[:16]}, whose "
            f"sources are not in {FOLDER}/{digest.hex()}. Put that folder back from a backup."
        )
    if not is_trusted(digest):
        raise ReleaseIsUnknown(
            f"engine release {digest.hex()} is unknown to this installation, and its code comes "
            f"with the folder. If you trust the author of the folder, run again with "
            f"--trust-release {digest.hex()}"
        )
    files = _files_of(kept)
    _check(files, digest)
    return _own_copy(files, digest)


def _files_of(kept: Path) -> Files:
    """Read what is kept, once; what is compared is what runs."""
    package = kept / PACKAGE
    found: list[Path] = []
    for place in sorted(kept.rglob("*")):
        name = place.relative_to(kept)
        if CACHES in name.parts and not place.is_symlink():
            # Bytecode that Python left beside the sources is not copied, so it never runs.
            continue
        if place.is_symlink() or not (place.is_dir() or place.is_file()):
            raise ReleaseIsMissing(f"{FOLDER}/{kept.name} holds {name}, which is not a file")
        if place.is_file():
            if name.parts[0] != PACKAGE or len(found) >= FILES_MOST:
                raise ReleaseIsMissing(f"{FOLDER}/{kept.name} holds {name}, which is not of it")
            found.append(place)
    if sum(one.stat().st_size for one in found) > BYTES_MOST:
        raise ReleaseIsMissing(f"{FOLDER}/{kept.name} is larger than any release")
    return _read(package, found)


def _check(files: Files, digest: bytes) -> None:
    covered = {name: raw for name, raw in files.items() if name != FRONT}
    if digest_of_files(covered) == digest and files.get(FRONT) == b"":
        return
    # The first release's digest had the three rooms alone; its own files are known to this one.
    rooms = {name: raw for name, raw in files.items() if name.split("/", 1)[0] in ROOMS}
    own = {name: raw for name, raw in files.items() if name not in rooms}
    known = SHIPPED.get(digest.hex(), Shipped("", ""))
    same_own = bool(known.own_files) and digest_of_files(own).hex() == known.own_files
    if same_own and first_digest_of(rooms) == digest:
        return
    raise ReleaseIsMissing(
        f"the sources in {FOLDER}/{digest.hex()} are not those of that release any more, or there "
        f"are more of them. Put that folder back from a backup."
    )


def _own_copy(files: Files, digest: bytes) -> Path:
    place = _releases() / digest.hex()
    have = place / PACKAGE
    try:
        if _read(have, sorted(have.rglob("*.py"))) == files:
            return place
    except OSError:
        pass
    shutil.rmtree(place, ignore_errors=True)
    _write_whole(place, files)
    return place


def _releases() -> Path:
    root = os.environ.get("NUMBA_CACHE_DIR") or Path.home() / ".cache"
    return Path(root) / PACKAGE / "releases"


def _read(package: Path, files: list[Path]) -> Files:
    return {one.relative_to(package).as_posix(): one.read_bytes() for one in files}


def _write_whole(place: Path, files: Files) -> None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = place.with_name(f"{place.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    for name, raw in files.items():
        file = part / PACKAGE / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
    _sync_tree(part)
    try:
        os.replace(part, place)
    except OSError:
        # Another process was first; what it wrote is compared as anything that is kept.
        shutil.rmtree(part, ignore_errors=True)
    _sync_tree(place.parent)


def _sync_tree(folder: Path) -> None:
    for place in [folder, *folder.rglob("*")]:
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
