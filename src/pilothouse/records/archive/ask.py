"""Asking the archive: one SELECT, masked unless it may not be, capped, timed and recorded.

It is judged and answered in a process of its own; this one only asks, waits and writes down.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import structlog
from django.db import transaction

from pilothouse.language.texts import NotPlain, check_all, says_something
from pilothouse.records import audit
from pilothouse.records.archive.connection import files_now
from pilothouse.records.archive.cursors import Cursor, cursor
from pilothouse.records.archive.parameters import COUNT_MOST, TEXT_MOST, written
from pilothouse.records.archive.process import Told, told_by_a_process
from pilothouse.records.archive.refusals import (
    ARCHIVE_IS_DAMAGED,
    ASKED_TOO_MUCH,
    ENDED,
    NOT_RECORDED,
    PURPOSE_IS_MISSING,
    PURPOSE_IS_TOO_LONG,
    SQL_IS_TOO_LONG,
    TEXT_HIDES,
    Refused,
)
from pilothouse.records.archive.turns import TURNS
from pilothouse.records.archive.walk import WANTED
from pilothouse.records.room import ROOM

log = structlog.get_logger()
ROWS_MAX: Final = 10_000
SECONDS_MAX: Final = 10
PURPOSE_MOST: Final = 200
SQL_MOST: Final = 20_000
"""Characters of a statement: the audit keeps one that was answered whole."""


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
    sql, purpose = readable(sql), readable(purpose).strip()
    facts = facts_of(sql, purpose, parameters or {}, not sees_clients)
    try:
        _check_purpose(purpose)
        plain([purpose, sql, facts["parameters"]])
        check_room(facts, actor)
        started = time.monotonic()
        request = {"rows_max": rows_max, "seconds_max": seconds_max, "only_check": False}
        told = _told(home, sql, parameters or {}, not sees_clients, request, actor)
    except Refused as refused:
        if refused.refusal is ARCHIVE_IS_DAMAGED:
            WANTED.set()
        with suppress(audit.NotRecorded):
            record_refusal(refused, facts, actor)
        raise
    spent = int((time.monotonic() - started) * 1_000)
    truncated, masked = bool(told.facts["truncated"]), bool(told.facts["masked"])
    facts |= {"rows": len(told.rows), "truncated": truncated, "milliseconds": spent,
              "masked": masked}  # fmt: skip
    sentence = f"Asked the archive: {purpose}"
    try:
        with transaction.atomic():
            row = audit.write(actor, "query", "archive", sentence, facts=facts)
    except audit.NotRecorded:
        raise Refused(NOT_RECORDED) from None
    ROOM.take(actor, facts)
    return Answer(told.rows, truncated, masked, spent, cursor(), row.number)


def facts_of(
    sql: str, purpose: str, parameters: Mapping[str, Any], masked: bool
) -> dict[str, Any]:
    """Return what is recorded of an asking; the audit cuts the texts of a refused one."""
    return {
        "sql": readable(sql),
        "purpose": readable(purpose)[:PURPOSE_MOST],
        "parameters": _kept(parameters),
        "masked": masked,
    }


def plain(value: Any) -> None:
    """Refuse texts that do not read as they were written."""
    try:
        check_all(value)
    except NotPlain as hides:
        raise Refused(TEXT_HIDES, str(hides)) from None


def check_room(facts: dict[str, Any], actor: str) -> None:
    """Refuse what the audit has no room for today, of this person."""
    if ROOM.is_used_up(actor, facts):
        raise Refused(ASKED_TOO_MUCH)


def record_refusal(refused: Refused, facts: Mapping[str, Any], actor: str) -> None:
    """Record an asking that was refused, here or before it came here."""
    audit.write_refusal(actor, "query", "archive", f"Refused: {refused}", dict(facts))


def check(sql: str, *, actor: str, masked: bool) -> None:
    """Raise Refused unless a statement could be asked; nothing is read and nothing recorded."""
    request = {"rows_max": 0, "seconds_max": SECONDS_MAX, "only_check": True}
    _told(None, readable(sql), {}, masked, request, actor)


def readable(text: str) -> str:
    """Return a text that can be stored: what is no character becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def _check_purpose(purpose: str) -> None:
    if not says_something(purpose):
        raise Refused(PURPOSE_IS_MISSING)
    if len(purpose) > PURPOSE_MOST:
        raise Refused(PURPOSE_IS_TOO_LONG, f"it has {len(purpose):,}")


def _kept(parameters: Mapping[str, Any]) -> dict[str, str]:
    kept = list(parameters.items())[:COUNT_MOST]
    return {readable(f"{name}")[:64]: readable(f"{value}")[:TEXT_MOST] for name, value in kept}


def _told(
    home: Path | None,
    sql: str,
    parameters: Mapping[str, Any],
    masked: bool,
    request: dict[str, Any],
    actor: str,
) -> Told:
    if len(sql) > SQL_MOST:
        raise Refused(SQL_IS_TOO_LONG, f"it has {len(sql):,}")
    request |= {"sql": sql, "parameters": written(parameters), "masked": masked, "paths": {}}
    try:
        with TURNS.of(actor):
            # Which files count is read in one go and let go of: nothing of the database is held
            # while the process answers.
            found = files_now(home, masked=masked) if home is not None else {}
            request["paths"] = {name: (one.dated, one.undated) for name, one in found.items()}
            told = told_by_a_process(request)
            if not (told.facts["files"] and told.facts["network"]):
                log.warning("sql_process_without_kernel_locks", **_locks(told))
            return told
    except OSError as error:
        log.exception("sql_process_failed")
        raise Refused(ENDED, f"no process could be started: {error.strerror}") from None


def _locks(told: Told) -> dict[str, bool]:
    return {name: bool(told.facts[name]) for name in ("files", "network")}
