"""The control room: the unusual with two hours, what waits, what was done and what it led to."""

import gzip
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from pilothouse.console import aftermath
from pilothouse.console.aftermath import Aftermath, Paid
from pilothouse.console.happened import happened
from pilothouse.console.live import ticker
from pilothouse.console.pages.contract import view
from pilothouse.console.pages.control_room.price import price
from pilothouse.console.pages.control_room.view import FACTS
from pilothouse.console.pages.control_room.waiting import waiting
from pilothouse.control import apply, approve, ports, preview, propose
from pilothouse.control.models import ChangeStep
from pilothouse.desk import progress
from pilothouse.desk.opening import open_incident
from pilothouse.venue.clock import wall_clock_us
from pilothouse.watch import alerts, running
from pilothouse.watch.models import Alert
from pilothouse.watch.noted import INDEX, LAST
from pilothouse.watch.reasons import Reason
from pilothouse.watch.rules import rules
from pilothouse.wiring.founding import found_register
from tests.attack.test_one_look import asked
from tests.console.conftest import JSON, signed_in
from tests.console.rooms import market, memory, named, pulse_of
from tests.console.test_pages import Seen
from tests.control.conftest import wish

QUERIES_MOST = 60
PAGE_BYTES_MAX = 60_000
"""Of the page itself, compressed; style and scripts come beside it."""


@pytest.fixture
def exchange():
    made = Seen()
    ports.connect(made, made, made, made)
    yield made
    ports.disconnect()


@pytest.fixture
def room(team, exchange, at):
    """Shows a pulse and a memory; both are forgotten at the end."""
    found_register()
    was = ticker.latest()

    def show(*markets, **series):
        now_us = wall_clock_us()
        ticker.show(pulse_of(*markets, now_us=now_us))
        running.connect(memory(now_us, **series))
        return signed_in(team.operator)

    yield show
    ticker.show(was)
    running.disconnect()


