"""The home's secret: 64 random bytes in a file only its owner may read.

Keys for single purposes are derived from it, so that no purpose can read another's.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES: Final = 64


class SecretIsUnsafe(RuntimeError):
    """The secret file is not whole, or others may read it."""


def read_secret(home: Path) -> bytes:
    """Return the home's secret; make it on first use, whole or not at all, mode 0600."""
    path = home / "secret.key"
    if not path.exists():
        _make(path)
    if path.stat().st_mode & 0o077:
        raise SecretIsUnsafe(f"{path} must be readable by its owner alone: chmod 600")
    raw = path.read_bytes()
    if len(raw) != SECRET_BYTES:
        raise SecretIsUnsafe(f"{path} has {len(raw)} bytes, {SECRET_BYTES} are needed")
    return raw


def _make(path: Path) -> None:
    # Two processes may start together: the file is written aside and linked, so the first wins
    # and nobody ever reads half a secret.
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".secret-")
    try:
        os.write(handle, secrets.token_bytes(SECRET_BYTES))
        os.fsync(handle)
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        os.close(handle)
        os.unlink(aside)


def derive(secret: bytes, purpose: str) -> bytes:
    """Return 32 bytes for one purpose alone."""
    return HKDF(SHA256(), 32, salt=None, info=f"pilothouse {purpose}".encode()).derive(secret)
