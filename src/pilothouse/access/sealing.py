"""Sealing with a home's secret what the database must not give away; it needs no database.

Each purpose has a key of its own: API keys, sessions, second factors.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pilothouse.access.secret_file import derive, read_secret

NONCE_BYTES: Final = 12
PURPOSE: Final = "api keys"
SESSIONS: Final = "sessions"
FACTORS: Final = "second factors"


def bound(public: str, row: Mapping[str, Any]) -> bytes:
    """Return what is bound into a key's seal: whose it is, what it may do, from where, how long.

    A sealed secret that is moved to another key, account or right opens nothing. `row` has the
    columns of its table; one of an earlier release lacks the limits, which it had none of.
    """
    rights = [int(bool(row.get(name))) for name in ("may_trade", "nonce_optional")]
    limits = [
        int(bool(row.get("may_cancel"))),
        row.get("networks") or "",
        row.get("expires_s") or 0,
    ]
    words = [public, row.get("account", 0), *rights, *(limits if any(limits) else ())]
    # What no release stores in a column opens nothing, and ends nothing either.
    return json.dumps(words, default=repr).encode()


def bound_before(public: str) -> bytes:
    """Return what the first release bound into a seal: the public half alone."""
    return public.encode()


def seal(home: Path, bound_in: bytes, secret: bytes, purpose: str = PURPOSE) -> bytes:
    """Return a secret, of an API key if no purpose is named, sealed for a home."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + _cipher(home, purpose).encrypt(nonce, secret, bound_in)


def unseal(home: Path, bound_in: bytes, sealed: bytes, purpose: str = PURPOSE) -> bytes:
    """Return a secret; raise InvalidTag for another home, or where what is bound in is otherwise
    than it was.
    """
    return _cipher(home, purpose).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_in)


def _cipher(home: Path, purpose: str) -> AESGCM:
    return AESGCM(derive(read_secret(home), purpose))
