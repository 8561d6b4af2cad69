"""The audit: append-only, chained by hash, written in the same transaction as the deed.

A row's hash covers the row before it and every word of its own, so a changed, missing or inserted
row shows. Rows cut off at the end show against the head; head and rows cut together show only
against a head noted elsewhere (`head` gives it). A row's seal is made with the folder's secret:
who can write the database alone appends a row that is chained rightly, not one that is sealed.
Where such a row, or a head that was moved, is in the way, the next row is written behind the end
and the audit counts as broken: what must be done is done.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from pilothouse.language.texts import all_shown, shown
from pilothouse.records.clients import SUMMARY, salted
from pilothouse.records.models import AuditHead, AuditRow
from pilothouse.records.numbering import answer, last_before_gap
from pilothouse.records.readable import Unreadable, attempt, each, readable, stream
from pilothouse.records.refusals import BOUND
from pilothouse.records.row_hash import row_hash
from pilothouse.records.seals import is_seal, seal_of_hash
from pilothouse.records.seen import SEEN
from pilothouse.records.shortened import Shortened

DONE: Final = "done"
REFUSED: Final = "refused"
NO_HASH: Final = "0" * 64
GAP_MOST: Final = 1_000
"""Free numbers behind which a row still counts as one of the audit, and the next is written."""
LOOKED_AT: Final = 20
"""Rows behind more free numbers, at either end of them, among which sealed ones are looked for."""


class NoTransaction(RuntimeError):
    """An audit row was to be written outside the transaction of its deed."""


class NotRecorded(RuntimeError):
    """The audit row of a deed could not be written, so the deed must not have been done."""


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

    `facts` is plain JSON and must hold no secret. Raises NoTransaction outside a transaction, and
    NotRecorded if the database does not take the row: the deed is undone with it.
    """
    if not connection.in_atomic_block:
        raise NoTransaction(f"{deed} of {subject} was to be audited outside a transaction")
    try:
        return _add(actor, deed, subject, sentence, facts, outcome, at)
    except DatabaseError as why:
        raise NotRecorded(f"the audit does not take the row of {deed}: {why}") from why


def _add(
    actor: str,
    deed: str,
    subject: str,
    sentence: str,
    facts: dict[str, Any] | None,
    outcome: str,
    at: datetime | None,
) -> AuditRow:
    last, before = _last()
    row = AuditRow(
        number=last + 1,
        at=at or timezone.now(),
        actor=shown(actor),
        deed=shown(deed),
        subject=shown(subject),
        outcome=outcome,
        sentence=shown(sentence),
        facts=salted(deed, subject, all_shown(json.loads(json.dumps(facts or {})))),
        before_hash=before,
    )
    row.hash = row_hash(row)
    row.seal = _seal_of(row.hash)
    row.save()
    AuditHead(pk=1, number=row.number, hash=row.hash).save()
    SEEN.note_written(row)
    return row


def _last() -> tuple[int, str]:
    # Behind its own last row the chain goes on; behind what somebody put there it breaks.
    (number, told), last = head(), end()
    if last != number:
        SEEN.note_moved(last + 1)
        row = attempt(AuditRow.objects.filter(number=last).first)
        told = row.hash if row and is_sealed(row) else told
    return last, told


def write_refusal(
    actor: str, deed: str, subject: str, sentence: str, facts: dict[str, Any] | None = None
) -> AuditRow | None:
    """Record a refused attempt in a transaction of its own: the deed's was rolled back.

    Texts are cut as `shortened` says. Beyond the bound of `refusals` it is counted instead, and
    None is returned.
    """
    short = Shortened()
    sentence = short.of(shown(sentence))
    kept = short.of(all_shown(json.loads(json.dumps(facts or {}))))
    if not BOUND.is_row(actor, deed, {"subject": subject, **kept}):
        return None
    with transaction.atomic():
        return write(actor, deed, subject, sentence, facts=kept, outcome=REFUSED)


def write_summaries() -> None:
    """Write what the refused attempts came to that were counted; to be called each second."""
    for one in BOUND.due():
        sentence = f"{one.count} more refused attempts were counted without rows of their own"
        facts = {"count": one.count, "last": one.last}
        with transaction.atomic():
            write(one.actor, one.deed, SUMMARY, sentence, facts=facts, outcome=REFUSED)


