"""Rows of an answer as people read them: texts, with numbers to the right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from pilothouse.language.numbers import trim

CELL_MOST: Final = 200


@dataclass(frozen=True)
class Cells:
    """The table: its heads with whether they stand to the right, and its rows of texts."""

    heads: list[tuple[str, bool]]
    rows: list[list[tuple[str, bool]]]


def shown(rows: pa.Table) -> Cells:
    """Return some rows as texts."""
    right = [_is_number(field.type) for field in rows.schema]
    heads = list(zip(rows.column_names, right, strict=True))
    columns = [[written(one) for one in column.to_pylist()] for column in rows.columns]
    lines = [list(zip(line, right, strict=True)) for line in zip(*columns, strict=True)]
    return Cells(heads, lines)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_decimal(kind) or
                pa.types.is_floating(kind))  # fmt: skip


def written(value: Any) -> str:
    """Return one value as a text: a decimal without idle zeros, nothing as a dash."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    made = trim(f"{value:f}") if isinstance(value, Decimal) else str(value)
    return made if len(made) <= CELL_MOST else f"{made[:CELL_MOST]}…"
