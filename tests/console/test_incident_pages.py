"""The pages of incidents over HTTP: the same facts as page and as JSON, moves, refusals."""

from datetime import timedelta
from datetime import timezone as zone
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.utils import timezone

from pilothouse.control import ports, register
from pilothouse.control.models import Change
from pilothouse.control.severity import Severity
from pilothouse.desk import outbox, progress
from pilothouse.desk.models import Delivery, Incident
from pilothouse.desk.moves import ASKS, Verb
from pilothouse.desk.opening import open_incident
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.watch.alerts import raise_alert
from pilothouse.watch.models import Alert
from pilothouse.watch.rules import rules
from pilothouse.wiring.founding import found_register
from tests.console.conftest import JSON

CONTRACT = "market:PF_XBTUSD"


@pytest.fixture
def incident(team, exchange):
    return open_incident(
        "Index is stale", Severity.HIGH, by=team.operator, affected=[CONTRACT], what="2 of 5"
    )


def test_an_operator_opens_an_incident_and_takes_it_to_its_end(at, team, exchange):
    client = at(team.operator)
    form = {"title": "Index is stale", "severity": "high", "owner": "risk", "affected": CONTRACT}
    answer = client.post("/incidents/open", form)
    incident = Incident.objects.get()
    assert answer["Location"] == f"/incidents/{incident.pk}"
    assert (incident.owner, incident.severity) == ("risk", "high")
    for verb, words in (
        ("acknowledge", {}),
        ("note", {"why": "source 3 is back"}),
        ("regrade", {"severity": "critical", "why": "liquidations"}),
        ("correct", {"clock": "occurred", "at": "2026-01-01T12:00", "why": "the log"}),
        ("mitigate", {"why": "halted"}),
        ("resolve", {"why": "reopened"}),
    ):
        answer = client.post(f"/incidents/{incident.pk}/moves/{verb}", words)
        assert answer.status_code == 302
    facts = client.get(f"/incidents/{incident.pk}", headers=JSON).json()
    assert facts["incident"]["state"] == "resolved"
    assert facts["incident"]["commander"] == "operator"
    titles = [one["title"] for one in reversed(facts["timeline"])]
    assert titles == ["Open", "Acknowledge", "Note", "Regrade", "Correct", "Mitigate", "Resolve"]
    assert all(one["at"] for one in facts["clocks"])
    page = client.get(f"/incidents/{incident.pk}").content.decode()
    for words in ("source 3 is back", "Index is stale", "critical", "resolved", "the log"):
        assert words in page


def test_page_and_json_have_the_same_frame(at, team, incident):
    client = at(team.risk)
    page = client.get(f"/incidents/{incident.pk}").content.decode()
    facts = client.get(f"/incidents/{incident.pk}", headers=JSON).json()
    for part in ("facts-title", "timeline-title", "audit-title"):
        assert f'id="{part}"' in page
    assert facts["affected"] == [
        {"subject": CONTRACT, "name": "PF_XBTUSD", "address": "/markets/PF_XBTUSD"}
    ]
    assert facts["audit"][0]["deed"] == "open"
    assert "Index is stale" in client.get("/incidents").content.decode()


def test_a_viewer_sees_it_without_buttons_and_without_the_audit(at, team, incident):
    client = at(team.viewer)
    facts = client.get(f"/incidents/{incident.pk}", headers=JSON).json()
    assert facts["moves"] == [] and facts["audit"] is None
    assert "/moves/" not in client.get(f"/incidents/{incident.pk}").content.decode()
    assert client.get("/incidents/open").status_code == 403


@pytest.mark.parametrize("verb", sorted(set(ASKS) - {Verb.JOIN}))
def test_a_viewers_move_is_refused_and_recorded(at, team, incident, verb):
    progress.acknowledge(incident, by=team.operator)
    form = {
        "why": "x",
        "severity": "medium",
        "affected": CONTRACT,
        "unaffected": CONTRACT,
        "person": team.risk.pk,
        "clock": "occurred",
        "at": "2026-01-01T12:00",
    }
    answer = at(team.viewer).post(f"/incidents/{incident.pk}/moves/{verb}", form, headers=JSON)
    assert answer.status_code == 403
    row = AuditRow.objects.order_by("-number").first()
    assert (row.outcome, row.actor) == ("refused", f"person:{team.viewer.pk}")


