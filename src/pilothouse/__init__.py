"""Pilothouse: an exchange control center with a complete exchange under it.

Everything that changes the exchange is a command in one journal; the control center is the
careful way to write one. From Python, `pilothouse.connect(home)` asks it questions.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

__version__ = "0.1.0"


def connect(home: str | Path, person: str = "") -> Any:
    """Return a `pilothouse.wiring.session.Session` on the exchange in `home`.

    One process asks one home. Without a person, clients are pseudonyms.
    """
    session = importlib.import_module("pilothouse.wiring.session")
    return session.Session(Path(home), person)
