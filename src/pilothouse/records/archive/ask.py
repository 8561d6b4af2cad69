"""Asking the archive: one SELECT, masked unless it may not be, capped, timed and recorded."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
from django.db import transaction

from pilothouse.records import audit
from pilothouse.records.archive.archive import Cursor, cursor
from pilothouse.records.archive.connection import open_archive, open_tables
from pilothouse.records.archive.guard import check
from pilothouse.records.archive.refusals import (
    IS_BUSY,
    PURPOSE_IS_MISSING,
    SQL_IS_TOO_LONG,
    SQL_IS_WRONG,
    TOOK_TOO_LONG,
    Refused,
)

ROWS_MAX: Final = 10_000
SECONDS_MAX: Final = 10
AT_ONCE: Final = 2
WAIT_S: Final = 5
PURPOSE_LEAST: Final = 3
SQL_MOST: Final = 20_000
"""Letters of a statement: the audit keeps it whole."""
_room = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Answer:
    """Rows, at most `ROWS_MAX`; `truncated` says that there were more."""

    rows: pa.Table
    truncated: bool
    masked: bool
    milliseconds: int
    archived: Cursor
    audit: int

    @property
    def note(self) -> str:
        """Return what must be said wherever the rows are shown."""
        said = "Clients are pseudonyms." if self.masked else "Clients are shown."
        if self.truncated:
            said = f"Truncated: only the first {ROWS_MAX:,} rows. {said}"
        return said


def ask(
    home: Path,
    sql: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    actor: str,
    purpose: str,
    sees_clients: bool = False,
    rows_max: int = ROWS_MAX,
    seconds_max: float = SECONDS_MAX,
) -> Answer:
    """Answer a question and record it with who asked what for. Raises Refused, recorded too.

    `sees_clients` is whether the asker holds the right and wants it used; the caller judges.
    """
    purpose = purpose.strip()
    given = {name: str(value) for name, value in (parameters or {}).items()}
    facts: dict[str, Any] = {"sql": sql[:SQL_MOST], "parameters": given, "purpose": purpose,
                             "masked": not sees_clients}  # fmt: skip
    try:
        if len(purpose) < PURPOSE_LEAST:
            raise Refused(PURPOSE_IS_MISSING)
        if len(sql) > SQL_MOST:
            raise Refused(SQL_IS_TOO_LONG, f"it has {len(sql):,}")
        check(sql, open_tables())
        started = time.monotonic()
        with _turn(), open_archive(home, masked=not sees_clients) as connection:
            rows, truncated = _run(connection, sql, parameters, rows_max, seconds_max)
    except Refused as refused:
        audit.write_refusal(actor, "query", "archive", f"Refused: {refused}", facts)
        raise
    spent = int((time.monotonic() - started) * 1_000)
    facts |= {"rows": len(rows), "truncated": truncated, "milliseconds": spent}
    with transaction.atomic():
        row = audit.write(actor, "query", "archive", f"Asked the archive: {purpose}", facts=facts)
    return Answer(rows, truncated, not sees_clients, spent, cursor(), row.number)


@contextmanager
def _turn() -> Iterator[None]:
    if not _room.acquire(timeout=WAIT_S):
        raise Refused(IS_BUSY)
    try:
        yield
    finally:
        _room.release()


def _run(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    parameters: Mapping[str, Any] | None,
    rows_max: int,
    seconds_max: float,
) -> tuple[pa.Table, bool]:
    late = threading.Timer(seconds_max, connection.interrupt)
    late.start()
    try:
        connection.execute(sql, dict(parameters) if parameters else None)
        return _first_rows(connection.to_arrow_reader(rows_max + 1), rows_max)
    except duckdb.InterruptException:
        raise Refused(TOOK_TOO_LONG, f"more than {seconds_max:g} seconds") from None
    except (duckdb.Error, pa.ArrowException) as error:
        if "INTERRUPT" in str(error).upper():
            raise Refused(TOOK_TOO_LONG, f"more than {seconds_max:g} seconds") from None
        raise Refused(SQL_IS_WRONG, _said(error)) from None
    finally:
        late.cancel()


def _first_rows(reader: pa.RecordBatchReader, rows_max: int) -> tuple[pa.Table, bool]:
    taken, count = [], 0
    for batch in reader:
        taken.append(batch)
        count += len(batch)
        if count > rows_max:
            break
    rows = pa.Table.from_batches(taken, reader.schema)
    return rows.slice(0, rows_max), count > rows_max


def _said(error: Exception) -> str:
    # The first line names the fault; what stands below may quote what is behind a view.
    return str(error).splitlines()[0][:300]
