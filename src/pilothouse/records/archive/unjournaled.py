"""What no journal holds and a new archive must have: what was measured.

Its rows stay in the manifest and its files where they are until the new archive has them too. So
whatever fails in between, the next start finds them: in the archive, in one that was set aside, or
in what the journal's room set aside with a history that is lost.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
import structlog
from django.db import transaction

from pilothouse.journal.aside import FOLDER as SET_ASIDE
from pilothouse.journal.storage import sync_folder
from pilothouse.records.archive import checksums, parts, strays
from pilothouse.records.archive.archive import count, live
from pilothouse.records.archive.checksums import Damaged
from pilothouse.records.archive.definitions import TABLES, Table
from pilothouse.records.archive.exchange_tables import is_derived
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

    What is not called by its checksum is written anew first. What is not as it was written, or
    nowhere, is left out and said. Files that no row names come along too: whoever has the new
    archive judges them (`strays`). Raises OSError where the machine fails and not the files.
    """
    _write_checksums(home)
    kept = [row for row in _of_no_journal() if _bring(home, new_home, row)]
    for table in _tables():
        _bring_unnamed(home, new_home, table)
    return kept


def _tables() -> list[Table]:
    return [one for one in TABLES.values() if not is_derived(one)]


def _of_no_journal() -> Iterator[ArchivePart]:
    for table in _tables():
        yield from list(live(table.name))


def _write_checksums(home: Path) -> None:
    for row in _of_no_journal():
        found = None if _is_called_by_checksum(row) else _found(home, row)
        if found is not None:
            made = parts.write_part(home, TABLES[row.table], found[1])
            with transaction.atomic():
                row.delete()
                count([made])


def _is_called_by_checksum(row: ArchivePart) -> bool:
    facts = row.files.get(parts.true_file(TABLES[row.table], row.name)[0])
    return bool(facts) and parts.name_of(facts) == row.name


def _bring_unnamed(home: Path, new_home: Path, table: Table) -> None:
    for folder in (home / parts.FOLDER, *reversed(asides(home))):
        for place in sorted(folder.glob(f"**/{table.name}/*{parts.SUFFIX}")):
            file = parts.true_file(table, place.name)
            if parts.is_name(place.name) and not strays.was_put_aside(home, file):
                _link(place, parts.path_of(new_home, file))


def _link(found: Path, place: Path) -> None:
    # The same file under a second name: it takes no room, and what is set aside is left whole.
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.link(found, place)
    sync_folder(place.parent)


def _bring(home: Path, new_home: Path, row: ArchivePart) -> bool:
    found = _found(home, row) if row.files else None
    if found is None:
        return False
    place = parts.path_of(new_home, parts.true_file(TABLES[row.table], row.name))
    _link(found[0], place)
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
