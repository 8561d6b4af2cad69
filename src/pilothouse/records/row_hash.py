"""The hash of a row of the audit, made without a database: one for the writer and readers."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Protocol


class Words(Protocol):
    """What a row says, and the hash of the row before it."""

    number: int
    at: datetime
    actor: str
    deed: str
    subject: str
    outcome: str
    sentence: str
    facts: dict[str, Any]
    before_hash: str


def row_hash(row: Words) -> str:
    """Return the hash of a row: SHA-256 over its words as canonical JSON."""
    words = {
        "number": row.number,
        "at_us": _microseconds(row.at),
        "actor": row.actor,
        "deed": row.deed,
        "subject": row.subject,
        "outcome": row.outcome,
        "sentence": row.sentence,
        "facts": row.facts,
        "before": row.before_hash,
    }
    # Every part is within the quotes and brackets of JSON, so no part can run into the next one.
    plain = json.dumps(words, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(plain.encode()).hexdigest()


def _microseconds(at: datetime) -> int:
    passed = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds
