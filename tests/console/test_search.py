"""The palette: ranked, filtered by right, and nothing is ever done in it."""

import re
from types import SimpleNamespace

import pytest
from django.utils import timezone

from pilothouse.console.pages.search import objects
from pilothouse.console.pages.search.place import Place, ranked
from pilothouse.console.pages.search.view import places
from pilothouse.control import preview, propose, register
from pilothouse.control.models import Change
from pilothouse.control.severity import Severity
from pilothouse.desk.models import Incident
from pilothouse.desk.opening import open_incident
from pilothouse.language.kinds import ClientClass, Purpose
from pilothouse.records.models import AuditRow
from pilothouse.watch.alerts import raise_alert, resolve
from pilothouse.watch.models import Alert
from pilothouse.watch.rules import rules
from pilothouse.wiring.founding import found_register
from tests.console.conftest import JSON
from tests.control.conftest import wish


@pytest.fixture
def busy(team, exchange, monkeypatch):
    """A market to be found, an incident, a change to be signed, the first register."""
    listed = [Place("PF_XBTUSD", "market", "/markets/PF_XBTUSD")]
    monkeypatch.setattr(objects, "ALL", (lambda: listed, objects.entries))
    seven = SimpleNamespace(client_class=ClientClass.RETAIL, purpose=Purpose.CLIENT)
    monkeypatch.setattr(objects.accounts, "account", lambda _, one: seven if one == 7 else None)
    found_register([("perpetuals", "Perpetuals", ["PF_XBTUSD"])])
    open_incident("Index is stale", Severity.HIGH, by=team.operator)
    change = propose.propose("margin_schedule", wish(4, 2), by=team.operator, why="volatility")
    preview.first(change, by=team.operator)


def found(text, person):
    return [one.address for one in places(text, person, timezone.now())]


def test_what_begins_with_the_letters_stands_before_what_has_them_inside():
    names = ["a long market", "Market", "Markets", "supermarket", "other"]
    fitting = ranked([Place(one, "x", one) for one in names], "market", 9)
    assert [one.label for one in fitting] == ["Market", "Markets", "a long market", "supermarket"]


def test_letters_find_objects_and_pages(team, busy):
    assert found("pf_xbt", team.viewer)[0] == "/markets/PF_XBTUSD"
    assert found("inbox", team.viewer)[0] == "/inbox"
    assert found("perpetuals", team.viewer)[0] == "/products/perpetuals"
    assert f"/incidents/{Incident.objects.get().pk}" in found("stale", team.viewer)
    assert f"/changes/{Change.objects.get().pk}" in found("initial margin", team.viewer)
    assert found("no such thing anywhere", team.viewer) == []


def test_every_page_of_the_navigation_and_every_saved_question_is_found(team, busy, at):
    """Whatever a link of the frame opens, its own words open too."""
    page = at(team.auditor).get("/changes").content.decode()
    links = re.findall(r'<a href="(/[a-z]*)" data-go="[a-z]"[^>]*>([A-Za-z ]+?) *<', page)
    assert len(links) == 9
    for address, words in links:
        assert found(words, team.auditor)[0] == address
    assert found("revenue by fee", team.viewer) == ["/sql?question=revenue_by_tier"]


def test_an_alert_is_found_also_when_it_is_over(team, busy):
    (rule,) = [one for one in rules() if one.key == "price_runs"]
    alert = raise_alert(rule, "market:PF_XBTUSD", Alert.About.VALUE, 41_500, timezone.now())
    resolve(alert, "it was a test", by=team.operator, now=timezone.now())
    assert found(f"al-{alert.pk}", team.viewer) == [f"/alerts/{alert.pk}"]
    assert f"/alerts/{alert.pk}" in found(f"#{alert.pk}", team.viewer)
    assert f"/alerts/{alert.pk}" in found("price runs", team.viewer)


def test_a_number_finds_whatever_has_it(team, busy):
    incident, change = Incident.objects.get(), Change.objects.get()
    assert f"/incidents/{incident.pk}" in found(f"#{incident.pk}", team.viewer)
    assert f"/changes/{change.pk}" in found(f"#{change.pk}", team.viewer)
    assert found(f"ch-{change.pk}", team.viewer)[0] == f"/changes/{change.pk}"
    assert found("#999999", team.viewer) == found("#x", team.viewer) == []


def test_verbs_are_those_of_the_person(team, busy):
    change = Change.objects.get()
    assert f"/changes/{change.pk}" in found("> sign", team.risk)
    assert found("> sign", team.operator) == []
    assert "/incidents/open" in found("> open", team.operator)
    assert found(">", team.viewer) == found(">", team.auditor) == []
    halt = found("> halt pf_xbt", team.operator)
    assert halt[0] == "/changes/propose?kind=market_status&market=1"


def test_without_the_right_to_see_clients_no_account_is_found(team, busy, monkeypatch):
    asked = []
    monkeypatch.setattr(objects.exchange, "machine", lambda: asked.append(1))
    assert found("@7", team.viewer) == found("7", team.viewer) == []
    assert asked == []


def test_who_sees_clients_finds_an_account_that_is_there(team, busy):
    assert found("@7", team.auditor) == ["/accounts/7"]
    assert "/accounts/7" in found("7", team.auditor)
    assert found("@8", team.auditor) == []


def test_the_audit_log_is_found_by_those_who_may_read_it(team, busy):
    assert "/audit" in found("audit", team.auditor)
    assert "/audit" not in found("audit", team.viewer)


def test_nothing_is_done_in_the_palette(at, team, busy):
    client = at(team.manager)
    client.get("/search")
    before = (AuditRow.objects.count(), Change.objects.get().state)
    for text in (">", "> sign", "#1", "@1", "?", "xbt", "", "%", "'", "a" * 500):
        assert client.get("/search", {"q": text}).status_code == 200
        assert client.get("/search", {"q": text}, headers=JSON).json()["places"] is not None
    assert (AuditRow.objects.count(), Change.objects.get().state) == before
    assert register.entries("runbook")


def test_what_no_name_is_as_long_as_finds_nothing(at, team, exchange):
    client = at(team.operator)
    found = client.get("/search", {"q": "xbt"}, headers=JSON).json()
    assert found["places"]
    asked = "xbt".ljust(80) + "x"
    none = client.get("/search", {"q": asked}, headers=JSON).json()
    assert (none["places"], none["q"]) == ([], asked)
    assert 'maxlength="80"' in client.get("/search").content.decode()


def test_it_is_a_page_without_a_script_and_a_list_for_the_palette(at, team, busy):
    client = at(team.viewer)
    page = client.get("/search", {"q": "stale"}).content.decode()
    assert "<h1>Search</h1>" in page and "Index is stale" in page
    assert 'href="/search" data-palette' in page
    part = client.get("/search", {"q": "stale"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "Index is stale" in part
    helped = client.get("/search", {"q": "?"}).content.decode()
    assert "the object with it" in helped
