"""An answer as a file. What is cut says so in the file and in its name."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any, Final

import pyarrow.parquet as pq
from django.http import HttpResponse

from pilothouse.console.pages.sql.shown import written
from pilothouse.language.texts import shown
from pilothouse.records.archive.ask import Answer

_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, in both widths."""
_BREAKS: Final = ("\t", "\r", "\n")


def as_csv(made: Answer) -> HttpResponse:
    """Answer CSV. A text that a spreadsheet might run begins with an apostrophe."""
    out = io.StringIO()
    sheet = csv.writer(out, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    sheet.writerow([_safe(one) for one in made.rows.column_names])
    for line in zip(*(column.to_pylist() for column in made.rows.columns), strict=True):
        sheet.writerow([_cell(one) for one in line])
    if made.truncated:
        sheet.writerow([_safe(made.note)])
    return _file(made, out.getvalue().encode(), "text/csv; charset=utf-8", "csv")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return _safe(value) if isinstance(value, str) else _whole(value)


def _whole(value: Any) -> str:
    # Numbers and moments are written whole; lists and records may hold texts.
    return _safe(str(value)) if isinstance(value, list | dict | bytes) else written(value)


def _safe(value: str) -> str:
    value = shown(value)
    return f"'{value}" if _looks_like_a_formula(value) else value


def _looks_like_a_formula(value: str) -> bool:
    # A spreadsheet strips blanks before it looks for a formula.
    return value.startswith(_BREAKS) or value.lstrip().startswith(_FORMULA)


def as_parquet(made: Answer) -> HttpResponse:
    """Answer Parquet; its metadata say whether it was cut and whether clients are masked."""
    out = io.BytesIO()
    noted = {b"note": made.note.encode(), b"truncated": str(made.truncated).lower().encode()}
    pq.write_table(made.rows.replace_schema_metadata(noted), out)
    return _file(made, out.getvalue(), "application/vnd.apache.parquet", "parquet")


def _file(made: Answer, body: bytes, content_type: str, suffix: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=content_type)
    cut = "-truncated" if made.truncated else ""
    name = f"answer-{made.audit}{cut}.{suffix}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


EXPORTS: Final[dict[str, Callable[[Answer], HttpResponse]]] = {
    "csv": as_csv,
    "parquet": as_parquet,
}
