"""Parts on disk: Parquet files on shelves, durable before their manifest row is written.

What tells of clients stands on one shelf, what masked readers get on others, and no file is on
both sides: a masked connection has no name of a file in which a client's number stands. The names
of the masked files are made with the key, so that they tell neither which part they belong to nor
which came first. Each file has a checksum, and what is read here to be written again is compared
with it first: no damage is merged into a part that counts as whole. A part is called by the
checksum of its own rows' file, so that this file can be judged where no manifest row names it.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings

from pilothouse.records.archive import checksums
from pilothouse.records.archive.checksums import Damaged, Facts, Summed
from pilothouse.records.archive.definitions import Table
from pilothouse.records.archive.masks import Veiled, mark, ordered, veiled

FOLDER: Final = "archive"
OPEN: Final = "open"
"""Tables that tell of no client: everybody's."""
CLIENTS: Final = "clients"
MASKED: Final = "masked"
UNDATED: Final = "undated"
"""Masked rows without their moment."""
MARK: Final = b"pseudonyms"
"""What a file's metadata call the mark of the key that its pseudonyms were made with."""
SUFFIX: Final = ".parquet"
UNDER_WAY: Final = ".part"
"""What a file is called by until it is whole: a crash leaves it, and nothing counts it."""
SALT: Final = b"part"
"""What a file's metadata call the number that gives equal rows another checksum and name."""
NAME_DIGITS: Final = 32
_NAME: Final = re.compile(r"[0-9a-f]{32}\.parquet")
COMPRESSION: Final = "zstd"
ROWS_OF_A_GROUP: Final = 122_880
File = tuple[str, str, str]
"""A file of the archive: its shelf, its table, its name."""


@dataclass(frozen=True)
class Part:
    """A part that was written, and what its manifest row says of it. Times are microseconds."""

    table: str
    name: str
    rows: int
    bytes: int
    first_us: int
    last_us: int
    files: dict[str, Facts]
    """The facts of its files, by their shelf."""


class Counted(Protocol):
    """A part as its manifest row knows it."""

    name: str
    files: dict[str, Facts]


class OtherColumns(Exception):
    """A part has other columns than this release's table."""


def _key() -> bytes:
    return bytes(settings.PILOTHOUSE_PSEUDONYM_KEY)


def path_of(home: Path, file: File) -> Path:
    """Return where a file is.

    Raises FileNotFoundError for a name that no part has: the database says the name, and one who
    writes it must not reach other files by it.
    """
    if not is_name(file[-1]):
        raise FileNotFoundError(f"{file[-1]!a} is no name of a part of the archive")
    return home.joinpath(FOLDER, *file)


def is_name(name: str) -> bool:
    """Tell whether a name is one that a part may have."""
    return _NAME.fullmatch(name) is not None


def name_of(facts: Facts) -> str:
    """Return what a part is called whose own rows' file has these facts."""
    return f"{facts['blake2b'][:NAME_DIGITS]}{SUFFIX}"


def true_file(table: Table, name: str) -> File:
    """Return the file in which a part's own rows stand."""
    return (CLIENTS if table.masked else OPEN, table.name, name)


def masked_files(table: Table, name: str) -> list[File]:
    """Return the files that masked readers get of a part; the undated one may not be there."""
    if not table.masked:
        return [true_file(table, name)]
    shelves = (MASKED, UNDATED) if table.undated else (MASKED,)
    return [(one, table.name, _hidden_name(one, name)) for one in shelves]


def files_of(table: Table, name: str) -> list[File]:
    """Return every file that a part may have."""
    return [*dict.fromkeys([true_file(table, name), *masked_files(table, name)])]


def known_files(table: Table, part: Counted) -> list[tuple[File, Facts]]:
    """Return the files that a part was written with, under today's key, and their facts."""
    files = files_of(table, part.name)
    return [(one, part.files[one[0]]) for one in files if one[0] in part.files]


def _hidden_name(shelf: str, name: str) -> str:
    said = f"{shelf} {name}".encode()
    return hashlib.blake2b(said, key=_key()[:64], digest_size=16).hexdigest() + SUFFIX


def write_part(home: Path, table: Table, rows: pa.Table) -> Part:
    """Write rows as a new part and make it durable; nobody counts it before its row commits."""
    hidden = veiled(table, rows, _key()) if table.masked else None
    return _written(home, table, rows, hidden)


def merged(home: Path, table: Table, some: Iterable[Counted]) -> Part:
    """Write the rows of some parts as one new part; pseudonyms are taken along. Raises Damaged."""
    some = list(some)
    hidden = None
    if table.masked:
        pieces = [_read_masked(home, table, one) for one in some]
        dated = pa.concat_tables(one.dated for one in pieces)
        undated = pa.concat_tables(one.undated for one in pieces)
        hidden = ordered(table, Veiled(dated, undated))
    return _written(home, table, read_parts(home, table, some), hidden)


def mask_anew(home: Path, table: Table, part: Counted) -> dict[str, Facts]:
    """Write the masked files of a part again, with today's key; return the facts of all its files.

    Raises Damaged.
    """
    shelf = true_file(table, part.name)[0]
    hidden = veiled(table, read_parts(home, table, [part]), _key())
    return {shelf: part.files[shelf], **_write_masked(home, table, part.name, hidden)}


