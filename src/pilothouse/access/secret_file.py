"""The home's secret: 64 random bytes in a file only its owner may read.

Keys for single purposes are derived from it, so that no purpose can read another's. It is made
once. Where something was sealed with it already, a secret that is missing or another one is a
refusal: a new one made without a word would lock every API key and every address of notices.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pilothouse.journal.storage import sync_folder

SECRET_BYTES: Final = 64
SECRET: Final = "secret.key"
SEALS: Final = ("exchange.json", "pilothouse.sqlite3")
"""Files that exist only after the secret was made."""
WAY_OUT: Final = (
    "Put secret.key back from a backup of this folder. If there is none, `pilothouse new-secret` "
    "makes another and revokes every API key, second factor and notice address that was sealed "
    "with the old one"
)


class SecretIsUnsafe(RuntimeError):
    """The secret file is not whole, or others may read it."""


class SecretIsLost(SecretIsUnsafe):
    """The folder holds what was sealed with a secret that is not there."""


def read_secret(home: Path) -> bytes:
    """Return the home's secret; make it on first use, whole or not at all, mode 0600.

    Raises SecretIsUnsafe, and SecretIsLost where it was made before and is gone.
    """
    path = home / SECRET
    if not path.exists():
        if any((home / one).exists() for one in SEALS):
            raise SecretIsLost(f"{path} is missing. Nothing was changed. {WAY_OUT}")
        make_secret(home)
    if path.stat().st_mode & 0o077:
        raise SecretIsUnsafe(f"{path} must be readable by its owner alone: chmod 600")
    raw = path.read_bytes()
    if len(raw) != SECRET_BYTES:
        raise SecretIsUnsafe(
            f"{path} has {len(raw)} bytes; it must have {SECRET_BYTES}. Nothing was changed. "
            f"{WAY_OUT}"
        )
    return raw


def make_secret(home: Path) -> None:
    """Make a secret where there is none; one that is there stays."""
    # Two processes may start together: the file is written aside and linked, so the first wins
    # and nobody ever reads half a secret. Its name is durable before anything is sealed with it.
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=home, prefix=".secret-")
    try:
        os.write(handle, secrets.token_bytes(SECRET_BYTES))
        os.fsync(handle)
        os.link(aside, home / SECRET)
    except FileExistsError:
        pass
    finally:
        os.close(handle)
        os.unlink(aside)
    sync_folder(home)


def derive(secret: bytes, purpose: str) -> bytes:
    """Return 32 bytes for one purpose alone."""
    return HKDF(SHA256(), 32, salt=None, info=f"pilothouse {purpose}".encode()).derive(secret)


def proof_of(secret: bytes) -> str:
    """Return what tells this secret from another and gives nothing of it back."""
    return derive(secret, "proof of the secret").hex()
