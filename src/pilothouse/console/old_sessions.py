"""Rows of sessions that have ended: taken away a few at a time; no table grows for ever."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.contrib.sessions.models import Session

from pilothouse.access import signed_in

AT_ONCE: Final = 500
"""Rows of one round: a round is a moment's lock of the database."""


def clear(now: datetime) -> int:
    """Delete sessions that ended before `now`, the oldest first; return how many."""
    ended = Session.objects.filter(expire_date__lt=now).order_by("expire_date")
    keys = list(ended.values_list("pk", flat=True)[:AT_ONCE])
    signed_in.clear(AT_ONCE)
    return Session.objects.filter(pk__in=keys, expire_date__lt=now).delete()[0] if keys else 0
