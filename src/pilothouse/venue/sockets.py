"""Where the doors' sockets lie: `HOME/sockets/DOOR.sock`, for the owner alone.

The address of a local socket holds about 100 bytes. A folder with a longer path is reached through
an open descriptor of it.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pilothouse.gate.small_file import is_whole, object_in
from pilothouse.language.doors import Doorway

FOLDER: Final = "sockets"
COUNTS_FILE: Final = "refused.json"
ADDRESS_BYTES_MAX: Final = 100
"""What every system takes: 104 bytes and less, with the zero at the end."""
DESCRIPTORS: Final = Path("/proc/self/fd")
CREDENTIALS: Final = struct.Struct("3i")
LISTEN: Final = 64


class PathIsTooLong(OSError):
    """The folder's path is too long for a local socket on this system."""


def socket_path(home: Path, door: Doorway) -> Path:
    """Return where a door's socket lies."""
    return Path(home) / FOLDER / f"{door}.sock"


@contextmanager
def address_of(path: Path) -> Iterator[str]:
    """Give the address by which a socket is bound or reached now; raise PathIsTooLong."""
    if len(os.fsencode(path)) <= ADDRESS_BYTES_MAX:
        yield str(path)
        return
    if not DESCRIPTORS.is_dir():
        raise PathIsTooLong(
            f"{path.parent.parent} has too long a path: a local socket here takes"
            f" {ADDRESS_BYTES_MAX} bytes in all; use a shorter one or a link to it"
        )
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield str(DESCRIPTORS / str(folder) / path.name)
    finally:
        os.close(folder)


def write_counts(home: Path, counts: dict[str, dict[str, int]]) -> None:
    """Write what each door refused since the writer started, for whoever watches."""
    path = home / FOLDER / COUNTS_FILE
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(counts))
    beside.replace(path)


def read_counts(home: Path) -> dict[str, dict[str, int]]:
    """Return what each door refused since the writer started; empty where nothing is known.

    A file that holds anything else says nothing.
    """
    counts = object_in(home / FOLDER / COUNTS_FILE) or {}
    return counts if all(map(_are_counts, counts.values())) else {}


def _are_counts(found: object) -> bool:
    return isinstance(found, dict) and all(is_whole(one, least=0) for one in found.values())


def listen(home: Path, door: Doorway) -> socket.socket:
    """Return the listening socket of a door, made anew, readable by its owner alone."""
    path = socket_path(home, door)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.parent.chmod(0o700)
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.setblocking(False)
    before = os.umask(0o177)
    try:
        with address_of(path) as address:
            made.bind(address)
    except BaseException:
        made.close()
        raise
    finally:
        os.umask(before)
    made.listen(LISTEN)
    return made


def connect(home: Path, door: Doorway, timeout_s: float | None = None) -> socket.socket:
    """Return a connection to a door; raise OSError where no writer listens."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(timeout_s)
    try:
        with address_of(socket_path(home, door)) as address:
            made.connect(address)
    except BaseException:
        made.close()
        raise
    return made


def is_ours(link: socket.socket) -> bool:
    """Tell whether the other end is a process of our own user, as the kernel says."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    raw = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    return int(CREDENTIALS.unpack(raw)[1]) == os.geteuid()
