"""One person opens incidents without end: nobody waits behind them, and every page stays short."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from pilothouse.console.pages.inbox.view import LINES_MOST as INBOX_MOST
from pilothouse.console.pages.incident.facts import READINGS_MOST, TIMELINE_MOST
from pilothouse.console.pages.incidents.reading import AFFECTING_MOST, LINES_MOST
from pilothouse.control.refusals import Refused
from pilothouse.control.severity import Severity
from pilothouse.desk import clocks, from_alert, many, progress, timeline
from pilothouse.desk.clocks import Clock
from pilothouse.desk.models import Affected, ClockReading, Incident, Notice
from pilothouse.desk.moves import State
from pilothouse.desk.opening import open_incident
from pilothouse.desk.refusals import TOO_MANY_OPEN, TOO_MANY_TODAY
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.watch.models import Alert
from tests.console.conftest import JSON

NOW = timezone.now().replace(microsecond=0)
MARKET = "market:PF_XBTUSD"


def opened(by, severity=Severity.MEDIUM, now=NOW, **more):
    return open_incident("Nothing happened", severity, by=by, now=now, **more)


def copies(incident, count, **more):
    plain = {one.attname: getattr(incident, one.attname) for one in Incident._meta.concrete_fields}
    del plain["id"]
    made = Incident.objects.bulk_create([Incident(**(plain | more)) for _ in range(count)])
    affected = [one.subject for one in incident.affected.all()]
    Affected.objects.bulk_create(
        [Affected(incident=one, subject=subject) for one in made for subject in affected]
    )


def test_open_incidents_of_one_person_are_bounded(team, stage):
    copies(opened(team.operator), many.OPEN_MOST - 1)
    told = Notice.objects.count()
    with pytest.raises(Refused, match="ask a colleague") as refused:
        opened(team.operator, Severity.HIGH)
    assert refused.value.reason is TOO_MANY_OPEN and "30 are open" in str(refused.value)
    assert "resolve or dismiss one" in str(refused.value)
    assert Incident.objects.count() == many.OPEN_MOST and Notice.objects.count() == told
    assert AuditRow.objects.filter(deed="open", outcome="refused").count() == 1
    opened(team.risk)
    progress.dismiss(Incident.objects.filter(opened_by=team.operator)[0], "no", by=team.risk)
    assert opened(team.operator).pk


def test_incidents_of_a_day_are_bounded(team, stage):
    copies(opened(team.operator), many.OPENED_A_DAY_MOST - 1, state=State.RESOLVED)
    with pytest.raises(Refused, match="ask a colleague") as refused:
        opened(team.operator)
    assert refused.value.reason is TOO_MANY_TODAY and "100 within a day" in str(refused.value)
    assert opened(team.operator, now=NOW + timedelta(days=1, seconds=1)).pk


def test_a_critical_one_has_room_where_others_have_none(team, stage):
    copies(opened(team.operator), many.OPEN_MOST)
    copies(opened(team.operator, Severity.CRITICAL), many.OPEN_MOST - 2)
    with pytest.raises(Refused, match="60 are open"):
        opened(team.operator, Severity.CRITICAL)
    Incident.objects.update(state=State.DISMISSED)
    copies(Incident.objects.all()[0], 2 * many.OPENED_A_DAY_MOST - Incident.objects.count())
    Incident.objects.update(state=State.DISMISSED)
    with pytest.raises(Refused, match="200 within a day"):
        opened(team.operator, Severity.CRITICAL)


def test_one_made_of_an_alert_counts_as_well(team, stage, alert):
    copies(opened(team.operator), many.OPEN_MOST - 1)
    with pytest.raises(Refused) as refused:
        from_alert.make_incident(alert, by=team.operator)
    assert refused.value.reason is TOO_MANY_OPEN
    assert from_alert.make_incident(alert, by=team.risk).pk


def test_nobody_gathers_open_ones_by_reopening(team, stage):
    over = opened(team.operator)
    progress.acknowledge(over, by=team.operator, now=NOW)
    progress.resolve(over, "it is over", by=team.operator, now=NOW)
    copies(opened(team.operator), many.OPEN_MOST - 1)
    with pytest.raises(Refused) as refused:
        progress.reopen(over, "it came back", by=team.operator, now=NOW)
    assert refused.value.reason is TOO_MANY_OPEN
    assert Incident.objects.get(pk=over.pk).state == State.RESOLVED
    progress.reopen(over, "it came back", by=team.risk, now=NOW)
    # One that is active already adds none.
    progress.mitigate(over, "it ended", by=team.operator, now=NOW)
    progress.reopen(over, "it came back", by=team.operator, now=NOW)


@pytest.fixture
def alert(stage):
    return Alert.objects.create(
        rule="r", rule_version=1, scope=MARKET, about="value", title="Stale", measure="m",
        value=1, limit=1, severity="medium", owner="operator", raised_at=NOW,
    )  # fmt: skip


def test_every_page_is_short_and_has_the_worst_however_many_there_are(at, team, stage, alert):
    worst = opened(team.risk, Severity.CRITICAL, affected=[MARKET])
    copies(opened(team.operator, affected=[MARKET]), 300)
    client = at(team.operator)
    for address, most in (
        ("/incidents", LINES_MOST),
        ("/inbox", INBOX_MOST),
        ("/markets/PF_XBTUSD", AFFECTING_MOST + 40),
        (f"/alerts/{alert.pk}", from_alert.JOINABLE_MOST),
        (f"/incidents/{worst.pk}", 3),
    ):
        page = client.get(address).content.decode()
        found = re.findall(r'href="/incidents/(\d+)"|<option value="(\d+)">INC-', page)
        named = {int(one or other) for one, other in found}
        assert len(named) <= most, address
        assert worst.pk in named or address.endswith(f"/{worst.pk}"), address
    facts = client.get("/incidents", headers=JSON).json()
    assert facts["active_count"] == 302 and facts["active"][0]["number"] == worst.pk
    facts = client.get("/inbox", headers=JSON).json()
    assert facts["counts"]["command"] == 302 and len(facts["lines"]) <= 2 * INBOX_MOST


def test_the_newest_stands_in_timelines_behind_any_number_of_deeds(team, stage, monkeypatch):
    monkeypatch.setattr(timeline, "ROWS_MOST", 5)
    incident = opened(team.operator, affected=[MARKET])
    for number in range(12):
        at_ = NOW + timedelta(seconds=number)
        audit.write("machine", "note", incident.subject, "x", facts={"why": str(number)}, at=at_)
    last = NOW + timedelta(minutes=1)
    for found in (
        timeline.of_markets([], [MARKET], NOW, last),
        timeline.deeds_about(incident.subject),
        timeline.of_incident(incident, last),
    ):
        assert [one.sentence for one in found] == [f"machine: {one}" for one in range(7, 12)]


def test_the_page_of_an_incident_is_short_however_much_was_noted(at, team, stage):
    incident = opened(team.operator)
    for number in range(2 * TIMELINE_MOST):
        audit.write("machine", "note", incident.subject, "x", facts={"why": str(number)}, at=NOW)
    for number in range(3 * READINGS_MOST):
        at_ = NOW - timedelta(minutes=number)
        ClockReading.objects.create(incident=incident, clock=Clock.OCCURRED, at=at_, noted_at=NOW)
    assert clocks.moments(incident)[Clock.OCCURRED] == at_
    facts = at(team.operator).get(f"/incidents/{incident.pk}", headers=JSON).json()
    assert len(facts["timeline"]) == TIMELINE_MOST and facts["timeline_older"] > 0
    occurred = facts["clocks"][0]
    assert len(occurred["corrections"]) == READINGS_MOST
    assert occurred["corrected"] == 3 * READINGS_MOST - 1