def is_sealed(row: AuditRow) -> bool:
    """Tell whether a row, as it is now, was written with the secret of this process."""
    try:
        return is_seal(row.seal, _seal_of(row_hash(row)))
    except (AttributeError, TypeError, ValueError):
        # It holds what no release writes: bytes for a text, or no time.
        return False


def _seal_of(made: str) -> str:
    return seal_of_hash(settings.PILOTHOUSE_AUDIT_KEY, made)


def head() -> tuple[int, str]:
    """Return the number and hash of the last row, to be noted where nobody here can change it.

    A head that no release writes is none: 0, as before the first row.
    """
    made = attempt(AuditHead.objects.filter(pk=1).first)
    if made is None or not isinstance(made.number, int) or not isinstance(made.hash, str):
        return 0, NO_HASH
    return made.number, made.hash


def end() -> int:
    """Return the number of the last row, or of the head where rows before it are gone.

    A row or a head behind more than GAP_MOST free numbers is none of this audit, unless the row
    was written here: then those before it were taken out, and the end is behind it.
    """
    number, told = head()
    row = attempt(AuditRow.objects.filter(number=number).first)
    # A head that was moved to a row that somebody put there leads nowhere.
    last = _last_before(number if row and row.hash == told and is_sealed(row) else 0)
    behind = _written_behind(last)
    last = _last_before(behind) if behind > last else last
    return number if last < number <= last + GAP_MOST else last


def _last_before(begin: int) -> int:
    return answer(last_before_gap(AuditRow._meta.db_table, "number", begin, GAP_MOST))


def _written_behind(last: int) -> int:
    # Whoever puts rows around a sealed one hides it from a look at the ends of them, but not one
    # that this process knows from its memory or from the journal.
    rows = AuditRow.objects.filter(number__gt=last)
    if not rows.exists():
        return 0
    looked = [*readable(rows.order_by("-number"), LOOKED_AT), *readable(rows, LOOKED_AT)]
    return max(SEEN.last_there(), *(one.number for one in looked if is_sealed(one)), 0)


def verify() -> Verdict:
    """Read the whole chain and say where it first breaks."""
    below = below_the_first()
    if below:
        return Verdict(0, 1, below, NO_HASH)
    number, told = head()
    verdict = check_chain(stream(AuditRow.objects.order_by("number")))
    if verdict.whole and (verdict.rows, verdict.head) != (number, told):
        return Verdict(
            verdict.rows, verdict.rows + 1, "rows at the end are missing or added", verdict.head
        )
    return verdict


def below_the_first() -> str:
    """Say which row has a number that no row has which was written here, "" if none does."""
    below = AuditRow.objects.filter(number__lt=1).order_by("number").first()
    return f"row {below.number} is below the first, which is row 1" if below else ""


def end_fault() -> str:
    """Say what is wrong with the chain's last link, "" if nothing is: quick, unlike `verify`."""
    number, told = head()
    last = AuditRow.objects.filter(number__in=(number - 1, number)).order_by("number")
    rows = each(last)
    for one in rows:
        if isinstance(one, Unreadable):
            return f"row {one.pk} cannot be read"
    if number and (not rows or rows[-1].number != number):
        return f"row {number}, the last, is missing"
    if rows and rows[-1].hash != told:
        return f"row {number} is not the one that was written last"
    return _break(rows[-1], number, rows[0].hash if number > 1 else NO_HASH) if rows else ""


def check_chain(
    rows: Iterable[AuditRow | Unreadable], after: int = 0, before: str = NO_HASH
) -> Verdict:
    """Follow rows behind row `after`, whose hash is `before`, and say where the chain breaks.

    Needs no database. `rows` of the verdict counts those that were followed.
    """
    number = after
    for row in rows:
        number += 1
        if isinstance(row, Unreadable):
            return Verdict(number - after, number, f"row {number} cannot be read", before)
        reason = _break(row, number, before)
        if reason:
            return Verdict(number - after, number, reason, before)
        before = row.hash
    return Verdict(number - after, 0, "", before)


def _break(row: AuditRow, number: int, before: str) -> str:
    if row.number != number:
        return f"row {number} is missing"
    if row.before_hash != before:
        return f"row {number} does not follow the row before it"
    try:
        was_changed = row.hash != row_hash(row)
    except (AttributeError, TypeError, ValueError):
        was_changed = True
    return f"row {number} was changed" if was_changed else ""


def rows_about(subject: str) -> list[AuditRow]:
    """Return the timeline of one subject, oldest first, without rows that cannot be read."""
    return readable(AuditRow.objects.filter(subject=subject).order_by("number"))
