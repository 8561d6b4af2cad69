"""The pages of alerts: the queue, one alert, its moves by right, and a watch that stands."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pilothouse.console.live.alerts import sentence_of
from pilothouse.venue.clock import wall_clock_us
from pilothouse.watch import alerts, running
from pilothouse.watch.models import Alert
from pilothouse.watch.rules import rules
from pilothouse.wiring.founding import found_register
from tests.console.conftest import JSON, signed_in
from tests.console.rooms import memory


@pytest.fixture
def team(team, at):
    found_register()
    return team


@pytest.fixture
def exchange(exchange):
    yield exchange
    running.disconnect()


@pytest.fixture
def alert(team, exchange):
    (rule,) = [one for one in rules() if one.key == "price_runs"]
    now = timezone.now() - timedelta(minutes=1)
    return alerts.raise_alert(rule, "market:PF_XBTUSD", Alert.About.VALUE, 41_500, now)


def test_the_queue_is_the_same_as_page_and_as_json(team, alert):
    client = signed_in(team.operator)
    page = client.get("/alerts").content.decode()
    facts = client.get("/alerts", headers=JSON).json()
    (line,) = facts["lasting"]
    assert (line["title"], line["value"], line["limit"]) == ("Price runs", 41_500, 30_000)
    assert "4.15 %" in page and "AL-" in page and 'data-verb="acknowledge"' in page
    assert facts["watch"]["stale"] and "Monitoring has stopped" in page


def test_an_alert_about_a_source_of_an_index_names_it_wherever_it_is_read(team, exchange):
    (rule,) = [one for one in rules() if one.measure.name == "index_age"]
    about = Alert.About.VALUE, 60_000, timezone.now()
    made = alerts.raise_alert(rule, "market:PF_XBTUSD/3", *about)
    client = signed_in(team.operator)
    for address in ("/alerts", f"/alerts/{made.pk}"):
        assert "PF_XBTUSD, source 3" in client.get(address).content.decode()
    assert sentence_of(made).endswith(", PF_XBTUSD, source 3")


def test_every_rule_stands_on_the_page_and_opens_its_change(team, alert):
    page = signed_in(team.operator).get("/alerts").content.decode()
    lines = signed_in(team.operator).get("/alerts", headers=JSON).json()["rules"]
    assert {one["key"] for one in lines} == {one.key for one in rules()}
    for one in lines:
        assert f"/changes/propose?kind=alert_rule&amp;entry={one['key']}" in page
    (runs,) = [one for one in lines if one["key"] == "price_runs"]
    assert runs["fires"] == "Price move in five minutes above 3 %"
    watcher = signed_in(team.viewer).get("/alerts").content.decode()
    assert "Price runs" in watcher and "/changes/propose" not in watcher


def test_the_navigation_counts_alerts_on_every_page(team, alert):
    page = signed_in(team.viewer).get("/changes").content.decode()
    assert "1 not taken" in page


def test_an_alert_shows_its_runbook_and_drafts_the_change_for_its_market(team, alert):
    client = signed_in(team.operator)
    facts = client.get(f"/alerts/{alert.pk}", headers=JSON).json()
    runbook = facts["runbook"]
    assert runbook["proposes"] == "Price band" and "band_percent=2.5" in runbook["draft"]
    page = client.get(runbook["draft"]).content.decode()
    assert 'value="2.5"' in page and f"AL-{alert.pk}: Price runs" in page
    assert "Draft the change" in client.get(f"/alerts/{alert.pk}").content.decode()


def test_it_is_taken_by_a_button(team, alert):
    client = signed_in(team.operator)
    answer = client.post(f"/alerts/{alert.pk}/moves/acknowledge", {"from": "queue"})
    assert answer["Location"] == "/alerts"
    alert.refresh_from_db()
    assert (alert.state, alert.acknowledged_by) == ("acknowledged", team.operator)
    moves = client.get(f"/alerts/{alert.pk}", headers=JSON).json()["moves"]
    assert [one["verb"] for one in moves] == ["resolve"]
    answer = client.post(f"/alerts/{alert.pk}/moves/resolve", {"why": "a known rebalancing"})
    assert answer["Location"] == f"/alerts/{alert.pk}"
    facts = client.get("/alerts", headers=JSON).json()
    assert facts["lasting"] == []
    assert facts["over"][0]["resolved_why"] == "a known rebalancing"


def test_its_line_of_time_is_told_newest_first(team, alert):
    now = timezone.now()
    alerts.escalate(alert, "duty_manager", 300, now)
    alerts.acknowledge(alert, by=team.operator, now=now)
    alerts.resolve(alert, "a known rebalancing", by=team.operator, now=now)
    facts = signed_in(team.operator).get(f"/alerts/{alert.pk}", headers=JSON).json()
    assert [(one["about"], one["title"], one["sentence"]) for one in facts["timeline"]] == [
        ("alert", "Resolve", "operator: a known rebalancing"),
        ("alert", "Acknowledge", "operator"),
        ("alert", "Escalate", "machine: now critical, turn of duty manager"),
        ("alert", "Raise", "machine"),
    ]
    page = signed_in(team.operator).get(f"/alerts/{alert.pk}").content.decode()
    assert "newest first" in page and page.index("<b>Resolve</b>") < page.index("<b>Raise</b>")


def test_the_reason_of_its_end_is_refused_when_it_is_too_long(team, alert):
    client = signed_in(team.operator)
    assert 'maxlength="300"' in client.get(f"/alerts/{alert.pk}").content.decode()
    address = f"/alerts/{alert.pk}/moves/resolve"
    answer = client.post(address, {"why": "x" * 301}, follow=True).content.decode()
    assert "at most 300 characters" in answer
    alert.refresh_from_db()
    assert alert.is_open
    client.post(address, {"why": "x" * 300})
    alert.refresh_from_db()
    assert alert.resolved_why == "x" * 300


def test_who_may_not_take_it_has_no_button_and_is_refused(team, alert):
    client = signed_in(team.viewer)
    assert "data-verb" not in client.get("/alerts").content.decode()
    assert client.get(f"/alerts/{alert.pk}", headers=JSON).json()["moves"] == []
    for verb in ("acknowledge", "resolve"):
        answer = client.post(f"/alerts/{alert.pk}/moves/{verb}", {"why": "x"}, headers=JSON)
        assert answer.status_code == 403
    alert.refresh_from_db()
    assert alert.state == "raised"


def test_there_is_no_button_for_what_the_machine_does(team, alert):
    client = signed_in(team.operator)
    for verb in ("raise", "escalate", "sleep"):
        assert client.post(f"/alerts/{alert.pk}/moves/{verb}").status_code == 404
    assert client.get("/alerts/999").status_code == 404


def test_a_rule_is_proposed_by_its_form(team, exchange):
    client = signed_in(team.operator)
    page = client.get("/changes/propose?kind=alert_rule&entry=price_runs").content.decode()
    assert 'value="3"' in page and "Price move in five minutes" in page
    refused = client.post("/changes/propose", {"kind": "alert_rule", "entry": "price_runs"})
    assert refused.status_code == 422


def test_an_alert_is_drawn_with_its_limit_and_with_what_happened_meanwhile(team, alert):
    running.connect(memory(wall_clock_us(), minutes=10, price_move=lambda k: 5_000 * k))
    client = signed_in(team.operator)
    page = client.get(f"/alerts/{alert.pk}").content.decode()
    assert 'class="limit"' in page and "<polyline" in page
    assert f"AL-{alert.pk} raised: Price runs" in page.partition('role="img"')[2]
    assert client.get(f"/alerts/{alert.pk}", headers=JSON).json()["measured"]["minutes"]
