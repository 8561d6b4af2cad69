"""The end of a key or a grant, in the audit: with SQL its row alone can be put back as it was.

Each end through this program is an audit row. A key that the audit says was revoked opens nothing,
whatever its own row says; a grant that lives on is a difference. These rows count without their
seal, too: else who empties a seal with SQL would bring back what was ended.
"""

from __future__ import annotations

from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models.signals import post_save

from pilothouse.access import keys
from pilothouse.access.keys import ApiKey
from pilothouse.access.models import Grant, StoredKey
from pilothouse.control.believed import Rows
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import readable

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
        audit.write("machine", KEY, _about(instance.public), sentence)


def _grant_saved(sender: Any, instance: Grant, update_fields: Any = None, **_: Any) -> None:
    if not _ended(instance, update_fields) or instance.revoked_at is None:
        return
    at = instance.revoked_at.isoformat()
    if ends().get(instance.pk) == at:
        return
    sentence = f"{instance.person} is {instance.role} no longer"
    facts = {"grant": instance.pk, "role": instance.role, "at": at}
    with transaction.atomic():
        audit.write("machine", GRANT, f"person:{instance.person_id}", sentence, facts=facts)


def _about(public: str) -> str:
    return f"key:{public}"


def _rows(deed: str) -> Rows:
    return AuditRow.objects.filter(deed=deed, outcome=audit.DONE)


def is_revoked(public: str) -> bool:
    """Tell whether the audit says that a key was revoked."""
    rows = _rows(KEY).filter(subject=_about(public))
    return rows.exists()


def revoked() -> frozenset[str]:
    """Return the public halves of all keys that the audit says were revoked."""
    return frozenset(row.subject.partition(":")[2] for row in readable(_rows(KEY)))


def ends(rows: Rows | None = None) -> dict[int, str]:
    """Return when each grant ended that the audit, or some rows of it, says was revoked (ISO)."""
    asked = _rows(GRANT) if rows is None else rows.filter(deed=GRANT)
    found = (row.facts for row in readable(asked) if isinstance(row.facts, dict))
    return {one["grant"]: str(one.get("at")) for one in found if isinstance(one.get("grant"), int)}


def find_key(public: str) -> ApiKey | None:
    """Return the key of a public half; None if there is none, or the audit says it was revoked."""
    found = keys.find_key(public)
    if found is not None and is_revoked(public):
        log.warning("key_was_revoked", key=public[:8])
        return None
    return found
