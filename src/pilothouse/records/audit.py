"""The audit: append-only, chained by hash, written in the same transaction as the deed.

A row's hash covers the row before it and every word of its own, so a changed, missing or inserted
row shows. Rows cut off at the end show against the head; head and rows cut together show only
against a head noted elsewhere (`head` gives it).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from pilothouse.records.models import AuditHead, AuditRow

DONE: Final = "done"
REFUSED: Final = "refused"
NO_HASH: Final = "0" * 64


class NoTransaction(RuntimeError):
    """An audit row was to be written outside the transaction of its deed."""


@dataclass(frozen=True)
class Verdict:
    """What a reading of the whole chain says. `broken_at` is 0 when it is whole."""

    rows: int
    broken_at: int
    reason: str
    head: str

    @property
    def whole(self) -> bool:
        """Tell whether nothing shows tampering."""
        return self.broken_at == 0


def write(
    actor: str,
    deed: str,
    subject: str,
    sentence: str,
    *,
    facts: dict[str, Any] | None = None,
    outcome: str = DONE,
    at: datetime | None = None,
) -> AuditRow:
    """Add a row to the chain. Must be called within the transaction of its deed.

    `facts` is plain JSON and must hold no secret. Raises NoTransaction outside a transaction.
    """
    if not connection.in_atomic_block:
        raise NoTransaction(f"{deed} of {subject} was to be audited outside a transaction")
    head, _ = AuditHead.objects.select_for_update().get_or_create(pk=1)
    row = AuditRow(
        number=head.number + 1,
        at=at or timezone.now(),
        actor=actor,
        deed=deed,
        subject=subject,
        outcome=outcome,
        sentence=sentence,
        facts=json.loads(json.dumps(facts or {})),
        before_hash=head.hash,
    )
    row.hash = row_hash(row)
    row.save()
    head.number, head.hash = row.number, row.hash
    head.save()
    return row


def write_refusal(
    actor: str, deed: str, subject: str, sentence: str, facts: dict[str, Any] | None = None
) -> AuditRow:
    """Record a refused attempt in a transaction of its own: the deed's was rolled back."""
    with transaction.atomic():
        return write(actor, deed, subject, sentence, facts=facts, outcome=REFUSED)


def row_hash(row: AuditRow) -> str:
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
    plain = json.dumps(words, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(plain.encode()).hexdigest()


def _microseconds(at: datetime) -> int:
    passed = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def head() -> tuple[int, str]:
    """Return the number and hash of the last row, to be noted where nobody here can change it."""
    made = AuditHead.objects.filter(pk=1).first()
    return (made.number, made.hash) if made else (0, NO_HASH)


def verify() -> Verdict:
    """Read the whole chain and say where it first breaks."""
    number, told = head()
    verdict = check_chain(AuditRow.objects.order_by("number").iterator())
    if verdict.whole and (verdict.rows, verdict.head) != (number, told):
        return Verdict(
            verdict.rows, verdict.rows + 1, "rows at the end are missing or added", verdict.head
        )
    return verdict


def check_chain(rows: Iterable[AuditRow]) -> Verdict:
    """Follow rows from the first and say where the chain breaks; needs no database."""
    count, before = 0, NO_HASH
    for row in rows:
        count += 1
        reason = _break(row, count, before)
        if reason:
            return Verdict(count, count, reason, before)
        before = row.hash
    return Verdict(count, 0, "", before)


def _break(row: AuditRow, number: int, before: str) -> str:
    if row.number != number:
        return f"row {number} is missing"
    if row.before_hash != before:
        return f"row {number} does not follow the row before it"
    if row.hash != row_hash(row):
        return f"row {number} was changed"
    return ""


def rows_about(subject: str) -> list[AuditRow]:
    """Return the line of time of one subject, oldest first."""
    return list(AuditRow.objects.filter(subject=subject).order_by("number"))