@pytest.mark.parametrize(
    ("verb", "form", "said"),
    [
        ("regrade", {"severity": "dreadful", "why": "x"}, "it is one of critical, high, medium"),
        ("hand_over", {"person": "999"}, "nobody has this name"),
        ("correct", {"clock": "occurred", "at": "yesterday", "why": "x"}, "not a date and time"),
        ("correct", {"clock": "occurred", "at": "0001-01-01T00:00", "why": "x"}, "so far back"),
        (
            "correct",
            {"clock": "occurred", "at": "0001-01-01T00:00+14:00", "why": "x"},
            "not a date and time",
        ),
        ("correct", {"clock": "aware", "at": "9999-12-31T23:59", "why": "x"}, "in the future"),
        ("note", {"why": "x" * 4_001}, "at most 4000 characters"),
        ("note", {"why": "  "}, "a sentence is missing"),
    ],
)
def test_what_cannot_be_read_is_said_and_changes_nothing(at, team, incident, verb, form, said):
    client = at(team.operator)
    answer = client.post(f"/incidents/{incident.pk}/moves/{verb}", form, follow=True)
    assert said in answer.content.decode()
    assert client.post(f"/incidents/{incident.pk}/moves/fly", {}).status_code == 404
    assert [one.deed for one in audit.rows_about(incident.subject) if one.outcome == "done"] == [
        "open"
    ]


def test_a_bad_form_is_shown_again_with_what_was_written(at, team, exchange):
    answer = at(team.operator).post("/incidents/open", {"title": "Stale", "severity": "dire"})
    assert answer.status_code == 422
    assert 'value="Stale"' in answer.content.decode()
    assert Incident.objects.count() == 0


def test_a_title_that_is_too_long_is_refused_and_not_cut(at, team, exchange):
    client = at(team.operator)
    form = client.get("/incidents/open").content.decode()
    assert 'maxlength="200"' in form and 'maxlength="4000"' in form
    long = "Stale " * 40
    given = {"title": long, "severity": "high", "owner": "operator"}
    answer = client.post("/incidents/open", given)
    assert answer.status_code == 422
    assert "use at most 200 characters" in answer.content.decode()
    assert f'value="{long}"' in answer.content.decode()
    assert Incident.objects.count() == 0


def test_a_moment_of_another_zone_is_told_in_utc(at, team, incident):
    moment = (incident.opened_at - timedelta(hours=1)).replace(microsecond=0)
    written = moment.astimezone(zone(timedelta(hours=2))).isoformat()
    form = {"clock": "occurred", "at": written, "why": "the log"}
    at(team.operator).post(f"/incidents/{incident.pk}/moves/correct", form)
    row = audit.rows_about(incident.subject)[-1]
    assert row.facts["at"] == moment.isoformat()
    assert f"{moment:%Y-%m-%d %H:%M:%S}: the log" in row.sentence


def test_the_readings_of_a_clock_are_told_newest_first(at, team, incident):
    client = at(team.operator)
    for minutes, why in ((10, "the log"), (20, "the other log")):
        moment = f"{incident.opened_at - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S}"
        form = {"clock": "occurred", "at": moment, "why": why}
        client.post(f"/incidents/{incident.pk}/moves/correct", form)
    facts = client.get(f"/incidents/{incident.pk}", headers=JSON).json()
    (occurred,) = [one for one in facts["clocks"] if one["name"] == "occurred"]
    assert [one["why"] for one in occurred["corrections"]] == ["the other log", "the log"]
    assert occurred["corrections"][0]["at"] == occurred["at"]


def test_the_inbox_is_everybodys_own_and_is_counted_in_the_navigation(at, team, incident):
    mine = at(team.operator)
    facts = mine.get("/inbox", headers=JSON).json()
    assert [one["wants"] for one in facts["lines"]] == ["command", "decide"]
    page = mine.get("/inbox").content.decode()
    assert f"/incidents/{incident.pk}" in page
    assert '>2<span class="only-read"> wait for you' in page
    assert "Nothing waits for you" in at(team.viewer).get("/inbox").content.decode()


def test_a_person_decides_about_a_notice_in_the_inbox(at, team, exchange):
    body = {"title": "all", "severity": "medium", "owner": "any", "target": "gone"}
    register.found([("notice_route", "all", body)], timezone.now())
    open_incident("Index is stale", Severity.HIGH, by=team.operator)
    outbox.tick(timezone.now())
    delivery = Delivery.objects.get()
    address = f"/inbox/deliveries/{delivery.pk}"
    assert at(team.viewer).post(f"{address}/give_up", headers=JSON).status_code == 403
    page = at(team.operator).get("/inbox").content.decode()
    assert f'action="{address}/it_arrived"' in page
    assert at(team.operator).post(f"{address}/give_up").status_code == 302
    delivery.refresh_from_db()
    assert delivery.state == "given_up"


