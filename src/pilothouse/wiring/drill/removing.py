"""A drill that is over leaves its sheet, and nothing of the clients it was a copy of."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from pilothouse.wiring.drill.copying import MARKER, copied
from pilothouse.wiring.drill.sheet import JSON_FILE, TEXT_FILE
from pilothouse.wiring.running import is_held, running_parts

STAYS: Final = (MARKER, JSON_FILE, TEXT_FILE)


class CannotRemove(ValueError):
    """The folder is no drill that is over; nothing was removed."""


def remove_drill(home: Path) -> list[str]:
    """Remove everything of a drill but its sheet; return the names of what stays."""
    if copied(home) is None:
        raise CannotRemove(f"{home} is no drill: only a drill is removed so")
    if is_held(home) or running_parts(home):
        raise CannotRemove(f"the drill in {home} still runs; stop it first")
    for one in home.iterdir():
        if one.name in STAYS and one.is_file():
            continue
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink()
    return sorted(one.name for one in home.iterdir())
