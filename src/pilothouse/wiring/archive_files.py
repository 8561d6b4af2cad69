"""The archive of a folder against its checksums: what `pilothouse verify` does beside the replay.

It is derived, and its rows are not compared with the journal's; what its parts say is compared
with what they said when they were written.
"""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pilothouse.wiring.database_witnesses import ARCHIVE
from pilothouse.wiring.home import DATABASE
from pilothouse.wiring.sealed_rows import looked_at

if TYPE_CHECKING:
    from pilothouse.records.archive.parts import File
    from pilothouse.records.models import ArchivePart
    from pilothouse.venue.verify import Report

ROWS_NOT_COMPARED: Final = (
    "That the archive says what the journal says: its files were compared with their checksums, "
    "and their rows with nothing."
)
NO_MANIFEST: Final = "The archive: the checksums of its files are in the database."
LACKING: Final = (
    "{:,} files of the archive with pseudonyms: they are missing, or another secret names them. "
    "The next start of the console makes them again."
)
UNNAMED: Final = (
    "{:,} files of the archive that no row of the database names, with what no journal holds. The "
    "next start of the console reads in those that are whole, and sets the others aside."
)
NO_SEAL: Final = (
    "That the archive holds all that was measured: its rows are counted under a seal, and the "
    "folder's secret is not here or sealed nothing yet."
)
_COUNTS: Final = "SELECT 1 FROM records_archivepart WHERE name = ? AND retired_at IS NULL"


def compare_archive(report: Report, fault: str = "") -> None:
    """Compare the archive's files with the manifest this process reads; write it into a report.

    `fault` is why this process reads none.
    """
    if fault:
        if (report.home / ARCHIVE).is_dir():
            report.left_out.append(NO_MANIFEST)
        return
    from pilothouse.records.archive import rebuild, walk
    from pilothouse.records.archive.checksums import Damaged
    from pilothouse.records.models import ArchivePart

    why = rebuild.unlike(report.home)
    if why:
        report.left_out.append(f"The archive: {why}. The next start of the console rebuilds it.")
        return
    _compare_rows(report)
    if not ArchivePart.objects.exists():
        return
    lacking: list[File] = []
    sizes: dict[File, int] = {}
    try:
        why = rebuild.condemned(report.home)
        if why:
            raise Damaged(why)
        for file, size in walk.contents(
            report.home, partial(_counts_in, report.home), partial(_may_lack, lacking)
        ):
            sizes[file] = sizes.get(file, 0) + size
    except Damaged as damaged:
        report.faults.append(f"the archive is damaged: {damaged}; the console rebuilds it")
        return
    report.compared.append(
        f"{len(sizes):,} files of the archive ({sum(sizes.values()):,} bytes) have the checksums "
        f"they were written with."
    )
    report.left_out.append(ROWS_NOT_COMPARED)
    if lacking:
        report.left_out.append(LACKING.format(len(lacking)))


def _compare_rows(report: Report) -> None:
    # How many rows there are to be is sealed with the cursor.
    from pilothouse.control import believed
    from pilothouse.records.archive import cursors, strays

    if believed.beginning() is None:
        report.left_out.append(NO_SEAL)
    elif why := cursors.changed():
        report.faults.append(f"the archive was changed: {why}; the console rebuilds it")
    # Beside a running exchange there are files that are younger than the copy of the manifest.
    unnamed = [] if report.writer_runs else strays.unnamed(report.home)
    if unnamed:
        report.left_out.append(UNNAMED.format(len(unnamed)))


def _may_lack(lacking: list[File], file: File) -> bool:
    from pilothouse.records.archive.parts import MASKED, UNDATED

    if file[0] in (MASKED, UNDATED):
        lacking.append(file)
        return True
    return False


def _counts_in(home: Path, row: ArchivePart) -> bool:
    # Beside a running exchange a part may have been merged since its manifest was copied.
    with closing(looked_at(home / DATABASE)) as database:
        return database.execute(_COUNTS, [row.name]).fetchone() is not None
