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

    if not ArchivePart.objects.exists():
        return
    why = rebuild.unlike(report.home)
    if why:
        report.left_out.append(f"The archive: {why}. The next start of the console rebuilds it.")
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
