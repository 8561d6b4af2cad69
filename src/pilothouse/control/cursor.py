"""The reconciler's cursor: how far the journal was compared, and what of it waits to be compared.

Moved ahead with SQL it would end the comparison without a word, and so would a command that waits
for its receipt and is taken from the table. Both are under one seal (`sealed_cursor`); and this
process remembers what it wrote last, while a start believes only what is sealed.
"""

from __future__ import annotations

from typing import Any, Final

from pilothouse.control.models import Reconciled, ReconcilerCursor
from pilothouse.records import audit
from pilothouse.records.readable import attempt
from pilothouse.records.sealed_cursor import ONLY, SealedCursor

WORDS: Final = ("block", "position", "in_use", "charged", "unlisted")
WAITING: Final = "waiting"
"""The word of the commands that wait. Where none does it is left out."""
OF_ONE: Final = ("position", "change", "said", "sentence", "noted_at")
OWN: Final = "the comparison's cursor was changed"
_V: Final = Reconciled.Verdict
Words = dict[str, Any]


def read() -> ReconcilerCursor:
    """Return the cursor as its row is; made at the beginning of the journal if there is none."""
    made, _ = ReconcilerCursor.objects.get_or_create(pk=ONLY)
    return made


def words_of(row: ReconcilerCursor) -> Words:
    """Return what the seal of a cursor is over."""
    waits = Reconciled.objects.filter(verdict=_V.WAITING).order_by("pk")
    waiting = list(waits.values(*OF_ONE))
    return _own(row) | ({WAITING: waiting} if waiting else {})


def _own(row: ReconcilerCursor) -> Words:
    return {name: getattr(row, name) for name in WORDS}


CURSOR: Final = SealedCursor("comparison", ReconcilerCursor, words_of)


def seal() -> Words:
    """Seal the cursor as it is, and return its words. Held in the same transaction before."""
    row = read()
    if row.seal != CURSOR.seal_of(row):
        CURSOR.write(row)
    return words_of(row)


def hold(written: Words | None) -> str:
    """Put the cursor back to what this process wrote last and return what is wrong, else empty.

    At a start, where nothing is written yet, one whose seal does not fit begins anew.
    """
    why = CURSOR.fault()
    if written is None:
        why = _fault_of_start(why)
        if why:
            begin_anew()
        return why and moved(f"{OWN}; {why}: the whole journal is compared again")
    row = None if why else CURSOR.row()
    if row is not None and words_of(row) == written:
        return ""
    _put_back(written)
    return moved(f"{OWN}; it was put back to block {written['block']:,}")


def _fault_of_start(why: str) -> str:
    row = None if why else CURSOR.row()
    if why and not _is_new():
        return why
    # What differs stays listed when all is compared again.
    compared = Reconciled.objects.exclude(verdict=_V.DIFFERS).exists()
    return "it is gone, and not what was compared" if row is None and compared else ""


def begin_anew() -> None:
    """Put the cursor before the journal; what differs stays, all else is compared again."""
    Reconciled.objects.exclude(verdict=_V.DIFFERS).delete()
    ReconcilerCursor(pk=ONLY).save()


def _put_back(written: Words) -> None:
    waiting = written.get(WAITING, [])
    lost = Reconciled.objects.exclude(verdict=_V.DIFFERS)
    lost.filter(position__in=[one["position"] for one in waiting]).delete()
    lost.filter(verdict=_V.WAITING).delete()
    for one in waiting:
        Reconciled.objects.create(verdict=_V.WAITING, **one)
    ReconcilerCursor(pk=ONLY, **{name: written[name] for name in WORDS}).save()


def _is_new() -> bool:
    # A row that was made and not sealed yet says nothing that could be moved.
    row = attempt(CURSOR.row)
    return row is not None and not row.seal and _own(row) == _own(ReconcilerCursor())


def moved(what: str) -> str:
    """Return the sentence of a cursor that was moved; each time it is a difference of its own."""
    number, _ = audit.head()
    return f"Behind row {number:,} of the audit {what}."
