"""Files and sockets: as many as the system grants, and some that no connection may take."""

from __future__ import annotations

import resource
from typing import Final

WANTED: Final = 65_536
"""More are not asked for."""
RESERVED: Final = 256
"""Kept for the process's own files: journal, database, archive, logs, and what is just closing."""
LEAST: Final = 64


def raise_limit() -> int:
    """Raise the soft limit of open files towards the hard one; return how many there may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft != resource.RLIM_INFINITY and soft < most:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
        except (OSError, ValueError):
            pass  # what was granted before still holds
    return WANTED if soft == resource.RLIM_INFINITY else min(soft, WANTED)


def for_connections(files: int) -> int:
    """Return how many of the open files connections may take."""
    return max(LEAST, files - RESERVED)
