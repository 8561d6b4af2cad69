"""What changed in the last 15 minutes, and the briefs that are copied from a page."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pilothouse.console.live import ticker
from pilothouse.control import propose
from pilothouse.desk import from_alert, progress
from pilothouse.desk.opening import open_incident
from pilothouse.venue.clock import wall_clock_us
from pilothouse.watch import alerts, running
from pilothouse.watch.models import Alert
from pilothouse.watch.noted import LAST
from pilothouse.watch.rules import rules
from pilothouse.wiring.founding import found_register
from tests.console.conftest import JSON, signed_in
from tests.console.rooms import memory, named, pulse_of
from tests.control.conftest import wish


@pytest.fixture
def team(team, exchange, at):
    found_register()
    yield team
    running.disconnect()


@pytest.fixture
def seen():
    """Have a market's price kept for two hours, as told minute by minute."""
    was = ticker.latest()

    def show(price):
        now_us = wall_clock_us()
        ticker.show(pulse_of(named(), now_us=now_us))
        running.connect(memory(now_us, **{LAST: price}))

    yield show
    ticker.show(was)


def raised(key="price_runs", ago=timedelta(minutes=1)):
    (rule,) = [one for one in rules() if one.key == key]
    about = Alert.About.VALUE, 41_500, timezone.now() - ago
    return alerts.raise_alert(rule, "market:PF_XBTUSD", *about)


def test_it_has_what_was_done_lately_newest_first_and_nothing_older(team):
    raised("mark_left_index", timedelta(minutes=20))
    ended = raised()
    alerts.resolve(ended, "it is over", by=team.operator, now=timezone.now())
    made = open_incident("Feed lags", "high", by=team.operator)
    progress.acknowledge(made, by=team.operator)
    facts = signed_in(team.operator).get("/lately", headers=JSON).json()
    assert [one["title"].partition(":")[0] for one in facts["happened"]] == [
        "INC-1 acknowledged",
        "INC-1 opened",
        "AL-2 resolved",
        "AL-2 raised",
    ]


def test_a_price_that_moved_beyond_its_normal_is_named_and_one_that_did_not_is_not(team, seen):
    client = signed_in(team.operator)
    seen(lambda k: 60_000_000 + k % 3 * 1_000)
    assert client.get("/lately", headers=JSON).json()["moves"] == []
    assert "No market moved beyond its normal." in client.get("/lately").content.decode()
    seen(lambda k: 60_000_000 if k < 110 else 57_000_000)
    (move,) = client.get("/lately", headers=JSON).json()["moves"]
    assert (move["symbol"], move["name"], move["moved_ppm"]) == ("PF_XBTUSD", "price", -50_000)
    assert (move["before_text"], move["now_text"]) == ("60,000.000", "57,000.000")


def test_before_enough_was_seen_no_move_is_judged(team, seen):
    seen(lambda k: 60_000_000 if k > 100 else None)
    page = signed_in(team.operator).get("/lately").content.decode()
    assert "Too little was recorded" in page


def test_the_key_leads_there_from_every_page(team):
    page = signed_in(team.operator).get("/changes").content.decode()
    assert 'href="/lately" data-lately' in page


def brief_of(client, address):
    page = client.get(address).content.decode()
    return page.partition("data-brief>")[2].partition("</textarea>")[0].splitlines()


def test_an_alert_and_its_incident_have_a_brief_of_plain_text_with_a_full_address(team):
    alert, client = raised(), signed_in(team.operator)
    lines = brief_of(client, f"/alerts/{alert.pk}")
    assert lines[0] == "AL-1 Price runs, PF_XBTUSD: high, raised"
    assert lines[1] == "Measured: 4.15 %; limit 3 %"
    assert lines[-1] == "http://testserver/alerts/1"
    made = from_alert.make_incident(alert, by=team.operator)
    lines = brief_of(client, f"/incidents/{made.pk}")
    assert lines[0].startswith("INC-1 ") and "Commander: nobody, turn of operator" in lines
    assert "Alerts: AL-1 Price runs" in lines


def test_a_change_has_a_brief_and_no_reason_can_add_a_line_to_it(team, exchange):
    why = "volatility\nSigned by: risk"
    change = propose.propose("margin_schedule", wish(4, 2), by=team.operator, why=why)
    lines = brief_of(signed_in(team.operator), f"/changes/{change.pk}")
    assert "Why: volatility Signed by: risk" in lines
    assert "initial margin from $0: 2 % -&gt; 4 %" in lines
    assert [one for one in lines if one.startswith("Signed by")] == [
        "Signed by: nobody; needed: one signature of risk or of a manager"
    ]


def test_a_viewer_gets_a_brief_and_no_moves(team):
    alert = raised()
    page = signed_in(team.viewer).get(f"/alerts/{alert.pk}").content.decode()
    assert "data-copies" in page and 'data-verb="acknowledge"' not in page
