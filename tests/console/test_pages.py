"""The pages over HTTP, with an exchange of one page behind change control."""

import json
from dataclasses import replace

import pytest

from pilothouse.console import readiness, security
from pilothouse.console.live import ticker
from pilothouse.console.live.pulse import Pulse
from pilothouse.console.pages.change.move import MOVES
from pilothouse.control import ports, preview, propose
from pilothouse.control.models import Change
from pilothouse.language.kinds import ClientClass
from pilothouse.records.models import AuditRow
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.rehearsal import AffectedAccount
from pilothouse.venue.standstill import Standstill, Why, words_of
from pilothouse.venue.views.margin import HealthView
from tests.console.conftest import JSON
from tests.control.conftest import wish
from tests.control.doubles import Exchange


class Seen(Exchange):
    """The exchange of one page, whose rehearsal names an account as the real one does."""

    def impact(self, message, after=()):
        retail = ClientClass.RETAIL
        hit = AffectedAccount(7, retail, 5_000, 1_500, 1_000, 2_000, 800, 1_600)
        return replace(super().impact(message), most_affected=(hit,))


@pytest.fixture
def exchange():
    made = Seen()
    ports.connect(made, made, made, made)
    yield made
    ports.disconnect()


@pytest.fixture
def change(team, exchange):
    made = propose.propose("margin_schedule", wish(4, 2), by=team.operator, why="volatility")
    preview.first(made, by=team.operator)
    preview.instead(made)
    return Change.objects.get()


def test_the_policy_is_on_every_answer(client, db):
    for address in ("/healthz", "/", "/nowhere", "/sign-in/login/"):
        answer = client.get(address)
        assert answer["Content-Security-Policy"] == security.POLICY
        assert "no-store" in answer["Cache-Control"] or "no-cache" in answer["Cache-Control"]
    assert "unsafe" not in security.POLICY
    assert security.POLICY.startswith("default-src 'none'; script-src 'self'; style-src 'self'")


def test_assets_are_kept_for_ever_under_their_digest(client):
    from pilothouse.console.assets import address

    for name in ("console.css", "console.js", "htmx.js"):
        answer = client.get(address(name))
        assert answer.status_code == 200
        assert "immutable" in answer["Cache-Control"]
        assert "immutable" not in client.get(f"/assets/old/{name}")["Cache-Control"]
    assert client.get("/assets/old/secret.key").status_code == 404


def test_what_is_not_there_is_said_in_our_words(at, team, exchange):
    answer = at(team.operator).get("/incidents/999")
    assert answer.status_code == 404
    assert "No Incident has this number." in answer.content.decode()


