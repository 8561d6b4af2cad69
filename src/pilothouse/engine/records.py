"""Tables in uncompiled code: rows whose fields are attributes, over the same memory.

NumPy's own record arrays will not do: their rows have a `base` and `flags` of their own.
"""

from __future__ import annotations

from typing import Any


class Record:
    """One row of a table: reads and writes go to the table's memory."""

    __slots__ = ("_row",)

    def __init__(self, row: Any) -> None:
        object.__setattr__(self, "_row", row)

    def __getattr__(self, name: str) -> Any:
        return self._row[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self._row[name] = value


class Records:
    """A table of records, as compiled code sees it: rows and a shape."""

    __slots__ = ("_table", "shape")

    def __init__(self, table: Any) -> None:
        self._table = table
        self.shape = table.shape

    def __getitem__(self, place: int) -> Record:
        return Record(self._table[place])
