"""What was sealed with the folder's secret: proved with it, or given up for a new one.

It reads the database itself and not through Django, whose settings need the secret first.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pilothouse.access.sealing import bound, bound_before
from pilothouse.access.secret_file import (
    SECRET,
    SECRET_BYTES,
    WAY_OUT,
    SecretIsLost,
    derive,
    make_secret,
    read_secret,
)
from pilothouse.wiring.home import DATABASE

NONCE_BYTES: Final = 12
SEALED: Final = (
    ("access_storedkey", "public", "sealed_secret", "api keys"),
    ("desk_target", "key", "sealed_address", "notice targets"),
)
"""Table, the column bound into the seal, the sealed column, and the purpose of the key."""


@dataclass(frozen=True)
class SealedRow:
    """A row that only the right secret opens."""

    table: str
    name: str
    sealed: bytes
    purpose: str
    bound_in: tuple[bytes, ...]
    """What may be bound into its seal: that of this release, or of the first one."""


def refuse_other_secret(home: Path) -> None:
    """Raise SecretIsLost if a sealed row of the database does not open with the secret."""
    rows = list(sealed_rows(home))
    if not rows:
        return
    secret = read_secret(home)
    shut = [one for one in rows if not opens(secret, one)]
    if shut:
        raise SecretIsLost(
            f"{home / SECRET} does not open {len(shut):,} of {len(rows):,} sealed rows of the "
            f"database: it is not the secret they were sealed with. Nothing was changed. {WAY_OUT}"
        )


def sealed_rows(home: Path) -> Iterator[SealedRow]:
    """Return the sealed rows of a folder's database; none if it cannot be read."""
    path = home / DATABASE
    if not path.exists():
        return
    with closing(looked_at(path)) as read:
        read.row_factory = sqlite3.Row
        for table, name, sealed, purpose in SEALED:
            try:
                found = read.execute(f"SELECT * FROM {table}").fetchall()
            except sqlite3.DatabaseError:
                # Not there yet, or damaged: the console says that, with its own way out.
                continue
            for one in map(dict, found):
                # An empty seal was given up: its key was revoked, or the folder has a new secret.
                if one.get(sealed):
                    called = str(one[name])
                    yield SealedRow(
                        table, called, bytes(one[sealed]), purpose, _bound_in(called, one)
                    )


def looked_at(path: Path, wait_s: float = 5.0, runs: bool = False) -> sqlite3.Connection:
    """Return a connection that only reads; where nobody has it open not even side files are made.

    SQLite makes them for every reader of a database in its log mode. `runs` says that it is open.
    """
    runs = runs or path.with_name(f"{path.name}-wal").exists()
    # As an address, for a path may hold what has a meaning in one.
    address = f"{path.absolute().as_uri()}?{'mode=ro' if runs else 'immutable=1'}"
    return sqlite3.connect(address, uri=True, timeout=wait_s)


def opens(secret: bytes, row: SealedRow) -> bool:
    """Tell whether a secret opens a sealed row."""
    cipher = AESGCM(derive(secret, row.purpose))
    for one in row.bound_in:
        try:
            cipher.decrypt(row.sealed[:NONCE_BYTES], row.sealed[NONCE_BYTES:], one)
        except (InvalidTag, ValueError):
            continue
        return True
    return False


def _bound_in(called: str, row: dict[str, Any]) -> tuple[bytes, ...]:
    return bound_before(called), bound(called, row)


def exchange_secret(home: Path) -> str:
    """Make another secret; what lies there is set aside. Return the name it has now, or ""."""
    path, aside = home / SECRET, ""
    if path.exists():
        number = next(k for k in range(1, 1_000) if not (home / f"{SECRET}.old-{k}").exists())
        aside = f"{SECRET}.old-{number}"
        os.rename(path, home / aside)
    make_secret(home)
    assert len(read_secret(home)) == SECRET_BYTES
    return aside
