"""What the folder stands on, judged before the writer starts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pilothouse.journal.file_system import file_system_of
from pilothouse.wiring import environment

ACCEPT_VARIABLE: Final = "PILOTHOUSE_ACCEPT_FILE_SYSTEM"


class DiskInDoubt(RuntimeError):
    """What this disk calls durable may be lost: no production exchange runs on it."""


def judge_disk(home: Path, say: Callable[[str], None]) -> None:
    """Raise DiskInDoubt in production if the file system is known not to keep its word.

    Elsewhere, and where people accepted this kind by name, it is said.
    """
    found = file_system_of(home)
    if found is None or not found.doubt:
        return
    founding = environment.read(home) or environment.UNFOUNDED
    is_production = founding.environment == environment.PRODUCTION
    if is_production and os.environ.get(ACCEPT_VARIABLE) != found.kind:
        raise DiskInDoubt(
            f"the folder {home} is on a disk that can lose data it reported as durable: "
            f"{found.doubt}. "
            f"Move the folder to a local ext4 or XFS disk; to accept the risk, set "
            f"{ACCEPT_VARIABLE}={found.kind}"
        )
    say(f"The disk can lose data it reported as durable: {found.doubt}.")


def disk_said(home: Path) -> str:
    """Return what a folder stands on as people read it."""
    found = file_system_of(home)
    return found.said() if found else "not known"
