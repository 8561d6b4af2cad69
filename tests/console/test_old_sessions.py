"""Sessions that have ended leave the table, a bounded number at a time: X10."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session

from pilothouse.console import old_sessions

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_ended_sessions_go_in_rounds_and_the_others_stay(monkeypatch):
    monkeypatch.setattr(old_sessions, "AT_ONCE", 3)
    for number in range(5):
        ended = NOON - timedelta(hours=number + 1)
        Session.objects.create(session_key=f"old{number}", session_data="", expire_date=ended)
    later = NOON + timedelta(seconds=1)
    Session.objects.create(session_key="live", session_data="", expire_date=later)
    assert [old_sessions.clear(NOON) for _ in range(3)] == [3, 2, 0]
    assert [one.session_key for one in Session.objects.all()] == ["live"]
