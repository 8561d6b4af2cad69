"""An alert becomes an incident in one step; from there one step drafts the runbook's change."""

from datetime import timedelta

import pytest

from pilothouse.control import register
from pilothouse.control.refusals import Refused
from pilothouse.control.severity import Severity
from pilothouse.desk import clocks, from_alert, inbox, timeline
from pilothouse.desk.clocks import Clock
from pilothouse.desk.inbox import Wants
from pilothouse.desk.models import Incident, Notice
from pilothouse.desk.opening import open_incident
from pilothouse.desk.timeline import About
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.watch import alerts, ports
from pilothouse.watch.models import Alert
from pilothouse.watch.rules import rules
from pilothouse.wiring.founding import found_register
from tests.desk.conftest import CONTRACT, MINUTE, NOON

PRODUCT = "product:perpetuals"


@pytest.fixture
def founded(db):
    found_register([("perpetuals", "Perpetuals", ["PF_XBTUSD"])])


@pytest.fixture
def connected():
    ports.connect(from_alert.hear)
    yield
    ports.disconnect()


@pytest.fixture
def alert(team, exchange, founded):
    return raised()


def raised(minutes=0, key="price_runs", scope=CONTRACT):
    (rule,) = [one for one in rules() if one.key == key]
    now = NOON + minutes * MINUTE
    return alerts.raise_alert(rule, scope, Alert.About.VALUE, 10**6, now)


def test_one_step_makes_an_alert_an_incident(team, alert):
    incident = from_alert.make_incident(alert, by=team.operator, now=NOON + MINUTE)
    alert.refresh_from_db()
    assert (alert.state, alert.acknowledged_by) == ("acknowledged", team.operator)
    assert incident.severity == alert.severity and incident.owner == alert.owner
    assert {one.subject for one in incident.affected.all()} == {CONTRACT, PRODUCT}
    assert from_alert.incident_of(alert.pk) == incident
    waited = register.entry("alert_rule", alert.rule).body["for_s"]
    assert clocks.moments(incident) == {
        Clock.OCCURRED: NOON - timedelta(seconds=waited),
        Clock.DETECTED: NOON,
        Clock.AWARE: NOON + MINUTE,
    }
    told = timeline.of_incident(incident, NOON + 2 * MINUTE)
    assert (About.ALERT, f"AL-{alert.pk} raise") in [(one.about, one.title) for one in told]
    assert audit.verify().whole


def test_a_long_title_of_a_rule_leaves_room_for_where(team, alert):
    alert.title = "t" * 200
    incident = from_alert.make_incident(alert, by=team.operator, now=NOON + MINUTE)
    assert len(incident.title) == 200
    assert incident.title.endswith("t…, PF_XBTUSD")


def test_an_alert_belongs_to_one_incident(team, alert, incident):
    from_alert.join(incident, alert, by=team.operator, now=NOON + MINUTE)
    for deed in (
        lambda: from_alert.make_incident(alert, by=team.risk, now=NOON + MINUTE),
        lambda: from_alert.join(incident, alert, by=team.risk, now=NOON + MINUTE),
    ):
        with pytest.raises(Refused, match="belongs to an incident already"):
            deed()
    assert Incident.objects.count() == 1
    assert AuditRow.objects.filter(outcome="refused").count() == 2
    assert PRODUCT in {one.subject for one in incident.affected.all()}


def test_a_refused_step_leaves_no_half_incident(team, alert):
    with pytest.raises(Refused):
        from_alert.make_incident(alert, by=team.viewer, now=NOON)
    alert.refresh_from_db()
    assert (Incident.objects.count(), alert.state) == (0, "raised")
    assert AuditRow.objects.filter(outcome="refused", actor=f"person:{team.viewer.pk}").exists()


def test_an_ended_incident_takes_no_alert(team, alert, incident):
    from pilothouse.desk import progress

    progress.dismiss(incident, "a drill", by=team.operator, now=NOON + MINUTE)
    with pytest.raises(Refused, match="not in a state"):
        from_alert.join(incident, alert, by=team.operator, now=NOON + MINUTE)
    assert incident not in from_alert.open_for(alert)
    assert alert in from_alert.free_alerts()


def test_alerts_are_told_until_an_incident_tells_for_them(team, exchange, founded, connected):
    alert = raised()
    assert [one.event for one in Notice.objects.all()] == ["alert.raise"]
    from_alert.make_incident(alert, by=team.operator, now=NOON + MINUTE)
    alerts.resolve(alert, "calm", by=None, now=NOON + 2 * MINUTE)
    assert [one.event for one in Notice.objects.all()] == ["alert.raise", "incident.open"]


def test_an_alert_that_nobody_takes_is_told_again_to_the_next(team, exchange, founded, connected):
    alert = raised()
    alerts.escalate(alert, "manager", 300, NOON + 5 * MINUTE)
    told = Notice.objects.get(event="alert.escalate")
    assert told.owner == "manager"


def test_an_alert_waits_in_the_inbox_of_its_role(team, alert):
    person = team.operator
    mine = [one for one in inbox.lines(person, NOON) if one.wants is Wants.ANSWER]
    assert bool(mine) == (alert.owner == "operator")
    alerts.escalate(alert, "risk", 300, NOON + 5 * MINUTE)
    (line,) = inbox.lines(team.risk, NOON + 5 * MINUTE)
    assert (line.wants, line.label) == (Wants.ANSWER, f"AL-{alert.pk}")
    assert inbox.lines(team.viewer, NOON + 5 * MINUTE) == []
    alerts.acknowledge(alert, by=team.risk, now=NOON + 6 * MINUTE)
    assert inbox.lines(team.risk, NOON + 6 * MINUTE) == []


def test_other_alerts_of_its_markets_stand_in_the_line_of_time(team, alert, incident):
    beside = raised(2, key="thin_book") if _has("thin_book") else raised(2, key=_another())
    titles = [one.title for one in timeline.of_incident(incident, NOON + 5 * MINUTE)]
    assert f"AL-{beside.pk} raise" in titles


def _has(key):
    return key in {one.key for one in rules()}


def _another():
    return next(one.key for one in rules() if one.key != "price_runs")


def test_a_notice_carries_a_full_link_if_the_address_is_known(team, exchange, founded, settings):
    settings.PILOTHOUSE_CONSOLE_URL = "https://console.example.com"
    alert = raised()
    note_raised = Notice.objects.filter(subject=f"alert:{alert.pk}")
    incident = open_incident("Index is stale", Severity.HIGH, by=team.operator, now=NOON)
    told = Notice.objects.get(subject=incident.subject)
    assert told.body.endswith(f"https://console.example.com/incidents/{incident.pk}")
    assert all("https://console.example.com/alerts/" in one.body for one in note_raised)
