"""An archive that cannot be gone on with is set aside, and made anew from the journal.

It is derived: what stands in it, the journal tells again. Only what was measured is not in the
journal; what of it is as it was written is taken along (`unjournaled`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pyarrow as pa
import structlog
from django.db import transaction

from pilothouse.journal.storage import sync_folder
from pilothouse.records.archive import checksums, cursors, parts
from pilothouse.records.archive.archive import Archive, live
from pilothouse.records.archive.definitions import TABLES, Table
from pilothouse.records.archive.unjournaled import ASIDE, asides, bring_along, number_of
from pilothouse.records.models import ArchiveCursor, ArchivePart

log = structlog.get_logger()
LAYOUT: Final = 5
"""1 had true numbers and pseudonyms in one file, 2 has them on shelves of their own, 3 has a
checksum of every file, 4 a seal of the cursor, 5 what was measured under that seal and parts that
are called by their checksums. What was written without is not trusted: it is made anew."""
LAYOUT_FILE: Final = "layout"
NEXT: Final = "archive-next"
"""Where a new archive is made ready: its folder goes from here into its place at once."""
CONDEMNED: Final = "damaged"
"""A file of the archive's folder that says why it is to be set aside: a start that looks at sizes
alone would not find it out again."""
SENTENCE_MOST: Final = 300
ASIDE_KEPT: Final = 1
"""Older ones are deleted: what they hold is in the journal or in the new archive."""


Alarm = Callable[[str], None]


def no_alarm(why: str) -> None:
    """Tell nobody that a cursor was moved."""


def prepare(archive: Archive, alarm: Alarm = no_alarm) -> str:
    """Make folder and manifest agree, at start; return why it is made anew, if it is."""
    _clear(archive.home)
    _look_for_moved(archive.home, alarm)
    why = fault(archive.home)
    if why:
        rebuild(archive, why)
    _write_layout(archive.home)
    archive.sweep()
    return why


def _look_for_moved(home: Path, alarm: Alarm) -> None:
    # An archive of another layout is made anew whatever its cursor says.
    why = "" if unlike(home) else cursors.fault(home)
    if why and condemned(home) != why:
        alarm(why)
        # One alarm, however often what follows is begun.
        condemn(home, why)


def fault(home: Path) -> str:
    """Return why the archive in a folder cannot be gone on with; an empty text if it can.

    Sizes and footers are compared, and not the contents: see `walk`.
    """
    return unlike(home) or condemned(home) or next(_damages(home), "")


def unlike(home: Path) -> str:
    """Return why a folder has no archive of this release, though it had one."""
    folder = home / parts.FOLDER
    if not folder.is_dir():
        counted = ArchivePart.objects.exists() or ArchiveCursor.objects.exists()
        return "its folder is gone" if counted or asides(home) else ""
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
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
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
    What no journal holds counts all the time, and is in one of the two folders: see `bring_along`.
    """
    home = archive.home
    _clear(home)
    _write_layout(home / NEXT)
    kept = bring_along(home, home / NEXT)
    with transaction.atomic():
        ArchivePart.objects.exclude(pk__in=[one.pk for one in kept]).delete()
        cursors.begin_anew()
    aside = _exchange(home)
    log.warning("archive_made_anew", why=why, aside=str(aside or ""))
    return aside


def _clear(home: Path) -> None:
    # What a start that died made of a new archive is made again.
    if (home / NEXT).exists():
        shutil.rmtree(home / NEXT)


def _exchange(home: Path) -> Path | None:
    folder, aside, old = home / parts.FOLDER, None, asides(home)
    if folder.is_dir():
        aside = home / f"{ASIDE}{number_of(old[-1]) + 1 if old else 1}"
        folder.rename(aside)
        sync_folder(home)
    (home / NEXT / parts.FOLDER).rename(folder)
    sync_folder(home)
    # Only now: until the new one is in its place an older one may hold what was measured.
    for one in asides(home)[:-ASIDE_KEPT]:
        shutil.rmtree(one, ignore_errors=True)
    _clear(home)
    return aside
