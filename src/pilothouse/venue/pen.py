"""The pen: the lock that makes one process the writer of a folder, with the holder's number."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

LOCK: Final = "writer.lock"
PATIENCE_S: Final = 1.0
"""Longer than anybody who only looks whether it is held holds it for."""
LOOK_S: Final = 0.02


class AnotherWriter(Exception):
    """Another process holds the pen of this folder."""


@contextlib.contextmanager
def pen_of(home: Path) -> Iterator[IO[bytes]]:
    """Hold the pen of a folder; raise AnotherWriter. The lock dies with the process."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(home / LOCK, "ab", opener=_private) as lock:
        if not _taken(lock):
            holder = holder_of(home) or "unknown"
            raise AnotherWriter(
                f"another writer runs on {home}, process {holder}; two would tear it"
            )
        lock.truncate(0)
        lock.write(str(os.getpid()).encode())
        lock.flush()
        yield lock


def _taken(lock: IO[bytes]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(LOOK_S)
        else:
            return True


def _private(path: str, flags: int) -> int:
    # The file itself: no link of another one is emptied, and no pipe is waited for.
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)


def is_held(home: Path) -> bool:
    """Tell whether a process that lives holds a folder's pen."""
    try:
        with open(home / LOCK, "rb", opener=_private) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def holder_of(home: Path) -> int:
    """Return the process that holds a folder's pen, 0 if nobody does or it did not say."""
    if not is_held(home):
        return 0
    try:
        return int((home / LOCK).read_text() or 0)
    except (OSError, ValueError):
        return 0
