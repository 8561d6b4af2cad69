"""An archive that cannot be gone on with is set aside, and made anew from the journal.

It is derived: what stands in it, the journal tells again. Only what was measured is not in the
journal; what of it is as it was written is taken along.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
import structlog
from django.db import transaction

from pilothouse.records.archive import checksums, parts
from pilothouse.records.archive.archive import Archive, count, live
from pilothouse.records.archive.checksums import Damaged
from pilothouse.records.archive.definitions import TABLES, Table
from pilothouse.records.archive.exchange_tables import JOURNAL_TABLES
from pilothouse.records.models import ArchiveCursor, ArchivePart

log = structlog.get_logger()
LAYOUT: Final = 3
"""1 had true numbers and pseudonyms in one file, 2 has them on shelves of their own, 3 has a
checksum of every file. What was written without one is not trusted: it is made anew."""
LAYOUT_FILE: Final = "layout"
ASIDE: Final = "archive-aside-"
CONDEMNED: Final = "damaged"
"""A file of the archive's folder that says why it is to be set aside: a start that looks at sizes
alone would not find it out again."""
SENTENCE_MOST: Final = 300
ASIDE_KEPT: Final = 1
"""Older ones are deleted: they hold what the journal holds."""


def prepare(archive: Archive) -> str:
    """Make folder and manifest agree, at start; return why it is made anew, if it is."""
    why = fault(archive.home)
    if why:
        rebuild(archive, why)
    _write_layout(archive.home)
    archive.sweep()
    return why


def fault(home: Path) -> str:
    """Return why the archive in a folder cannot be gone on with; an empty text if it can.

    Sizes and footers are compared, and not the contents: see `walk`.
    """
    return unlike(home) or condemned(home) or next(_damages(home), "")


def unlike(home: Path) -> str:
    """Return why a folder has no archive of this release, though its manifest counts parts."""
    folder = home / parts.FOLDER
    if not folder.is_dir():
        return "its folder is gone" if ArchivePart.objects.exists() else ""
    layout = _layout(folder)
    if layout != LAYOUT and (layout or any(folder.iterdir())):
        return f"it has layout {layout or 1}, this release writes layout {LAYOUT}"
    return ""


def condemn(home: Path, why: str) -> None:
    """Have the next start set the archive aside, whatever it would find itself."""
    # Where the folder is gone the start finds that out.
    with suppress(FileNotFoundError):
        (home / parts.FOLDER / CONDEMNED).write_text(f"{why}\n")


def condemned(home: Path) -> str:
    """Return why the archive is to be set aside, an empty text if it is not."""
    try:
        with (home / parts.FOLDER / CONDEMNED).open(errors="replace") as said:
            return said.read(SENTENCE_MOST).strip() or "it was found damaged"
    except (FileNotFoundError, NotADirectoryError):
        return ""


def _layout(folder: Path) -> int:
    try:
        return int((folder / LAYOUT_FILE).read_text())
    except (FileNotFoundError, ValueError):
        return 0


def _write_layout(home: Path) -> None:
    folder = home / parts.FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / LAYOUT_FILE).write_text(f"{LAYOUT}\n")


def _damages(home: Path) -> Iterator[str]:
    for name, table in TABLES.items():
        for row in live(name):
            why = _damage(home, table, row)
            if why:
                yield f"a part of {name} {why}"


def _damage(home: Path, table: Table, row: ArchivePart) -> str:
    true = parts.true_file(table, row.name)
    if true[0] not in row.files:
        return "has no checksum"
    try:
        for file, facts in parts.known_files(table, row):
            place = parts.path_of(home, file)
            # Masked files that are not there, for another key names them, are made again.
            if (file == true or place.exists()) and place.stat().st_size != facts["bytes"]:
                return "has another size than it was written with"
        parts.refuse_other_columns(home, table, [row.name])
    except FileNotFoundError:
        return "is missing"
    except (OSError, pa.ArrowException) as error:
        checksums.raise_passing(error)
        return f"cannot be read: {error}"
    except parts.OtherColumns as error:
        return str(error)
    return ""


def rebuild(archive: Archive, why: str) -> Path | None:
    """Set the archive aside and begin a new one; return where the old one is, None if it is gone.

    Whoever follows the journal next is to follow it from its beginning: the cursor is back there.
    """
    measured = list(_of_no_journal())
    aside = _move_away(archive.home)
    with transaction.atomic():
        ArchivePart.objects.all().delete()
        ArchiveCursor.objects.all().delete()
    if aside is not None:
        _write_layout(archive.home)
        _take_along(archive, aside, measured)
    log.warning("archive_made_anew", why=why, aside=str(aside or ""))
    return aside


def _move_away(home: Path) -> Path | None:
    folder = home / parts.FOLDER
    old = sorted(home.glob(f"{ASIDE}*"), key=_number)
    if not folder.is_dir():
        return None
    aside = home / f"{ASIDE}{_number(old[-1]) + 1 if old else 1}"
    folder.rename(aside)
    for one in [*old, aside][:-ASIDE_KEPT]:
        shutil.rmtree(one, ignore_errors=True)
    return aside


def _number(place: Path) -> int:
    said = place.name.removeprefix(ASIDE)
    return int(said) if said.isdecimal() else 0


def _of_no_journal() -> Iterator[ArchivePart]:
    told = {one.name for one in JOURNAL_TABLES}
    for name, table in TABLES.items():
        if name not in told and not table.picture:
            yield from live(name)


def _take_along(archive: Archive, aside: Path, measured: list[ArchivePart]) -> None:
    for row in measured:
        try:
            made = parts.write_part(archive.home, TABLES[row.table], _read(aside, row))
        except (OSError, pa.ArrowException, KeyError, Damaged) as error:
            log.warning("measures_not_taken_along", part=row.name, why=str(error))
            continue
        with transaction.atomic():
            count([made])


def _read(aside: Path, row: ArchivePart) -> pa.Table:
    # What an older layout kept has no checksum: of that, what can be read is taken.
    schema, facts = TABLES[row.table].schema, row.files.get(parts.OPEN)
    for place in (aside / parts.OPEN / row.table / row.name, aside / row.table / row.name):
        if place.exists():
            raw = checksums.read(place, facts) if facts else place.read_bytes()
            return pq.read_table(pa.BufferReader(raw), columns=schema.names).cast(schema)
    raise FileNotFoundError(row.name)
