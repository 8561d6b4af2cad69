"""What a drill does not share with its original: its secret, its API keys, its second factors.

So nothing that is signed for one is taken by the other.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import sqlite3
from pathlib import Path
from typing import Any, Final

from pilothouse.access.sealing import bound, seal

KEYS_FILE: Final = "demo-keys.json"
"""Where the original is a demonstration: its two keys."""
DRILL_KEYS_FILE: Final = "drill-keys.json"
PUBLIC_BYTES: Final = 42
SECRET_BYTES: Final = 64
FACTORS: Final = ("mfa_authenticator",)
"""A code that is typed into a drill must open nothing in the original: people enrol anew."""


def part_ways(made: sqlite3.Connection, source: Path, target: Path) -> None:
    """Give a copied database new keys for the same accounts, and no second factors.

    The keys are written into the copy, for its owner alone. What is deleted is overwritten.
    """
    known = {row[0] for row in made.execute("SELECT name FROM sqlite_master")}
    made.execute("PRAGMA secure_delete=ON")
    for table in FACTORS:
        if table in known:
            made.execute(f"DELETE FROM {table}")
    renewed = _renew_keys(made, target) if "access_storedkey" in known else {}
    _write(target / DRILL_KEYS_FILE, list(renewed.values()))
    if (source / KEYS_FILE).exists():
        before = json.loads((source / KEYS_FILE).read_text())
        _write(target / KEYS_FILE, _the_demonstrations(before, renewed))


def _renew_keys(made: sqlite3.Connection, target: Path) -> dict[str, dict[str, Any]]:
    """Replace every key that lives by a new one; return the new ones by the old public halves."""
    made.execute("DELETE FROM access_storedkey WHERE revoked_at IS NOT NULL")
    read = made.execute("SELECT * FROM access_storedkey")
    names = [one[0] for one in read.description]
    renewed = {}
    for row in [dict(zip(names, one, strict=True)) for one in read.fetchall()]:
        old, account, label = row["public"], row["account"], row["label"]
        public = base64.b64encode(secrets.token_bytes(PUBLIC_BYTES)).decode()
        secret = secrets.token_bytes(SECRET_BYTES)
        made.execute(
            "UPDATE access_storedkey SET public = ?, sealed_secret = ? WHERE id = ?",
            (public, seal(target, bound(public, row), secret), row["id"]),
        )
        text = base64.b64encode(secret).decode()
        renewed[old] = {"account": account, "label": label, "key": public, "secret": text}
    return renewed


def _the_demonstrations(before: Any, renewed: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        name: {"key": renewed[one["key"]]["key"], "secret": renewed[one["key"]]["secret"]}
        for name, one in before.items()
        if one["key"] in renewed
    }


def _write(path: Path, facts: Any) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(facts, file, indent=2)
