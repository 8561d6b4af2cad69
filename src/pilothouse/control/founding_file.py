"""Which row of the audit is the founding, noted outside the database: `HOME/founding.json`.

Who can write the database alone could take the founding away, and with it every comparison. So
its number and hash stand in a file beside the database too, sealed with the folder's secret.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pilothouse.access.secret_file import derive, proof_of
from pilothouse.control.canonical import plain_bytes
from pilothouse.gate.small_file import is_whole, object_to_judge
from pilothouse.journal.storage import sync_folder

FILE: Final = "founding.json"
PURPOSE: Final = "founding in the audit"
NAMES: Final = {"number", "hash", "secret_proof", "seal"}


class NotAsWritten(ValueError):
    """The file is damaged or was edited; the text says so."""


@dataclass(frozen=True)
class NotedFounding:
    """The row of the audit with which a secret began."""

    number: int
    hash: str
    secret_proof: str


def read(home: Path, secret: bytes) -> NotedFounding | None:
    """Return what is noted of a secret's founding; None if nothing is, or of another secret.

    Raises NotAsWritten, or OSError where it could not be read.
    """
    path = home / FILE
    if not os.path.lexists(path):
        return None
    facts = object_to_judge(path)
    if facts is None or set(facts) != NAMES or not is_whole(facts["number"], 1):
        raise NotAsWritten(f"{FILE} is damaged.")
    seal = str(facts.pop("seal"))
    made = NotedFounding(facts["number"], str(facts["hash"]), str(facts["secret_proof"]))
    if made.secret_proof != proof_of(secret):
        return None
    if not hmac.compare_digest(seal.encode(), _seal(made, secret).encode()):
        raise NotAsWritten(f"{FILE} was edited: its seal does not fit.")
    return made


def write(home: Path, secret: bytes, number: int, told: str) -> None:
    """Note which row is the founding, durably; what was noted of another secret is replaced."""
    made = NotedFounding(number, told, proof_of(secret))
    handle, aside = tempfile.mkstemp(dir=home, prefix=".founding-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(asdict(made) | {"seal": _seal(made, secret)}, out, indent=2)
            out.flush()
            os.fsync(out.fileno())
        os.replace(aside, home / FILE)
    finally:
        Path(aside).unlink(missing_ok=True)
    sync_folder(home)


def remove(home: Path) -> None:
    """Forget the founding of a database that is gone, before another one is begun."""
    (home / FILE).unlink(missing_ok=True)
    sync_folder(home)


def _seal(made: NotedFounding, secret: bytes) -> str:
    key = derive(secret, PURPOSE)
    return hmac.new(key, plain_bytes(asdict(made)), hashlib.sha256).hexdigest()
