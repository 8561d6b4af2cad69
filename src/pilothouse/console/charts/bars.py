"""The chart of an answer: one bar a row, beside the table that has the same numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

WIDTH: Final = 420
LABEL: Final = 140
"""Where bars begin, from the left."""
ROW: Final = 20
BARS_MOST: Final = 20


@dataclass(frozen=True)
class Bar:
    """One bar, in the units of the drawing."""

    label: str
    value: str
    top: int
    middle: int
    width: int


@dataclass(frozen=True)
class Bars:
    """The whole drawing; `more` rows were left out of it."""

    bars: tuple[Bar, ...]
    height: int
    more: int
    label: str
    value: str
    width: int = WIDTH
    left: int = LABEL


def bars(rows: pa.Table, label: str, value: str) -> Bars | None:
    """Return the drawing of the first rows, or None without such columns and numbers."""
    names = rows.column_names
    if label not in names or value not in names or not len(rows):
        return None
    kind = rows.schema.field(value).type
    if not (pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
        return None
    kept = rows.slice(0, BARS_MOST)
    numbers = [one or 0 for one in kept[value].to_pylist()]
    most = max((abs(one) for one in numbers), default=0)
    said = [str(one) for one in kept[label].to_pylist()]
    made = [_bar(k, *one, most) for k, one in enumerate(zip(said, numbers, strict=True))]
    return Bars(tuple(made), len(made) * ROW + 4, len(rows) - len(kept), label, value)


def _bar(place: int, label: str, value: Any, most: Any) -> Bar:
    room = WIDTH - LABEL - 90
    width = int(abs(value) * room // most) if most else 0
    return Bar(label[:22], f"{value:,}", place * ROW + 4, place * ROW + 17, max(1, width))
