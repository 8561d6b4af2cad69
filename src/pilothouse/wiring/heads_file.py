"""A file of heads against a folder: a shorter, forked or renamed history is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pilothouse.venue.verify import Report

if TYPE_CHECKING:
    from pilothouse.control.heads_out import Line


def lines_of(file: Path) -> tuple[list[Line], str]:
    """Return the signed heads of a file, or why it cannot be relied on."""
    from pilothouse.control.heads_out import BadHeads, read

    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            return read(text), ""
    except (OSError, BadHeads) as why:
        return [], f"{file} is not a file of heads: {why}"


def differences(lines: list[Line], collected: Any, report: Report, records: bool) -> list[str]:
    """Return what a file of heads says that the folder does not: one sentence for each kind."""
    if lines[0].exchange != collected.first_seal:
        return [
            f"the heads are of another exchange: its first block is sealed "
            f"{lines[0].exchange[:16]}…, this one's {collected.first_seal[:16] or 'none'}…"
        ]
    return [*_blocks(lines, collected, report), *(_rows(lines) if records else ())]


def _blocks(lines: list[Line], collected: Any, report: Report) -> list[str]:
    for one in lines:
        seal = collected.seals.get(one.heads.block)
        if seal is None:
            return [
                f"the journal was cut: a head names block {one.heads.block:,}, and it ends with "
                f"block {report.blocks:,}"
            ]
        if seal != one.heads.seal:
            return [
                f"the journal was made anew: block {one.heads.block:,} is sealed {seal[:16]}…, a "
                f"head says {one.heads.seal[:16]}…"
            ]
    return []


def _rows(lines: list[Line]) -> list[str]:
    from pilothouse.records.models import AuditRow

    kept = dict(
        AuditRow.objects.filter(number__in={one.heads.row for one in lines}).values_list(
            "number", "hash"
        )
    )
    for one in lines:
        found = kept.get(one.heads.row)
        if found is None:
            return [f"the audit was cut: a head names row {one.heads.row:,}, which is not there"]
        if found != one.heads.hash:
            return [f"the audit was made anew: row {one.heads.row:,} has another hash than a head"]
    return []
