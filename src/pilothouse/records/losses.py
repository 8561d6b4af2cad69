"""History that people went on without, as rows of the audit: each loss once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from django.db import transaction

from pilothouse.journal.lost import accepted
from pilothouse.journal.storage import Storage
from pilothouse.language.numbers import SECOND_US
from pilothouse.records import audit
from pilothouse.records.models import AuditRow

DEED: Final = "journal.loss_accepted"


def note_losses(storage: Storage) -> int:
    """Write an audit row for every accepted loss that has none; return how many were written."""
    return sum(
        _note(one["word"], one["by"], one["at_us"], one["said"], one["loss"])
        for one in accepted(storage)
    )


def _note(word: str, by: str, at_us: int, said: str, loss: dict[str, object]) -> bool:
    subject = f"journal:{word}"
    with transaction.atomic():
        if AuditRow.objects.filter(deed=DEED, subject=subject).exists():
            return False
        at = datetime.fromtimestamp(at_us // SECOND_US, UTC)
        sentence = f"{said} {by} accepted this loss at {at:%Y-%m-%d %H:%M:%S} UTC."
        audit.write(by, DEED, subject, sentence, facts={"word": word, "loss": loss})
    return True
