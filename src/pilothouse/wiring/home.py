"""The folder that is the whole exchange: where it is, and that nobody else may look inside."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

HOME_VARIABLE: Final = "PILOTHOUSE_HOME"
DEFAULT_HOME: Final = Path("home")


def home_folder(named: Path | None) -> Path:
    """Return the home that was named, else PILOTHOUSE_HOME, else ./home, as an absolute path."""
    return (named or Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME)).resolve()


def make_home(home: Path) -> Path:
    """Make the folder with mode 0700 where it is missing, and return it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


def has_exchange(home: Path) -> bool:
    """Tell whether a folder holds a journal."""
    return (home / "journal").is_dir()
