"""Seals of rows of the database: made with keys of the folder's secret, and without a database.

So whoever reads the database without Django can tell what somebody wrote into it with SQL.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any, Final

AUDIT: Final = "rows of the audit"
"""The purpose of the key that seals them."""
ARCHIVE: Final = "cursor of the archive"
"""The purpose of the key that seals it."""


def seal_of_hash(key: bytes, made: str) -> str:
    """Return the seal of a row that has this hash."""
    return hmac.new(key, made.encode(), hashlib.sha256).hexdigest()


def seal_of_words(key: bytes, words: Any) -> str:
    """Return the seal of plain values; what is no plain value counts as its text."""
    said = json.dumps(words, sort_keys=True, separators=(",", ":"), default=str)
    return seal_of_hash(key, said)


def is_seal(told: Any, right: str) -> bool:
    """Tell whether what stands in a column is the right seal, in a time that tells nothing."""
    return isinstance(told, str) and hmac.compare_digest(told.encode(), right.encode())
