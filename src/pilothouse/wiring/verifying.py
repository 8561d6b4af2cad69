"""Verifying a whole folder: its journal replayed, and its records compared with the journal.

The database is copied first, with its own means, and the copy is brought to this release: nothing
in the folder is changed, and an exchange may run on it meanwhile.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps

from pilothouse.access.secret_file import SECRET, make_secret
from pilothouse.journal.blocks import Block
from pilothouse.journal.durable import mark_found
from pilothouse.journal.storage import Files
from pilothouse.language.kinds import CauseKind
from pilothouse.venue.allowed import WATCHED
from pilothouse.venue.verify import Report, verify
from pilothouse.venue.watched_commands import Watched, markets_in_use, watched_in
from pilothouse.wiring.archive_files import compare_archive
from pilothouse.wiring.irregular import irregular
from pilothouse.wiring.people import open_django
from pilothouse.wiring.witnesses import other_witnesses

if TYPE_CHECKING:
    from pilothouse.control.heads_out import Line

DATABASE: Final = "pilothouse.sqlite3"
FOUNDING_FILE: Final = "founding.json"
NO_RECORDS: Final = "the folder has no database: who signed what the journal holds is not known"
FAULTS_MOST: Final = 100
SAID_MOST: Final = 300


@dataclass
class Collected:
    """What the journal told: its watched commands, when markets came into use, and some seals."""

    wanted: set[int] = field(default_factory=set)
    end: int = 0
    """The last block that the copy of the records must know."""
    watched: list[Watched] = field(default_factory=list)
    used_since: dict[int, int] = field(default_factory=dict)
    seals: dict[int, str] = field(default_factory=dict)
    first_seal: str = ""
    numbers: Any = ()

    def hear(self, block: Block, receipts: Any) -> None:
        """Take in a block of the journal."""
        head = block.header
        at = head.first_position, head.number, head.time
        self.watched += watched_in(block.rows, self.numbers, *at, receipts)
        for market in markets_in_use(block.rows):
            self.used_since.setdefault(market, head.number)
        if head.number == 1:
            self.first_seal = head.seal.hex()
        if head.number in self.wanted:
            self.seals[head.number] = head.seal.hex()

    @property
    def has_changes(self) -> bool:
        """Tell whether the journal has a command that a change caused."""
        return any(one.cause.kind == CauseKind.CHANGE for one in self.watched)

    def in_use(self, before: int) -> set[int]:
        """Return the markets that were in use before a block."""
        return {market for market, since in self.used_since.items() if since < before}


def verify_all(
    home: Path,
    heads: Path | None = None,
    *,
    progress: Callable[[Any], None] = lambda header: None,
    say: Callable[[str], None] = lambda sentence: None,
) -> Report:
    """Verify a folder, and whatever its records and a file of heads say about its journal."""
    home = Path(home)
    faults = irregular(home)
    if faults:
        return Report(home, faults=faults)
    try:
        end = mark_found(Files(home)) or 0
        with records_of(home) as fault:
            return compare(home, heads, end, fault, progress=progress, say=say)
    except Exception as why:
        # Whatever a folder holds, its verification ends in a sentence.
        return Report(home, faults=[f"the folder cannot be verified: {said_of(why)}"])


def said_of(why: Exception) -> str:
    """Return what an exception says, in one line with its kind."""
    words = " ".join(str(why).split())
    return f"{type(why).__name__}: {words[:SAID_MOST]}" if words else type(why).__name__


@contextmanager
def records_of(home: Path) -> Iterator[str]:
    """Have this process read a copy of a folder's database; yield why not, or an empty text."""
    with tempfile.TemporaryDirectory(prefix="pilothouse-verify-") as aside:
        _copy_secret(home, Path(aside))
        fault = _copy(home / DATABASE, Path(aside) / DATABASE)
        if not fault and apps.ready:
            fault = "this process reads the records of another folder already"
        if not fault:
            os.environ["PILOTHOUSE_ENVIRONMENT"] = "production"
            try:
                open_django(Path(aside))
            except Exception as why:
                fault = f"the database cannot be brought to this release: {why}"
        yield fault


def _copy_secret(home: Path, aside: Path) -> None:
    # An auditor's copy may come without it: then one of its own serves to read the records.
    if not (home / SECRET).exists():
        make_secret(aside)
        return
    made = aside / SECRET
    made.touch(mode=0o600)
    made.write_bytes((home / SECRET).read_bytes())
    # With the secret goes what is noted of its founding; without it nobody could judge the seal.
    if (home / FOUNDING_FILE).exists():
        (aside / FOUNDING_FILE).write_bytes((home / FOUNDING_FILE).read_bytes())


def _copy(source: Path, target: Path) -> str:
    if not source.exists():
        return NO_RECORDS
    for how in ("mode=ro", "immutable=1"):
        try:
            address = f"{source.absolute().as_uri()}?{how}"
            with (
                closing(sqlite3.connect(address, uri=True)) as kept,
                closing(sqlite3.connect(target)) as made,
            ):
                kept.backup(made)
            return ""
        except sqlite3.Error as error:
            fault = f"the database cannot be read: {error}"
    return fault


def compare(
    home: Path,
    heads: Path | None,
    end: int,
    fault: str,
    *,
    progress: Callable[[Any], None] = lambda header: None,
    say: Callable[[str], None] = lambda sentence: None,
) -> Report:
    """Replay the journal of a folder and compare it with the records this process reads."""
    lines, bad = _lines(heads)
    collected = Collected({one.heads.block for one in lines}, end, numbers=sorted(WATCHED))
    if not fault:
        from pilothouse.wiring import comparing

        fault = comparing.odd_schema()
    if not fault:
        collected.wanted |= comparing.anchored_blocks()
    report = verify(
        home,
        progress=progress,
        say=say,
        hear=collected.hear,
        witnesses=other_witnesses(home, say),
    )
    if not fault:
        comparing.compare_records(collected, report)
    elif fault != NO_RECORDS or lines or collected.has_changes:
        report.faults.append(fault)
    compare_archive(report, fault)
    if heads is not None:
        _compare_heads(lines, bad, collected, report, not fault)
    if len(report.faults) > FAULTS_MOST:
        more = len(report.faults) - FAULTS_MOST
        report.faults[FAULTS_MOST:] = [f"and {more:,} further differences"]
    return report


def _lines(heads: Path | None) -> tuple[list[Line], str]:
    if heads is None:
        return [], ""
    from pilothouse.wiring import heads_file

    return heads_file.lines_of(heads)


def _compare_heads(
    lines: list[Line], bad: str, collected: Collected, report: Report, records: bool
) -> None:
    from pilothouse.wiring import heads_file

    faults = [bad] if bad else heads_file.differences(lines, collected, report, records)
    report.faults += faults
    if not faults:
        last = lines[-1].heads
        report.compared.append(
            f"{len(lines):,} signed heads kept elsewhere agree, up to block {last.block:,} and "
            f"row {last.row:,} of the audit."
        )
