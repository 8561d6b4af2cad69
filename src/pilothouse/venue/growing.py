"""Growth ahead of need: the writer gives a table more rows before it is full.

Capacities are state, so growth is a command in the journal like any other; when to send it follows
from the machine alone. Two things bound it: an account's share of a table does not grow with it
(`engine/room.py`), and the state may take a part of this machine's memory. Beyond that nothing
grows, and the alert about the table's use stays until people act.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

from pilothouse.language.commands import GrowTable
from pilothouse.language.numbers import PPM

GROWS_AT_PPM: Final = 750_000
"""The use of a table at which it is given as many rows again."""
FACTOR: Final = 2
MEMORY_SHARE: Final = 8
"""The state takes at most one eighth of the memory: every process that follows has one or two."""


def memory_bytes() -> int:
    """Return the most bytes that the state may take on this machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MEMORY_SHARE


class Growing:
    """Says which tables grow now. `say` hears once of each table that may not."""

    def __init__(self, say: Callable[[str], None], most_bytes: int | None = None) -> None:
        self._say = say
        self._most_bytes = memory_bytes() if most_bytes is None else most_bytes
        self._asked: dict[str, int] = {}

    def due(self, machine: Any) -> list[GrowTable]:
        """Return the commands that are due, each asked for once for a size of its table."""
        return [
            GrowTable(table=name, rows=FACTOR * rows)
            for name, (taken, rows) in machine.table_use().items()
            if taken * PPM >= rows * GROWS_AT_PPM and self._may_grow(machine, name, rows)
        ]

    def _may_grow(self, machine: Any, name: str, rows: int) -> bool:
        if self._asked.get(name) == rows:
            return False
        self._asked[name] = rows
        size = machine.bytes_grown(name, FACTOR * rows)
        if size > self._most_bytes:
            self._say(
                f"The table {name} is nearly full and cannot grow: the state would take "
                f"{size:,} bytes; {self._most_bytes:,} are allowed."
            )
            return False
        return True