def page_of(client, address="/"):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_market_has_its_move_its_chart_and_how_far_it_is_from_its_normal(room):
    usual = {"spread_of_usual_ppm": 2_600_000, "depth_of_usual_ppm": 400_000, "near": 3}
    client = room(
        named(Reason(5, "spread 3 times usual"), **usual),
        **{LAST: lambda k: 60_000_000 + 50_000 * k, INDEX: lambda k: 60_000_000},
    )
    page = page_of(client, "/panels/markets")
    assert "spread 3 times usual" in page and "+9.91 %" in page
    assert "2.6×" in page and "0.4×" in page
    assert page.count("<polyline") == 2
    row = client.get("/", headers=JSON).json()["markets"]["unusual"][0]
    assert (row["moved_ppm"], row["near"]) == (5_950_000 * 1_000_000 // 60_000_000, 3)


def test_at_rest_it_shows_markets_the_day_and_the_channels(room):
    page = page_of(room(named(), **{LAST: lambda k: 60_000_000 + k}))
    for heading in ("The day", "Markets by exception", "Accounts by margin health", "Channels"):
        assert f">{heading}</h2>" in page
    assert "0 unusual, 1 normal" in page and "PF_XBTUSD" in page


def test_three_hundred_empty_books_are_one_line_and_a_small_page(room):
    empty = Reason(50, "no orders in the book")
    client = room(*(named(empty, number=k, symbol=f"COIN{k}USD") for k in range(1, 305)))
    page = page_of(client)
    assert page.count("no orders in the book") == 1 and "304 markets" in page
    assert "COIN304USD" in page
    assert len(gzip.compress(page.encode())) < PAGE_BYTES_MAX


def test_an_incident_stands_above_with_its_commander_and_its_clock(room, team):
    client = room(named())
    made = open_incident("Feed lags", "high", by=team.operator)
    page = page_of(client, "/panels/incidents")
    assert "Feed lags" in page and "nobody commands" in page and "data-since=" in page
    progress.acknowledge(made, by=team.operator)
    page = page_of(client, "/panels/incidents")
    assert "commander <b>operator</b>" in page and "acknowledged" in page


def test_what_waits_says_for_whom(room, team):
    client = room(named())
    (rule,) = [one for one in rules() if one.key == "price_runs"]
    alerts.raise_alert(rule, "market:PF_XBTUSD", Alert.About.VALUE, 41_500, timezone.now())
    change = propose.propose("margin_schedule", wish(4, 2), by=team.operator, why="volatility")
    preview.first(change, by=team.operator)
    rows = client.get("/", headers=JSON).json()["waiting"]
    assert [(one["label"], one["who"]) for one in rows] == [
        ("AL-1", "operator"),
        ("CH-1", "manager or risk 0/1"),
    ]
    assert "manager or risk 0/1" in page_of(client, "/panels/waiting")


def test_what_is_worst_waits_first(room, team):
    room(named())
    for key in ("unlike_itself", "sources_lost", "price_runs"):
        (rule,) = [one for one in rules() if one.key == key]
        alerts.raise_alert(rule, "market:PF_XBTUSD", Alert.About.VALUE, 1, timezone.now())
    assert [one.state for one in waiting([], [])] == ["critical", "high", "medium"]


def test_the_most_unusual_contract_is_drawn_before_the_largest(room):
    large, odd = named(), named(Reason(5, "no bids"), number=2, symbol="PF_ETHUSD")
    pulse = pulse_of(large, odd)
    both = (*pulse.contracts, replace(pulse.contracts[0], market=odd.market))
    assert price(replace(pulse, contracts=both)).market.symbol == "PF_ETHUSD"
    assert price(replace(pulse, named=())).market.symbol == "PF_XBTUSD"
    assert price(replace(pulse, contracts=())) is None


@pytest.fixture
def applied_step(team, exchange):
    change = propose.propose("margin_schedule", wish(4, 2), by=team.operator, why="volatility")
    preview.first(change, by=team.operator)
    change.refresh_from_db()
    approve.approve(change, change.fingerprint, by=team.risk)
    apply.apply(change, by=team.operator)
    return ChangeStep.objects.get(change=change)


def test_a_change_says_what_was_predicted_beside_what_followed(room, applied_step, monkeypatch):
    client = room(named())
    assert "not counted yet" in page_of(client, "/panels/applied")
    seen = {applied_step.pk: Aftermath(1, 19, 1_300_000_000_000, (Paid("USD", 12_345_678, 4),), 2)}
    monkeypatch.setattr(aftermath.AFTERMATHS, "_counted", seen)
    page = page_of(client, "/panels/applied")
    assert "1 below maintenance, 2 below initial" in page
    assert "19 liquidated, $1.3m; insurance 1,234.56 USD; 2 alerts" in page
    assert "19 liquidated, $1.3m" in page_of(client, f"/changes/{applied_step.change_id}")
    row = client.get("/", headers=JSON).json()["applied"][0]
    assert row["since_then"]["liquidated"] == 19


def test_what_was_done_and_what_comes_is_on_the_day(room, applied_step):
    page = page_of(room(named()), "/panels/day")
    assert "CH-1 applied" in page and 'class="now"' in page


def test_every_panel_is_drawn_alone_and_again_only_when_it_changed(room):
    client = room(named(), **{LAST: lambda k: 60_000_000})
    pulse = ticker.latest()
    for name in FACTS:
        page = page_of(client, f"/panels/{name}")
        assert f'data-panel="{name}" data-digest="{ticker.digest(name, pulse)}"' in page
        assert f'hx-get="/panels/{name}"' in page
    assert client.get("/panels/nothing").status_code == 404


def test_before_the_first_look_it_says_so(room, team):
    client = room(named())
    ticker.show(None)
    assert "has not answered yet" in page_of(client)


def test_it_asks_the_database_few_times(room, team, applied_step):
    client = room(named(), **{LAST: lambda k: 60_000_000 + k})
    for k in range(5):
        open_incident(f"Incident {k}", "high", by=team.operator)
    _, statements = asked(client, "/")
    assert len(statements) <= QUERIES_MOST, "\n".join(one[:80] for one in statements)


def test_a_contract_is_drawn_with_what_happened_to_it(room, applied_step):
    room(
        named(),
        **{
            LAST: lambda k: 60_000_000 + 1_000 * k,
            INDEX: lambda k: 60_000_000,
            "spread": lambda k: 100,
            "open_interest": lambda k: 1_000_000_000 + k * 1_000_000,
        },
    )
    made = {one.title: one for one in view.drawn(market())}
    assert list(made) == ["Price", "Spread", "Open interest"]
    assert [one.label for one in made["Price"].drawing.marks][:1] == ["CH-1 PF_XBTUSD: initial m…"]
    assert made["Price"].heads == ("Index", "Last")
    assert made["Spread"].heads == ("Lowest", "Highest", "Last")
    assert 24 <= len(made["Price"].rows) <= 25


def test_what_is_due_or_done_elsewhere_does_not_stand_on_a_contract(room, applied_step):
    now = timezone.now()
    since = now - timedelta(hours=2)
    assert happened(since, now, [market(7, "PF_ETHUSD")]) == []
    assert [one.address for one in happened(since, now)] == ["/changes/1"]
