"""Inside the process that answers: a request judged, run, cut, and made fit to be shown."""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pilothouse.language.texts import shown
from pilothouse.records.archive import parameters
from pilothouse.records.archive.guard import check, first_line
from pilothouse.records.archive.refusals import (
    ANSWER_IS_TOO_LARGE,
    ARCHIVE_IS_DAMAGED,
    ENDED,
    NEEDS_TOO_MUCH_MEMORY,
    PARAMETER_IS_WRONG,
    SQL_IS_WRONG,
    TOOK_TOO_LONG,
    VALUE_CANNOT_BE_SHOWN,
    Refused,
)
from pilothouse.records.archive.views import Paths, open_shapes, open_views

BYTES_MAX: Final = 16 << 20
"""Of the rows of an answer."""
ROWS_OF_A_BATCH: Final = 2_048
_NOT_SHOWN: Final = ("UHUGEINT", "VARIANT", "TIME WITH TIME ZONE", "BIT")
"""Types that Arrow has not, or loses something of."""


@dataclass(frozen=True)
class Answered:
    """What the process says: facts as JSON, and rows as an Arrow stream."""

    head: dict[str, Any]
    body: bytes = b""


def answer(request: Mapping[str, Any], memory: str) -> Answered:
    """Answer a request, or say by number why not."""
    try:
        return _answer(request, memory)
    except Refused as refused:
        return Answered({"refused": refused.refusal.number, "detail": refused.detail})
    except (MemoryError, pa.ArrowMemoryError):
        return Answered({"refused": NEEDS_TOO_MUCH_MEMORY.number, "detail": ""})
    except Exception as error:
        said = f"{type(error).__name__}: {first_line(error)}"
        return Answered({"refused": ENDED.number, "detail": said})


def _answer(request: Mapping[str, Any], memory: str) -> Answered:
    sql, masked = request["sql"], bool(request["masked"])
    late = threading.Event()
    try:
        with open_shapes(masked=masked, memory=memory) as shapes, _Clock(shapes, request, late):
            given = _given(shapes, sql, parameters.read(request["parameters"]), request)
            check(sql, shapes, given)
        if request["only_check"]:
            return Answered({"masked": masked})
        paths = {name: Paths(*map(tuple, some)) for name, some in request["paths"].items()}
        with (
            open_views(paths, masked=masked, memory=memory) as views,
            _Clock(views, request, late),
        ):
            return _run(views, sql, given, request["rows_max"], masked)
    except (duckdb.Error, pa.ArrowException) as error:
        if late.is_set():
            raise _too_long(request) from None
        raise _why(error, request) from None
    except Refused:
        if late.is_set():
            raise _too_long(request) from None
        raise


def _too_long(request: Mapping[str, Any]) -> Refused:
    return Refused(TOOK_TOO_LONG, f"more than {request['seconds_max']:g} seconds")


class _Clock:
    """Interrupts what a connection does when the time of the request is over."""

    def __init__(
        self, on: duckdb.DuckDBPyConnection, request: Mapping[str, Any], late: threading.Event
    ) -> None:
        self._on, self._late = on, late
        self._timer = threading.Timer(request["seconds_max"], self._over)
        self._timer.daemon = True

    def _over(self) -> None:
        self._late.set()
        self._on.interrupt()

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _given(
    shapes: duckdb.DuckDBPyConnection, sql: str, given: dict[str, Any], request: Mapping[str, Any]
) -> dict[str, Any]:
    # Exactly those that the database finds in the statement.
    try:
        statements = shapes.extract_statements(sql)
    except duckdb.Error:
        return given
    wanted = statements[0].named_parameters if len(statements) == 1 else set()
    missing = sorted(wanted - given.keys())
    if missing and not request["only_check"]:
        raise Refused(PARAMETER_IS_WRONG, f"${missing[0]} is missing")
    return {name: value for name, value in given.items() if name in wanted}


def _run(
    views: duckdb.DuckDBPyConnection, sql: str, given: dict[str, Any], rows_max: int, masked: bool
) -> Answered:
    views.execute(sql, given or None)
    for name, kind, *_ in views.description or ():
        if str(kind).startswith(_NOT_SHOWN):
            raise Refused(VALUE_CANNOT_BE_SHOWN, f"{name} is a {kind}")
    rows, truncated = _first_rows(views.to_arrow_reader(ROWS_OF_A_BATCH), rows_max)
    rows = _fit(rows.rename_columns(names_apart(rows.column_names)))
    out = io.BytesIO()
    with pa.ipc.new_stream(out, rows.schema) as stream:
        stream.write_table(rows)
    return Answered({"truncated": truncated, "masked": masked}, out.getvalue())


def _first_rows(reader: pa.RecordBatchReader, rows_max: int) -> tuple[pa.Table, bool]:
    taken, count, size = [], 0, 0
    for batch in reader:
        taken.append(batch)
        count += len(batch)
        size += batch.nbytes
        if size > BYTES_MAX:
            raise Refused(ANSWER_IS_TOO_LARGE, f"more than {BYTES_MAX >> 20} MB in {count:,} rows")
        if count > rows_max:
            break
    rows = pa.Table.from_batches(taken, reader.schema)
    return rows.slice(0, rows_max), count > rows_max


def names_apart(names: Sequence[str]) -> list[str]:
    """Return the names of columns as they are shown, each once: a second `a` is `a_1`.

    A row as JSON, a chart and a reader of a file know a column by its name alone.
    """
    seen = [shown(one) for one in names]
    taken, times = set(seen), dict.fromkeys(seen, -1)
    made = []
    for name in seen:
        times[name] += 1
        apart = name
        while times[name] and (apart := f"{name}_{times[name]}") in taken:
            times[name] += 1
        taken.add(apart)
        made.append(apart)
    return made


def _fit(rows: pa.Table) -> pa.Table:
    """Return rows whose every value a page can show and a Parquet file can hold."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_interval(field.type):
            said = pa.array([_length(one) for one in rows.column(place).to_pylist()], pa.string())
            rows = rows.set_column(place, field.name, said)
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        try:
            column.to_pylist()
        except (ValueError, OverflowError, KeyError, TypeError, pa.ArrowException) as error:
            raise Refused(VALUE_CANNOT_BE_SHOWN, f"{name}: {first_line(error)}") from None
    try:
        pq.write_table(rows, io.BytesIO(), compression="none")
    except (ValueError, OverflowError, TypeError, pa.ArrowException) as error:
        raise Refused(VALUE_CANNOT_BE_SHOWN, first_line(error)) from None
    return rows


def _length(interval: Any) -> str | None:
    if interval is None:
        return None
    months, days, nanoseconds = interval
    seconds = f"{nanoseconds // 1_000_000_000}.{nanoseconds % 1_000_000_000:09d} s"
    return f"{months} months {days} days {seconds}"


def _why(error: Exception, request: Mapping[str, Any]) -> Refused:
    said = first_line(error)
    files = (one for dated, undated in request["paths"].values() for one in (*dated, *undated))
    if any(one in str(error) for one in files):
        return Refused(ARCHIVE_IS_DAMAGED)
    if isinstance(error, duckdb.OutOfMemoryException) or "memory" in said.lower():
        return Refused(NEEDS_TOO_MUCH_MEMORY)
    # What stops inside a file's bytes has no kind of its own; what a statement does always has.
    if isinstance(error, duckdb.IOException) or type(error) is duckdb.Error:
        return Refused(ARCHIVE_IS_DAMAGED)
    return Refused(SQL_IS_WRONG, said)