def test_nothing_is_shown_to_who_is_not_signed_in(client, db):
    for address in ("/", "/changes", "/changes/1", "/audit", "/live", "/search?q=a"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/login/")


def test_without_an_exchange_the_page_says_so(at, team):
    ports.disconnect()
    answer = at(team.operator).get("/markets")
    assert answer.status_code == 503
    assert "has not answered yet" in answer.content.decode()


def test_a_change_answers_the_same_facts_as_page_and_as_json(at, team, change):
    client = at(team.risk)
    page = client.get(f"/changes/{change.pk}").content.decode()
    facts = client.get(f"/changes/{change.pk}", headers=JSON).json()
    assert facts["change"]["title"] == change.title
    assert change.title in page
    assert facts["change"]["fingerprint"] == change.fingerprint
    named = {one["name"]: one for one in facts["counts"]}
    step = change.steps.get()
    assert (
        named["accounts_below_maintenance"]["limit"]
        == (step.ceiling["accounts_below_maintenance"])
    )
    assert (
        named["accounts_below_maintenance"]["predicted"]
        == (step.predicted["accounts_below_maintenance"])
    )
    assert 'data-verb="approve"' in page
    assert [one["title"] for one in facts["timeline"]] == [
        "Verify",
        "Apply",
        "Waiting: signatures",
        "Preview",
        "Propose",
    ]
    assert facts["effects"]["instead"]["body"]["ways"]
    assert facts["most_affected"][0]["outcome"] == "liquidation"
    assert 'href="/accounts/7"' in page


def test_the_proposer_reads_why_they_may_not_sign(at, team, change):
    facts = at(team.operator).get(f"/changes/{change.pk}", headers=JSON).json()
    (approve,) = [one for one in facts["moves"] if one["verb"] == "approve"]
    assert not approve["allowed"]
    assert "the proposer cannot sign" in approve["reason"]


def test_a_viewer_has_no_button_and_sees_no_account(at, team, change):
    client = at(team.viewer)
    facts = client.get(f"/changes/{change.pk}", headers=JSON).json()
    assert facts["moves"] == []
    assert facts["most_affected"] == []
    assert facts["impact"]["most_affected"] == []
    page = client.get(f"/changes/{change.pk}").content.decode()
    assert "/moves/" not in page
    assert "/accounts/7" not in page
    assert client.get("/accounts/7").status_code == 403


@pytest.mark.parametrize("verb", sorted(MOVES))
def test_a_viewers_move_is_refused_and_recorded(at, team, change, verb):
    form = {"fingerprint": change.fingerprint, "why": "x", "at": "2026-12-01T00:00"}
    answer = at(team.viewer).post(f"/changes/{change.pk}/moves/{verb}", form, headers=JSON)
    assert answer.status_code == 403
    row = AuditRow.objects.order_by("-number").first()
    assert (row.outcome, row.actor) == ("refused", f"person:{team.viewer.pk}")
    change.refresh_from_db()
    assert change.state == "previewed"


def test_a_request_without_the_token_of_a_page_is_refused_and_recorded(at, team, change):
    client = at(team.risk, enforce_csrf_checks=True)
    answer = client.post(f"/changes/{change.pk}/moves/approve", {"fingerprint": "x"})
    assert answer.status_code == 403
    row = AuditRow.objects.order_by("-number").first()
    assert row.outcome == "refused"
    assert "does not come from a page of this console" in row.sentence


def test_a_fingerprint_that_was_not_read_does_not_sign(at, team, change):
    answer = at(team.risk).post(
        f"/changes/{change.pk}/moves/approve", {"fingerprint": "0" * 64}, headers=JSON
    )
    assert answer.status_code == 403
    assert "what you read is not what stands here now" in answer.json()["sentence"]
    assert change.signatures.count() == 0


def test_a_signature_is_given_by_a_form(at, team, change):
    answer = at(team.risk).post(
        f"/changes/{change.pk}/moves/approve", {"fingerprint": change.fingerprint}
    )
    assert answer["Location"] == f"/changes/{change.pk}"
    change.refresh_from_db()
    assert change.state == "approved"


def test_the_audit_is_for_those_who_may_read_it(at, team, change):
    assert at(team.viewer).get("/audit").status_code == 403
    facts = at(team.auditor).get(f"/audit?q=CH-{change.pk}", headers=JSON).json()
    assert [row["deed"] for row in facts["rows"]] == ["preview", "preview", "propose"]
    assert facts["verdict"]["broken_at"] == 0
    actors = [row["actor"] for row in facts["rows"]]
    assert actors == ["machine", "operator", "operator"], "alternatives, preview, proposal"


def test_a_broken_chain_shows(at, team, change):
    AuditRow.objects.filter(number=1)._raw_delete("default")
    page = at(team.auditor).get("/audit").content.decode()
    assert "chain broken at row 1" in page


def test_the_theme_is_remembered_and_leads_nowhere_else(client, db):
    answer = client.post("/theme", {"theme": "light", "back": "https://example.com/"})
    assert answer["Location"] == "/"
    assert answer.cookies["theme"].value == "light"
    assert 'data-theme="light"' in client.get("/sign-in/login/").content.decode()


def test_without_a_choice_the_page_follows_the_system(at, team, exchange):
    client = at(team.operator)
    page = client.get("/changes").content.decode()
    assert "data-theme" not in page
    assert "to the light theme" in page and "to the dark theme" in page
    client.post("/theme", {"theme": "dark", "back": "/changes"})
    page = client.get("/changes").content.decode()
    assert 'data-theme="dark"' in page
    assert "to the light theme" in page and "to the dark theme" not in page


@pytest.fixture
def pulse():
    """A pulse of an exchange in which no market trades."""
    was = ticker.latest()
    ticker.show(Pulse(1, 100, 5, 6, 0, (), (), 3, HealthView((), 0, 0, 0, 0, 0), (), 0, 0))
    yield
    ticker.show(was)


def test_an_exchange_without_markets_says_so_and_what_to_do(at, team, exchange, pulse):
    for address in ("/", "/panels/markets"):
        page = at(team.operator).get(address).content.decode()
        assert "No market trades here yet." in page and "3 listed for information only" in page
        assert "pilothouse import kraken" in page
        assert "like itself" not in page and "0 quiet" not in page


@pytest.fixture
def still(exchange, pulse):
    """An exchange whose writer is frozen, and the last pulse taken of it."""
    exchange.standstill = Standstill(wall_clock_us(), Why.NOTHING_WRITTEN)
    return words_of(exchange.standstill, wall_clock_us())


def test_a_writer_that_writes_nothing_shows_on_every_page_and_in_the_feed(
    at, team, exchange, still, tmp_path, monkeypatch
):
    for address in ("/changes", "/runbooks", "/inbox"):
        page = at(team.operator).get(address).content.decode()
        assert 'data-state="still"' in page and still in page
        assert "dot-down" in page and "dot-up" not in page
    assert json.loads(ticker.message(ticker.latest()))["standstill"] == still
    monkeypatch.setattr(readiness, "_known", [readiness.Readiness(tmp_path, exchange)])
    health = at(team.operator).get("/healthz")
    assert health.status_code == 503
    assert health.json() == {
        "status": still, "position": 100, "written_at": 5, "standstill": still, "differences": 0,
        "alive": True, "started": True, "ready": False,
        "why": [{"cause": "writer_silent", "says": still}], "said": [],
    }  # fmt: skip
    assert at(team.operator).get("/healthz/alive").status_code == 200


def test_a_writer_that_writes_is_not_accused(at, team, exchange, still):
    exchange.standstill = None
    page = at(team.operator).get("/changes").content.decode()
    assert 'data-state="drawn"' in page and "dot-up" in page and "nothing written" not in page
    assert json.loads(ticker.message(ticker.latest()))["standstill"] == ""
    assert at(team.operator).get("/healthz").json()["standstill"] == ""
