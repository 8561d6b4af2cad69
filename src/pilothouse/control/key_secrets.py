"""The secret of a new API key: shown once, to one person who manages keys, within an hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from pilothouse.access import keys
from pilothouse.access.models import Person, StoredKey
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.control import refusals
from pilothouse.control.deed import actor, deed, moment
from pilothouse.control.refusals import Refused
from pilothouse.records import audit

SHOW: Final = "key.show"
WITHIN: Final = timedelta(hours=1)
"""How long after it was made a secret can still be shown."""


def is_showable(row: StoredKey, now: datetime) -> bool:
    """Tell whether the secret of a key can still be shown."""
    return row.revoked_at is None and row.shown_at is None and now < row.made_at + WITHIN


def show(number: int, *, by: Person, now: datetime | None = None) -> tuple[StoredKey, str]:
    """Return a key with its secret, once; Refused for whoever manages no keys, and ever after."""
    now = moment(now)
    with deed(SHOW, by, f"key_row:{number}"):
        if not may(by, Right.MANAGE_KEYS, now):
            raise Refused(refusals.NO_RIGHT, SHOW)
        row = StoredKey.objects.select_for_update().filter(pk=number).first()
        if row is None or not is_showable(row, now):
            raise Refused(refusals.SECRET_WAS_SHOWN)
        row.shown_at = now
        row.save(update_fields=["shown_at"])
        sentence = f"{by} was shown the secret of API key {row.public[:8]}…"
        audit.write(actor(by), SHOW, f"key:{row.public}", sentence, at=now)
        return row, keys.secret_of(row.public)
