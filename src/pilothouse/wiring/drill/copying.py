"""A consistent copy of an exchange's folder, running or not; the original is only read.

The database is copied first and the journal after it, up to its durable block: so the copy is what
a console would find that died in between, which it knows how to go on from. Nothing that could
reach people outside is copied: no addresses of notices, no sessions. And nothing that signs: the
copy has a secret and API keys of its own (`secrets_of_its_own`).
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pilothouse.access.secret_file import read_secret
from pilothouse.journal import segments, snapshots
from pilothouse.journal.blocks import HEADER_BYTES, Header, read_header
from pilothouse.journal.durable import DurableMark
from pilothouse.journal.storage import Files
from pilothouse.wiring.drill.secrets_of_its_own import part_ways
from pilothouse.wiring.home import has_exchange
from pilothouse.wiring.running import running_parts
from pilothouse.wiring.sealed_rows import looked_at

DATABASE: Final = "pilothouse.sqlite3"
MARKER: Final = "drill.json"
SMALL: Final = ("catalogue.json", "traffic-prices.json")
EMPTIED: Final = ("django_session", "desk_target", "records_archivepart", "records_archivecursor")
"""Tables of which a drill begins with none: sessions, addresses, and an archive left behind."""


class CannotCopy(ValueError):
    """The folder cannot be copied to that place; the text says why. Nothing was made."""


@dataclass(frozen=True)
class Copied:
    """What the copy is of: the last block and command of its journal, and that block's time."""

    of: str
    environment: str
    block: int
    position: int
    time_us: int


def copied(home: Path) -> Copied | None:
    """Return what a folder is a copy of, None if it is no drill."""
    try:
        return Copied(**json.loads((home / MARKER).read_text()))
    except FileNotFoundError:
        return None


def copy_exchange(source: Path, target: Path, environment: str) -> Copied:
    """Copy an exchange into a folder that does not exist yet; raise CannotCopy."""
    _judge(source, target)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.mkdir(mode=0o700)
    read_secret(target)
    _copy_database(source, target, bool(running_parts(source)))
    for name in SMALL:
        if (source / name).exists():
            shutil.copy2(source / name, target / name)
    if (source / "engines").is_dir():
        shutil.copytree(source / "engines", target / "engines")
    tail = _copy_journal(Files(source), Files(target))
    _copy_snapshots(Files(source), Files(target), tail.number)
    made = Copied(str(source), environment, tail.number, tail.last_position, tail.time)
    (target / MARKER).write_text(json.dumps(asdict(made)))
    return made


def _judge(source: Path, target: Path) -> None:
    if not has_exchange(source):
        raise CannotCopy(f"{source} holds no exchange")
    if copied(source) is not None:
        raise CannotCopy(f"{source} is a drill itself; drill the exchange it is a copy of")
    if target.exists():
        raise CannotCopy(f"{target} is there already; name another folder with --into")
    if source in target.parents:
        raise CannotCopy(f"{target} lies in the exchange itself; name another folder with --into")
    if DurableMark(Files(source)).block == 0:
        raise CannotCopy(f"{source} has an empty journal; nothing would crash")


def _copy_database(home: Path, copy: Path, runs: bool) -> None:
    source, target = home / DATABASE, copy / DATABASE
    if not source.exists():
        return
    with (
        closing(looked_at(source, runs=runs)) as read,
        closing(sqlite3.connect(target)) as made,
    ):
        read.backup(made)
        made.execute("PRAGMA secure_delete=ON")
        known = {row[0] for row in made.execute("SELECT name FROM sqlite_master")}
        for table in EMPTIED:
            if table in known:
                made.execute(f"DELETE FROM {table}")
        part_ways(made, home, copy)
        made.commit()
        # Neither free pages nor a log of changes may keep what was left out.
        made.execute("VACUUM")
    target.chmod(0o600)


def _copy_journal(source: Files, target: Files) -> Header:
    """Copy every block up to the durable one; return its header."""
    mark = DurableMark(source).block
    starts = [one for one in segments.segment_starts(source) if one <= mark]
    ends = [*starts[1:], mark + 1]
    tail: Header | None = None
    for start, end in zip(starts, ends, strict=True):
        name = segments.segment_name(start)
        size, tail = _size_of(source, name, end - start)
        _copy_bytes(source.home / name, target.home / name, size)
    if tail is None or tail.number != mark:
        raise CannotCopy(f"the journal does not hold its durable block {mark}")
    DurableMark(target, anew=True).set(mark)
    return tail


def _size_of(source: Files, name: str, blocks: int) -> tuple[int, Header | None]:
    """Return how long the first blocks of a segment are, and the header of the last."""
    file = source.open_read(name)
    raw = file.read(0, file.size()).tobytes()
    file.close()
    at, header = 0, None
    for _ in range(blocks):
        header = read_header(raw[at : at + HEADER_BYTES])
        at += header.size
    return at, header


def _copy_bytes(source: Path, target: Path, size: int) -> None:
    target.parent.mkdir(mode=0o700, exist_ok=True)
    with open(source, "rb") as read, open(target, "wb") as made:
        left = size
        while left:
            piece = read.read(min(left, 1 << 20))
            if not piece:
                raise CannotCopy(f"{source} is shorter than its blocks say")
            left -= made.write(piece)
        made.flush()
        os.fsync(made.fileno())
    target.chmod(0o600)


def _copy_snapshots(source: Files, target: Files, block: int) -> None:
    """Copy the newest snapshot that the copied journal reaches; one may vanish meanwhile."""
    for one in sorted(snapshots.snapshot_blocks(source), reverse=True):
        name = f"{snapshots.FOLDER}/{one:020d}.snapshot"
        if one > block:
            continue
        try:
            _copy_bytes(
                source.home / name, target.home / name, (source.home / name).stat().st_size
            )
        except FileNotFoundError:
            continue
        return
