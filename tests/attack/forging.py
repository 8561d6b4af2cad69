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