@pytest.fixture
def alert(team, exchange):
    found_register([("perpetuals", "Perpetuals", ["PF_XBTUSD"])])
    (rule,) = [one for one in rules() if one.key == "price_runs"]
    return raise_alert(rule, CONTRACT, Alert.About.VALUE, 10**6, timezone.now())


def test_from_an_alert_to_an_incident_to_a_change_with_its_cause(at, team, alert):
    client = at(team.operator)
    page = client.get(f"/alerts/{alert.pk}").content.decode()
    assert f'action="/alerts/{alert.pk}/incident"' in page
    answer = client.post(f"/alerts/{alert.pk}/incident")
    incident = Incident.objects.get()
    assert answer["Location"] == f"/incidents/{incident.pk}"
    assert incident.label in client.get(f"/alerts/{alert.pk}").content.decode()

    facts = client.get(f"/incidents/{incident.pk}", headers=JSON).json()
    (belonging,) = facts["alerts"]
    assert belonging["alert"]["state"] == "acknowledged"
    draft = belonging["draft"]
    assert f"cause=incident%3A{incident.pk}" in draft and "kind=price_band" in draft
    form = client.get(draft).content.decode()
    assert f"Cause: {incident.label}" in form

    wanted = dict(parse_qsl(urlsplit(draft).query))
    assert client.post("/changes/propose", wanted).status_code == 302
    change = Change.objects.get()
    assert (change.cause, change.kind) == (incident.subject, "price_band")
    row = audit.rows_about(change.subject)[0]
    assert row.facts["cause"] == incident.subject
    page = client.get(f"/changes/{change.pk}").content.decode()
    assert f'<a href="/incidents/{incident.pk}">{incident.label}</a>' in page
    facts = client.get(f"/incidents/{incident.pk}", headers=JSON).json()
    assert [one["number"] for one in facts["changes"]] == [change.pk]
    assert f"CH-{change.pk} propose" in [one["title"] for one in facts["timeline"]]


def test_a_cause_that_is_none_is_refused(at, team, alert):
    wish = {"kind": "price_band", "market": "1", "band_percent": "3", "why": "x"}
    answer = at(team.operator).post("/changes/propose", wish | {"cause": "incident:99"})
    assert answer.status_code == 422
    assert "there is no such incident" in answer.content.decode()
    assert Change.objects.count() == 0


def test_an_alert_joins_an_open_incident(at, team, incident, alert):
    client = at(team.operator)
    page = client.get(f"/alerts/{alert.pk}").content.decode()
    assert f'<option value="{incident.pk}">' in page
    client.post(f"/alerts/{alert.pk}/incident", {"incident": incident.pk})
    assert [one.alert for one in incident.alerts.all()] == [alert.pk]
    answer = client.post(f"/alerts/{alert.pk}/incident", headers=JSON)
    assert answer.status_code == 403
    assert "belongs to an incident already" in answer.json()["sentence"]


def test_a_viewer_makes_nothing_of_an_alert(at, team, alert):
    client = at(team.viewer)
    assert "/incident" not in _moves(client.get(f"/alerts/{alert.pk}").content.decode())
    assert client.post(f"/alerts/{alert.pk}/incident", headers=JSON).status_code == 403
    assert Incident.objects.count() == 0


def _moves(page):
    return page.partition('<div class="moves">')[2].partition('<div class="with-aside">')[0]


def test_a_product_shows_whose_it_is_and_what_is_open_about_it(at, team, alert, monkeypatch):
    from pilothouse.console.pages.product import view

    monkeypatch.setattr(view, "_markets", lambda entry: [ports.ports().reader.market(1)])
    client = at(team.operator)
    client.post(f"/alerts/{alert.pk}/incident")
    facts = client.get("/products/perpetuals", headers=JSON).json()
    assert facts["product"]["owner"] == "duty manager"
    assert facts["state"] == "online"
    assert [one["title"] for one in facts["incidents"]] == ["Price runs, PF_XBTUSD"]
    assert [one["number"] for one in facts["alerts"]] == [alert.pk]
    assert {one["name"]: one["value"] for one in facts["measured"]}["incidents"] == 1
    page = client.get("/products/perpetuals").content.decode()
    for part in ("facts-title", "timeline-title", "audit-title", "PF_XBTUSD", "calm_the_market"):
        assert part in page
    assert client.get("/products/nothing").status_code == 404
    assert "Perpetuals" in client.get("/products").content.decode()
    assert "Stop trades far from the reference price" in client.get("/runbooks").content.decode()
