"""What no journal holds and a new archive must have: what was measured.

Its rows stay in the manifest and its files where they are until the new archive has them too. So
whatever fails in between, the next start finds them: in the archive, in one that was set aside, or
in what the journal's room set aside with a history that is lost.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
import structlog
from django.db import transaction

from pilothouse.journal.aside import FOLDER as SET_ASIDE
from pilothouse.journal.storage import sync_folder
from pilothouse.records.archive import checksums, parts
from pilothouse.records.archive.archive import count, live
from pilothouse.records.archive.checksums import Damaged
from pilothouse.records.archive.definitions import TABLES
from pilothouse.records.archive.exchange_tables import JOURNAL_TABLES
from pilothouse.records.models import ArchivePart

log = structlog.get_logger()
ASIDE: Final = "archive-aside-"


def asides(home: Path) -> list[Path]:
    """Return the archives that were set aside, the newest last."""
    return sorted(home.glob(f"{ASIDE}*"), key=number_of)


def number_of(place: Path) -> int:
    """Return the number of an archive that was set aside, 0 if it has none."""
    said = place.name.removeprefix(ASIDE)
    return int(said) if said.isdecimal() else 0


def bring_along(home: Path, new_home: Path) -> list[ArchivePart]:
    """Have the archive of a new home hold what no journal does; return the parts that it has.

    What was written without a checksum is written anew first. What is not as it was written, or
    nowhere, is left out and said. Raises OSError where the machine fails and not the files.
    """
    _write_checksums(home)
    return [row for row in _of_no_journal() if _bring(home, new_home, row)]


def _of_no_journal() -> Iterator[ArchivePart]:
    told = {one.name for one in JOURNAL_TABLES}
    for name, table in TABLES.items():
        if name not in told and not table.picture:
            yield from list(live(name))


def _write_checksums(home: Path) -> None:
    for row in _of_no_journal():
        found = None if row.files else _found(home, row)
        if found is not None:
            made = parts.write_part(home, TABLES[row.table], found[1])
            with transaction.atomic():
                row.delete()
                count([made])


def _bring(home: Path, new_home: Path, row: ArchivePart) -> bool:
    found = _found(home, row) if row.files else None
    if found is None:
        return False
    place = parts.path_of(new_home, parts.true_file(TABLES[row.table], row.name))
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The same file under a second name: it takes no room, and what is set aside is left whole.
    os.link(found[0], place)
    sync_folder(place.parent)
    return True


def _found(home: Path, row: ArchivePart) -> tuple[Path, pa.Table] | None:
    why = "it is nowhere"
    for place in _places(home, row):
        try:
            return place, _read(place, row)
        except (OSError, pa.ArrowException, KeyError, Damaged) as error:
            checksums.raise_passing(error)
            why = str(error)
    log.warning("measures_not_taken_along", part=row.name, why=why)
    return None


def _places(home: Path, row: ArchivePart) -> Iterator[Path]:
    file = parts.true_file(TABLES[row.table], row.name)
    lost = sorted((home / SET_ASIDE).glob(f"{parts.FOLDER}*"), reverse=True)
    for folder in (home / parts.FOLDER, *reversed(asides(home)), *lost):
        # An older layout had no shelves.
        for place in (folder.joinpath(*file), folder.joinpath(*file[1:])):
            if parts.is_name(row.name) and place.is_file():
                yield place


def _read(place: Path, row: ArchivePart) -> pa.Table:
    table = TABLES[row.table]
    facts = row.files.get(parts.true_file(table, row.name)[0])
    raw = checksums.read(place, facts) if facts else place.read_bytes()
    return pq.read_table(pa.BufferReader(raw), columns=table.schema.names).cast(table.schema)
