"""Changes and incidents as the archive shows them, and that a picture follows its rows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from pilothouse.control import ports
from pilothouse.control.archived import changes
from pilothouse.control.models import Change
from pilothouse.desk.archived import alerts, incidents
from pilothouse.desk.models import Incident
from pilothouse.records.archive.archive import Archive, live
from pilothouse.records.archive.pictures import Pictures
from pilothouse.records.archive.team_tables import ALERTS, CHANGES, INCIDENTS
from pilothouse.watch.models import Alert
from tests.control.conftest import Team
from tests.control.doubles import Exchange

pytestmark = pytest.mark.django_db
NOON = datetime(2027, 1, 1, 12, tzinfo=UTC)


def make(team: Team, **more) -> Change:
    change = Change.objects.create(
        kind="margin_schedule", title="More margin", why="a test", state_at=NOON,
        proposer=team.operator, proposed_at=NOON, change_class="B", direction="tightening",
        reversible="yes", **more,
    )  # fmt: skip
    change.touched.create(name="market:9:schedules")
    return change


def test_a_change_is_a_row_with_its_incident_and_its_first_applied_step():
    change = make(Team(), cause="incident:3")
    steps = ((2, NOON.replace(hour=14), 20, 5), (1, NOON.replace(hour=13), 10, 7))
    for number, at, position, below in steps:
        change.steps.create(
            number=number, base_version=1, applied_at=at, verified_at=at, position=position,
            predicted={"accounts_below_initial": below, "accounts_below_maintenance": 1},
        )  # fmt: skip
    assert changes().schema == CHANGES.schema
    row = changes().to_pylist()[0]
    assert (row["incident"], row["position"], row["predicted_below_initial"]) == (3, 10, 7)
    assert row["market"] == 9
    assert row["applied"] == datetime(2027, 1, 1, 13)
    assert row["verified"] == datetime(2027, 1, 1, 14)


def test_a_picture_is_replaced_when_its_rows_moved_and_only_then(tmp_path):
    team = Team()
    archive = Archive(tmp_path)
    pictures = Pictures(archive)
    pictures.show("changes", changes)
    pictures.show("incidents", incidents)
    assert pictures.refresh() == 0, "nothing is shown as nothing"
    change = make(team)
    assert pictures.refresh() == 1 and pictures.refresh() == 0
    change.state = "applied"
    change.save()
    assert pictures.refresh() == 1
    assert live("changes").count() == 1
    again = Pictures(archive)
    again.show("changes", changes)
    assert again.refresh() == 0, "a new process knows what is shown"


def test_an_incident_is_a_row_with_its_clocks():
    Incident.objects.create(
        title="Spread", severity="major", owner="operator", state_at=NOON,
        opened_by=Team().operator, opened_at=timezone.now(),
    )  # fmt: skip
    assert incidents().schema == INCIDENTS.schema
    assert incidents().to_pylist()[0]["title"] == "Spread"


def test_an_alert_is_a_row_with_its_market_and_its_incident():
    exchange = Exchange()
    ports.connect(exchange, exchange, exchange, exchange)
    market = exchange.markets()[0]
    raised = Alert.objects.create(
        rule="late", rule_version=1, scope=f"market:{market.symbol}/3", about="value",
        title="Late", measure="index_age", limit=5, severity="high", owner="operator",
        raised_at=NOON,
    )  # fmt: skip
    made = Incident.objects.create(
        title="Spread", severity="major", owner="operator", state_at=NOON,
        opened_by=Team().operator, opened_at=NOON,
    )  # fmt: skip
    made.alerts.create(alert=raised.pk)
    rows = alerts()
    ports.disconnect()
    assert rows.schema == ALERTS.schema
    row = rows.to_pylist()[0]
    assert (row["market"], row["source"], row["incident"], row["raised"]) == (
        market.number, 3, made.pk, datetime(2027, 1, 1, 12),
    )  # fmt: skip
