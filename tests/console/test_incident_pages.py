"""The pages of incidents over HTTP: the same facts as page and as JSON, moves, refusals."""

import pytest
from django.utils import timezone

from pilothouse.control import ports, register
from pilothouse.control.severity import Severity
from pilothouse.desk import outbox, progress
from pilothouse.desk.models import Delivery, Incident
from pilothouse.desk.moves import ASKS, Verb
from pilothouse.desk.opening import open_incident
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from tests.console.test_pages import JSON, signed_in
from tests.control.conftest import Team
from tests.control.doubles import Exchange

CONTRACT = "market:PF_XBTUSD"


@pytest.fixture
def team(db):
    return Team()


@pytest.fixture
def exchange():
    made = Exchange()
    ports.connect(made, made, made, made)
    yield made
    ports.disconnect()


@pytest.fixture
def at(settings):
    backend = "django.contrib.auth.backends.ModelBackend"
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, backend]
    return signed_in


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
        ("hand_over", {"person": "999"}, "nobody is called so"),
        ("correct", {"clock": "occurred", "at": "yesterday", "why": "x"}, "it is no moment"),
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