def _written(home: Path, table: Table, rows: pa.Table, hidden: Veiled | None) -> Part:
    salted = rows.replace_schema_metadata({SALT: uuid.uuid4().bytes})
    shelf = true_file(table, "")[0]
    name, facts = _write(home, (shelf, table.name, ""), salted)
    files = {shelf: facts}
    try:
        if hidden is not None:
            files |= _write_masked(home, table, name, hidden)
    except BaseException:
        delete_part(home, table, name)
        raise
    return Part(table.name, name, len(rows), facts["bytes"], *span(table, rows), files)


def _write_masked(home: Path, table: Table, name: str, hidden: Veiled) -> dict[str, Facts]:
    files = masked_files(table, name)
    both = zip(files, (hidden.dated, hidden.undated), strict=bool(table.undated))
    return {
        file[0]: _write(home, file, rows.replace_schema_metadata({MARK: mark(_key())}))[1]
        for file, rows in both
        if len(rows) or file[0] == MASKED
    }


def _write(home: Path, file: File, rows: pa.Table) -> tuple[str, Facts]:
    # Under its name a file is whole, always; one without a name is called by its checksum.
    folder = home.joinpath(FOLDER, *file[:2])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = folder / f"{uuid.uuid4().hex}{UNDER_WAY}"
    try:
        facts = _pour(beside, rows)
        name = file[2] or name_of(facts)
        beside.rename(path_of(home, (*file[:2], name)))
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync(folder)
    return name, facts


def _pour(place: Path, rows: pa.Table) -> Facts:
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as out:
        summed = Summed(out)
        pq.write_table(rows, summed, compression=COMPRESSION, row_group_size=ROWS_OF_A_GROUP)
        out.flush()
        os.fsync(out.fileno())
    return summed.facts


def span(table: Table, rows: pa.Table) -> tuple[int, int]:
    """Return the first and last moment of rows in microseconds, zeros where there is none."""
    if not table.clock or not len(rows):
        return 0, 0
    ends = pc.min_max(rows[table.clock].cast(pa.int64())).as_py()
    return ends["min"] or 0, ends["max"] or 0


def _sync(place: Path) -> None:
    # The name of a new file is durable when its folder is.
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_parts(home: Path, table: Table, some: Iterable[Counted]) -> pa.Table:
    """Return the rows of some parts, in their order, with the true accounts. Raises Damaged."""
    columns = table.schema.names
    files = ((one, true_file(table, one.name)) for one in some)
    read = [_whole(home, one, file).read(columns).cast(table.schema) for one, file in files]
    return pa.concat_tables(read) if read else table.schema.empty_table()


def _read_masked(home: Path, table: Table, part: Counted) -> Veiled:
    read = []
    for file in masked_files(table, part.name):
        missing = file[0] == UNDATED and UNDATED not in part.files
        one = None if missing else _whole(home, part, file).read().cast(table.masked_schema)
        read.append(table.masked_schema.empty_table() if one is None else one)
    return Veiled(read[0], read[1] if len(read) > 1 else read[0].slice(0, 0))


def _whole(home: Path, part: Counted, file: File) -> pq.ParquetFile:
    # What is read is what was compared: the file itself is not opened a second time.
    facts = part.files.get(file[0])
    if facts is None:
        raise Damaged(f"a part of {file[1]} has no checksum")
    try:
        return pq.ParquetFile(pa.BufferReader(checksums.read(path_of(home, file), facts)))
    except Damaged as damaged:
        raise Damaged(f"a part of {file[1]} {damaged}") from damaged


def has_pseudonyms(home: Path, table: Table, part: Counted) -> bool:
    """Tell whether a part's masked files are there and made with today's key."""
    file = masked_files(table, part.name)[0]
    if MASKED not in part.files or not path_of(home, file).exists():
        return False
    try:
        found = next(_opened(home, [file])).schema_arrow.metadata or {}
    except (OSError, pa.ArrowException) as error:
        checksums.raise_passing(error)
        return False
    return bool(found.get(MARK) == mark(_key()))


def refuse_other_columns(home: Path, table: Table, names: Iterable[str]) -> None:
    """Raise OtherColumns if a part lacks a column of this release's table."""
    for one in _opened(home, (true_file(table, name) for name in names)):
        lacks = sorted({*table.schema.names} - {*one.schema_arrow.names})
        if lacks:
            raise OtherColumns(f"table {table.name} has no column {', '.join(lacks)}")


def _opened(home: Path, files: Iterable[File]) -> Iterator[pq.ParquetFile]:
    return (pq.ParquetFile(path_of(home, one)) for one in files)


def delete_part(home: Path, table: Table, name: str) -> None:
    """Delete a part's files, those that are still there."""
    for file in files_of(table, name):
        with suppress(FileNotFoundError):
            path_of(home, file).unlink()


def left_under_way(home: Path) -> list[Path]:
    """Return the files that a crash left before they were whole."""
    return list((home / FOLDER).glob(f"*/*/*{UNDER_WAY}"))


def files_on_disk(home: Path) -> set[File]:
    """Return every file below the archive's shelves that is named as a part's is."""
    found = (one for one in (home / FOLDER).glob("*/*/*") if is_name(one.name))
    return {(one.parent.parent.name, one.parent.name, one.name) for one in found}
