"""What somebody does who writes the database alone: rows of the audit, chained rightly."""

from django.utils import timezone

from pilothouse.records import audit
from pilothouse.records.models import AuditHead, AuditRow


def append_row(actor, deed, subject, facts, *, seal=lambda made: "", sentence="It was so"):
    """Put a row at the end of the audit, its hash and the head made as they should be; `seal` is
    asked for a seal of the hash.
    """
    number, told = audit.head()
    row = AuditRow(
        number=number + 1,
        at=timezone.now(),
        actor=actor,
        deed=deed,
        subject=subject,
        outcome=audit.DONE,
        sentence=sentence,
        facts=facts,
        before_hash=told,
    )
    row.hash = audit.row_hash(row)
    row.seal = seal(row.hash)
    AuditRow.objects.bulk_create([row])
    AuditHead.objects.update(number=row.number, hash=row.hash)
    assert audit.verify().whole, "the chain alone says nothing"
    return row


def chain_anew(rows):
    """Put rows in the place of all from the number of the first one on, chained rightly and in
    order; their seals are what they were.
    """
    first = rows[0].number
    before = rows[0].before_hash
    AuditRow.objects.filter(number__gte=first)._raw_delete("default")
    for place, row in enumerate(rows):
        row.number, row.before_hash = first + place, before
        row.hash = before = audit.row_hash(row)
    AuditRow.objects.bulk_create(rows)
    AuditHead.objects.update(number=rows[-1].number, hash=before)
