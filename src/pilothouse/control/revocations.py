"""The end of a key or a grant, in the audit: with SQL its row alone can be put back as it was.

Each end through this program is an audit row. A key that the audit says was revoked opens nothing,
whatever its own row says; a grant that lives on is a difference. These rows count without their
seal, too: else who empties a seal with SQL would bring back what was ended. What a process has
written or read of them with a seal stays ended there, also while the row is gone; and a row that
is not as it was written ends all that its person was given before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models.signals import post_save

from pilothouse.access import keys
from pilothouse.access.keys import ApiKey
from pilothouse.access.models import Grant, StoredKey
from pilothouse.control.believed import Rows, beginning, is_believed
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.records.numbering import FAR
from pilothouse.records.readable import Unreadable, attempt, each, stream
from pilothouse.records.seen import SEEN

KEY: Final = "key.revoked"
GRANT: Final = "grant.revoked"
DEEDS: Final = (KEY, GRANT)
log = structlog.get_logger()


def listen() -> None:
    """Hear of every end. Called once, when the room is loaded."""
    post_save.connect(_key_saved, StoredKey, dispatch_uid="pilothouse.revoked.key")
    post_save.connect(_grant_saved, Grant, dispatch_uid="pilothouse.revoked.grant")


def _ended(row: StoredKey | Grant, update_fields: Any) -> bool:
    written = update_fields is None or "revoked_at" in update_fields
    return written and row.revoked_at is not None


def _key_saved(sender: Any, instance: StoredKey, update_fields: Any = None, **_: Any) -> None:
    if not _ended(instance, update_fields) or is_revoked(instance.public):
        return
    sentence = f"API key {instance.public[:8]}… was revoked"
    with transaction.atomic():
        row = audit.write("machine", KEY, _about(instance.public), sentence)
        SEEN.note_ended(row.subject, row)


def _grant_saved(sender: Any, instance: Grant, update_fields: Any = None, **_: Any) -> None:
    if not _ended(instance, update_fields) or instance.revoked_at is None:
        return
    at = instance.revoked_at.isoformat()
    if ends().at.get(instance.pk) == at:
        return
    sentence = f"{instance.person} is {instance.role} no longer"
    facts = {"grant": instance.pk, "role": instance.role, "at": at}
    with transaction.atomic():
        row = audit.write("machine", GRANT, f"person:{instance.person_id}", sentence, facts=facts)
        SEEN.note_ended(_named(instance.pk), row, at)


def _about(public: str) -> str:
    return f"key:{public}"


def _rows(deed: str) -> Rows:
    return AuditRow.objects.filter(deed=deed, outcome=audit.DONE)


def is_revoked(public: str) -> bool:
    """Tell whether the audit says that a key was revoked, or said so to this process."""
    about = _about(public)
    return bool(_kept(_rows(KEY).filter(subject=about))) or SEEN.ended(about) is not None


def revoked() -> frozenset[str]:
    """Return the public halves of all keys that the audit says were revoked."""
    rows = (one for one in _kept(_rows(KEY)) if not isinstance(one, Unreadable))
    return frozenset(row.subject.partition(":")[2] for row in rows)


def _kept(rows: Rows) -> list[AuditRow | Unreadable]:
    found = each(rows)
    for row in found:
        if not isinstance(row, Unreadable) and audit.is_sealed(row):
            SEEN.note_ended(row.subject, row)
    return found


@dataclass
class Ends:
    """What rows of the audit say was revoked.

    `at` is when each grant ended (ISO), `before` up to which row all grants of a subject did.
    """

    at: dict[int, str] = field(default_factory=dict)
    before: dict[str, int] = field(default_factory=dict)

    def of(self, grant: int) -> str | None:
        """Return when a grant ended, as the audit says or said to this process; None if not."""
        seen = SEEN.ended(_named(grant))
        return self.at.get(grant) if seen is None else seen

    def ends_all(self, row: AuditRow) -> bool:
        """Tell whether what a row gave was ended by a later, odd one."""
        return row.number < self.before.get(row.subject, 0)


def _named(grant: int) -> str:
    return f"grant:{grant}"


def ends(rows: Rows | None = None) -> Ends:
    """Return what the audit, or some rows of it, says of grants that were revoked."""
    made, begun = Ends(), beginning()
    asked = _rows(GRANT) if rows is None else rows.filter(deed=GRANT)
    for row in stream(asked.order_by("number")):
        if isinstance(row, Unreadable) or not _end_one(made, row) or not is_believed(row, begun):
            _end_all(made, row.pk)
    return made


def _end_one(made: Ends, row: AuditRow) -> bool:
    facts = row.facts if isinstance(row.facts, dict) else {}
    grant, at = facts.get("grant"), facts.get("at")
    if type(grant) is not int:
        return False
    made.at[grant] = str(at or None)
    if audit.is_sealed(row):
        SEEN.note_ended(_named(grant), row, made.at[grant])
    return True


def _end_all(made: Ends, number: Any) -> None:
    # Of a row that cannot be read its subject can: a query found it by that.
    held = AuditRow.objects.filter(pk=number).values_list("subject", flat=True)
    subject = attempt(held.first)
    if isinstance(subject, str):
        before = number if isinstance(number, int) else FAR
        made.before[subject] = max(made.before.get(subject, 0), before)


def find_key(public: str) -> ApiKey | None:
    """Return the key of a public half; None if there is none, or the audit says it was revoked."""
    found = keys.find_key(public)
    if found is not None and is_revoked(public):
        log.warning("key_was_revoked", key=public[:8])
        return None
    return found
