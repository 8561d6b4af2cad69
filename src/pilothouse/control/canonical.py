"""Canonical bytes of plain values, and their SHA-256: the same values, the same text anywhere."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def plain_bytes(plain: Any) -> bytes:
    """Return plain values as JSON: sorted keys, no spaces, ASCII."""
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return text.encode()


def plain_hash(plain: Any) -> str:
    """Return the SHA-256 of plain values as hexadecimal text."""
    return hashlib.sha256(plain_bytes(plain)).hexdigest()
