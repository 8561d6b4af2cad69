"""The reconciler's cursor: how far the journal was compared, sealed with the folder's secret.

Moved ahead with SQL it would end the comparison without a word. So this process remembers what it
wrote last, and a start believes only what is under its seal.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Final

from django.conf import settings

from pilothouse.access.secret_file import derive, read_secret
from pilothouse.control.canonical import plain_bytes
from pilothouse.control.models import Reconciled, ReconcilerCursor
from pilothouse.records import audit

PURPOSE: Final = "cursor of the comparison"
WORDS: Final = ("block", "position", "in_use", "charged", "unlisted")
OWN: Final = "the comparison's cursor was changed"
Words = dict[str, Any]


def read() -> ReconcilerCursor:
    """Return the cursor as its row is; made at the beginning of the journal if there is none."""
    made, _ = ReconcilerCursor.objects.get_or_create(pk=1)
    return made


def words_of(row: ReconcilerCursor) -> Words:
    """Return what the seal of a cursor is over."""
    return {name: getattr(row, name) for name in WORDS}


def seal() -> Words:
    """Seal the cursor as it is, and return its words. Held in the same transaction before."""
    row = read()
    made = _seal_of(row)
    if row.seal != made:
        row.seal = made
        row.save(update_fields=["seal"])
    return words_of(row)


def hold(written: Words | None) -> str:
    """Put the cursor back to what this process wrote last and return what is wrong, else empty.

    At a start, where nothing is written yet, one whose seal does not fit begins anew.
    """
    row = read()
    if written is None:
        if hmac.compare_digest(row.seal.encode(), _seal_of(row).encode()) or _is_new(row):
            return ""
        begin_anew(row)
        return moved(f"{OWN}; its seal does not fit: the whole journal is compared again")
    if words_of(row) == written:
        return ""
    for name, value in written.items():
        setattr(row, name, value)
    row.save()
    return moved(f"{OWN}; it was put back to block {written['block']:,}")


def begin_anew(row: ReconcilerCursor) -> None:
    """Put the cursor before the journal; what differs stays, all else is compared again."""
    Reconciled.objects.exclude(verdict=Reconciled.Verdict.DIFFERS).delete()
    for name, value in words_of(ReconcilerCursor()).items():
        setattr(row, name, value)
    row.save()


def _is_new(row: ReconcilerCursor) -> bool:
    return not row.seal and words_of(row) == words_of(ReconcilerCursor())


def moved(what: str) -> str:
    """Return the sentence of a cursor that was moved; each time it is a difference of its own."""
    number, _ = audit.head()
    return f"Behind row {number:,} of the audit {what}."


def _seal_of(row: ReconcilerCursor) -> str:
    key = derive(read_secret(settings.PILOTHOUSE_HOME), PURPOSE)
    return hmac.new(key, plain_bytes(words_of(row)), hashlib.sha256).hexdigest()
