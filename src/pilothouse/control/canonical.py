"""Canonical bytes of plain values, and their SHA-256: the same values, the same text anywhere."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def plain_bytes(plain: Any) -> bytes:
    """Return plain values as JSON: sorted keys, no spaces, ASCII."""
    _check(plain)
    text = json.dumps(
        plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return text.encode()


def _check(plain: Any) -> None:
    # JSON would write the name 1 as "1" and two lone surrogates as one character: two different
    # values would then have one digest.
    if isinstance(plain, dict):
        if not all(isinstance(name, str) for name in plain):
            raise TypeError("a name within canonical values is a text")
        _check(list(plain))
        _check(list(plain.values()))
    elif isinstance(plain, list | tuple):
        for one in plain:
            _check(one)
    elif isinstance(plain, str):
        plain.encode()


def plain_hash(plain: Any) -> str:
    """Return the SHA-256 of plain values as hexadecimal text."""
    return hashlib.sha256(plain_bytes(plain)).hexdigest()
