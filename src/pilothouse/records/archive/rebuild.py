"""An archive that cannot be gone on with is set aside, and made anew from the journal.

It is derived: what stands in it, the journal tells again. Only what was measured is not in the
journal; what can be read of it is taken along.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
import structlog
from django.db import transaction

from pilothouse.records.archive import parts
from pilothouse.records.archive.archive import Archive, count, live
from pilothouse.records.archive.definitions import TABLES
from pilothouse.records.archive.exchange_tables import JOURNAL_TABLES
from pilothouse.records.models import ArchiveCursor, ArchivePart

log = structlog.get_logger()
LAYOUT: Final = 2
"""1 had true numbers and pseudonyms in one file; 2 has them on shelves of their own."""
LAYOUT_FILE: Final = "layout"
ASIDE: Final = "archive-aside-"
NOT_DAMAGE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EMFILE)
"""What says something of the disk or of us, and nothing of the archive."""
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
    """Return why the archive in a folder cannot be gone on with; an empty text if it can."""
    folder = home / parts.FOLDER
    if not folder.is_dir():
        return "its folder is gone" if ArchivePart.objects.exists() else ""
    layout = _layout(folder)
    if layout != LAYOUT and (layout or any(folder.iterdir())):
        return f"it has layout {layout or 1}, this release writes layout {LAYOUT}"
    return next(_damages(home), "")


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
            place = parts.path_of(home, parts.true_file(table, row.name))
            try:
                if place.stat().st_size != row.bytes:
                    yield f"a part of {name} has another size than it was written with"
                parts.refuse_other_columns(home, table, [row.name])
            except FileNotFoundError:
                yield f"a part of {name} is missing"
            except (OSError, pa.ArrowException) as error:
                if getattr(error, "errno", None) in NOT_DAMAGE:
                    raise
                yield f"a part of {name} cannot be read: {error}"
            except parts.OtherColumns as error:
                yield str(error)


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


def _of_no_journal() -> Iterator[tuple[str, str]]:
    told = {one.name for one in JOURNAL_TABLES}
    for name, table in TABLES.items():
        if name not in told and not table.picture:
            yield from ((name, one) for one in live(name).values_list("name", flat=True))


def _take_along(archive: Archive, aside: Path, measured: list[tuple[str, str]]) -> None:
    for table, name in measured:
        try:
            rows = _read(aside, table, name)
            made = parts.write_part(archive.home, TABLES[table], rows)
        except (OSError, pa.ArrowException, KeyError) as error:
            log.warning("measures_not_taken_along", part=name, why=str(error))
            continue
        with transaction.atomic():
            count([made])


def _read(aside: Path, table: str, name: str) -> pa.Table:
    schema = TABLES[table].schema
    for place in (aside / parts.OPEN / table / name, aside / table / name):
        if place.exists():
            return pq.read_table(place, columns=schema.names).cast(schema)
    raise FileNotFoundError(name)
