"""A home as an earlier release left it, laid out anew for a test that may change it."""

import hashlib
import sqlite3
import tarfile
from pathlib import Path

RELEASE_1 = ("release_1.tar.xz", "release_1_archive.tar.xz")
PHRASE_1 = b"pilothouse kept folder of release 1"


def lay_release_1(home: Path) -> Path:
    """Lay out the first release's home; return its folder."""
    home.mkdir(mode=0o700)
    for name in RELEASE_1:
        with tarfile.open(Path(__file__).with_name(name)) as packed:
            packed.extractall(home, filter="data")
    secret = home / "secret.key"
    secret.touch(mode=0o600)
    secret.write_bytes(hashlib.sha512(PHRASE_1).digest())
    _restore_database(home)
    return home


def _restore_database(home: Path) -> None:
    dump = home / "database.sql"
    place = home / "pilothouse.sqlite3"
    place.touch(mode=0o600)
    database = sqlite3.connect(place)
    database.executescript(dump.read_text())
    database.close()
    dump.unlink()
