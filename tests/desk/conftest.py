"""An operations team and an exchange of one page, and an incident that was just opened."""

from datetime import UTC, datetime, timedelta

import pytest

from pilothouse.control.severity import Severity
from pilothouse.desk.opening import open_incident
from tests.control.conftest import exchange, team

__all__ = ["exchange", "incident", "team"]

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CONTRACT = "market:PF_XBTUSD"


@pytest.fixture
def incident(team, exchange):
    return open_incident(
        "Index of XBT is stale",
        Severity.HIGH,
        by=team.operator,
        affected=[CONTRACT],
        occurred=NOON - 3 * MINUTE,
        detected=NOON - MINUTE,
        now=NOON,
    )
