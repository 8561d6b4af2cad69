"""Compiling the engine once for a release, and knowing without loading it that it was done well.

One process compiles, under a lock; the others wait and find it done. The mark it leaves holds a
digest of every file of machine code, so that one that is gone, cut or mixed up is set aside and
made again before anybody loads it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pilothouse import release

CODE: Final = ".nbc"
INDEX: Final = ".nbi"


def is_compiled() -> bool:
    """Tell whether every door of the engine was compiled here, and its machine code is whole."""
    try:
        made = json.loads(_mark().read_text())
        return isinstance(made, dict) and _are_whole(made)
    except (OSError, ValueError):
        return False


def compile_once() -> None:
    """Compile the engine, or load it from the disk where it is kept, and remember that it is.

    Waits while another process does the same. What is there and not whole is thrown away first.
    """
    with _alone():
        if is_compiled():
            return
        _throw_away_damaged()
        from pilothouse.simulation.compiling import compile_engine

        compile_engine()
        _write_mark()


@contextmanager
def _alone() -> Iterator[None]:
    # A lock for each release: two that share a folder of machine code share no file in it.
    mark = _mark()
    mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(mark.with_name(f"{mark.name}.lock"), "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _are_whole(made: dict[str, str]) -> bool:
    place = _mark().parent
    known = all(_digest(place / name) == digest for name, digest in made.items())
    return known and all(_is_readable(one) for one in _files(INDEX))


def _throw_away_damaged() -> None:
    # Without a mark nobody knows which file is good: they are few, and made again in a minute.
    if not _mark().exists():
        return
    for folder in _folders():
        shutil.rmtree(folder, ignore_errors=True)
    _mark().unlink(missing_ok=True)


def _write_mark() -> None:
    place = _mark().parent
    made = {str(one.relative_to(place)): _digest(one) for one in _files(CODE)}
    beside = _mark().with_suffix(f".{os.getpid()}.new")
    beside.write_text(json.dumps(made))
    beside.replace(_mark())


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _is_readable(index: Path) -> bool:
    # An index is two pickles, the compiler's version and what it names. Other kernels may be added
    # to it while we run, so its bytes are not compared.
    try:
        with index.open("rb") as file:
            return isinstance(pickle.load(file), str) and pickle.load(file) is not None
    except Exception:
        return False


def _files(suffix: str) -> list[Path]:
    return sorted(one for folder in _folders() for one in folder.glob(f"*{suffix}"))


def _folders() -> list[Path]:
    """Return where the compiler keeps what it made from these very source files."""
    places = sorted({one.parent for one in release.sources()})
    named = (f"{one.name}_{hashlib.sha1(str(one).encode()).hexdigest()}" for one in places)
    return [one for one in (_mark().parent / name for name in named) if one.is_dir()]


def _mark() -> Path:
    return release.compiled_mark(os.environ.get("NUMBA_CACHE_DIR", ""))
