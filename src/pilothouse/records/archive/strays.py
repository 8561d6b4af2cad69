"""Files that no manifest row names and that hold what no journal does: read in, or set aside.

A database that is lost, restored from an older backup or changed with SQL names fewer parts than
there are. What was measured is nowhere else, so such a file is deleted only when parts that count
have every row of it. It is whole if it is called by its own checksum (`parts.name_of`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from pilothouse.journal.aside import FOLDER as SET_ASIDE
from pilothouse.journal.aside import set_aside
from pilothouse.journal.storage import Files
from pilothouse.records.archive import checksums, parts
from pilothouse.records.archive.archive import Archive, is_spare, live, uncounted
from pilothouse.records.archive.checksums import Damaged
from pilothouse.records.archive.definitions import TABLES, Table
from pilothouse.records.models import ArchivePart

READ_IN: Final = (
    "{:,} rows of {} were in files of the archive that no row of the database named; they count "
    "again."
)
PUT_ASIDE: Final = (
    "{:,} files of {} that no row of the database names are not as they were written, or nothing "
    f"says whether they are. They were moved to {SET_ASIDE}/, and their rows are missing."
)
_PLACE: Final = "place in the file"


def adopt(archive: Archive, say: Callable[[str], None]) -> None:
    """Have the rows of such files count again where they are whole, and say how many.

    Raises Damaged where a part that counts is damaged, and OSError where the machine fails.
    """
    rows: Counter[str] = Counter()
    aside: Counter[str] = Counter()
    try:
        for file in unnamed(archive.home):
            taken = _take_in(archive, file)
            if taken is None:
                aside[file[1]] += 1
            else:
                rows[file[1]] += taken
    finally:
        for counts, sentence in ((rows, READ_IN), (aside, PUT_ASIDE)):
            for table, count in counts.items():
                if count:
                    say(sentence.format(count, table))


def unnamed(home: Path) -> list[parts.File]:
    """Return the files that no manifest row names and that may hold what nothing else does."""
    return [one for one in uncounted(home) if not is_spare(one)]


def _take_in(archive: Archive, file: parts.File) -> int | None:
    """Return how many rows of a file count again, None if it was set aside."""
    table, place = TABLES[file[1]], parts.path_of(archive.home, file)
    rows, is_whole = _read(table, place)
    new = None if rows is None else unheld(archive.home, table, rows)
    if new is None or (len(new) and not is_whole):
        put_aside(archive.home, file)
        return None
    if len(new):
        archive.flush({table.name: new})
    place.unlink()
    return len(new)


def _read(table: Table, place: Path) -> tuple[pa.Table | None, bool]:
    """Return a file's rows, None if they cannot be read, and whether they are as written."""
    try:
        raw = place.read_bytes()
        names = table.schema.names
        rows = pq.read_table(pa.BufferReader(raw), columns=names).cast(table.schema)
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        checksums.raise_passing(error)
        return None, False
    return rows, parts.name_of(checksums.facts_of(raw)) == place.name


def unheld(home: Path, table: Table, rows: pa.Table) -> pa.Table:
    """Return those of some rows that no part which counts has. Raises Damaged."""
    first, last = parts.span(table, rows)
    near = live(table.name).filter(first_us__lte=last, last_us__gte=first)
    held = _as_texts(parts.read_parts(home, table, near))
    asked = _as_texts(rows).append_column(_PLACE, pa.array(range(len(rows)), pa.int64()))
    left = asked.join(held, keys=table.schema.names, join_type="left anti")
    return rows.take(left.sort_by(_PLACE)[_PLACE])


def _as_texts(rows: pa.Table) -> pa.Table:
    # Nothing equals nothing here, as a join has it not.
    texts = [one.cast(pa.string()).fill_null("") for one in rows.columns]
    return pa.table(texts, names=rows.column_names)


def put_aside(home: Path, file: parts.File) -> None:
    """Move a file to `set-aside/`, from where nothing is deleted."""
    set_aside(Files(home), "/".join((parts.FOLDER, *file)))


def was_put_aside(home: Path, file: parts.File) -> bool:
    """Tell whether a file of this name was set aside before."""
    return (home / SET_ASIDE / "-".join((parts.FOLDER, *file))).exists()


def spare(home: Path, retired: Iterable[ArchivePart]) -> list[ArchivePart]:
    """Return those of the retired parts, of tables that no journal holds, whose rows count still.

    What was merged is in parts that count: a row that somebody retired with SQL is not. Raises
    Damaged where a part that counts is damaged.
    """
    by_table: dict[str, list[ArchivePart]] = {}
    for one in retired:
        by_table.setdefault(one.table, []).append(one)
    found: list[ArchivePart] = []
    for name, some in by_table.items():
        if _are_held(home, TABLES[name], some):
            found += some
    return found


def _are_held(home: Path, table: Table, some: list[ArchivePart]) -> bool:
    rows = [_retired(home, table, one) for one in some]
    return not len(unheld(home, table, pa.concat_tables(rows)))


def _retired(home: Path, table: Table, part: ArchivePart) -> pa.Table:
    file = parts.true_file(table, part.name)
    try:
        return parts.read_parts(home, table, [part])
    except (Damaged, FileNotFoundError, pa.ArrowException):
        if parts.is_name(part.name) and parts.path_of(home, file).is_file():
            put_aside(home, file)
        return table.schema.empty_table()
