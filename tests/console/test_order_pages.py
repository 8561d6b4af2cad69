"""An order is found by any of its ids, and its page says what the events say, summed by hand."""

from contextlib import contextmanager

import pytest

from pilothouse.access.models import Person
from pilothouse.language.events import OrderCancelled, OrderFilled, OrderPlaced
from pilothouse.language.rows import from_event_row
from pilothouse.records.archive import running
from pilothouse.records.archive.archive import Archive
from pilothouse.records.archive.connection import rows_of
from pilothouse.records.archive.keeper import Keeper
from pilothouse.records.archive.order_story import FILLS_MOST, orders_named, story_of
from pilothouse.records.client_ids import FUTURES_ORDER, ORDER, order_number_of, txid_of, uuid_of
from tests.records.archive_worlds import lived


@pytest.fixture(scope="module")
def world():
    return lived(seed=12)


@pytest.fixture
def archive(tmp_path, world, db):
    keeper = Keeper(Archive(tmp_path))
    for span in world.spans:
        keeper.hear(span)
    keeper.keep()
    running.connect(keeper)
    yield keeper
    running.disconnect()


@pytest.fixture
def told(world):
    return [from_event_row(row) for span in world.spans for row in span.events]


def every(kind, told):
    return [one.event for one in told if isinstance(one.event, kind)]


def placed_by(told):
    """Every order that was placed, with its account."""
    return [(one.event, one.account) for one in told if isinstance(one.event, OrderPlaced)]


def by_hand(told, number):
    """The fills of an order: how many, their quantity, value and its own side's fees."""
    mine = [
        one for one in every(OrderFilled, told) if number in (one.taker_order, one.maker_order)
    ]
    fees = [one.taker_fee if one.taker_order == number else one.maker_fee for one in mine]
    return len(mine), sum(one.quantity for one in mine), sum(one.value for one in mine), sum(fees)


def test_every_order_is_told_as_its_events_say(archive, told):
    fills = every(OrderFilled, told)
    filled = {one.taker_order for one in fills} | {one.maker_order for one in fills}
    placed = placed_by(told)
    some = [one for one in placed if one[0].order in filled][:6] + placed[:4]
    for order, account in some:
        story = story_of(order.order)
        first = story.ends[0]
        assert (first.deed, first.account, first.quantity) == ("placed", account, order.quantity)
        sums = (story.fills_count, story.filled, story.value, story.fees)
        assert sums == by_hand(told, order.order)
        assert len(story.fills) == min(story.fills_count, FILLS_MOST)
    assert any(by_hand(told, one.order)[0] for one, _ in some), "some order was filled"


def test_a_cancelled_order_says_how_much_was_left(archive, told):
    cancelled = every(OrderCancelled, told)[0]
    last = story_of(cancelled.order).ends[-1]
    assert (last.deed, last.quantity) == ("cancelled", cancelled.remaining)


def test_what_never_was_has_no_story(archive, told):
    assert story_of(2**60) is None and orders_named("nobody called it so") == []


def test_a_refused_order_and_one_with_a_name_are_found(archive, world):
    home = running.archive().home
    question = "SELECT position, refusal::VARCHAR FROM orders WHERE deed = 'refused' LIMIT 1"
    ((position, why),) = rows_of(home, question, [])
    assert [(one.deed, one.refusal) for one in story_of(position).ends] == [("refused", why)]
    question = "SELECT client_order_id, account FROM orders WHERE client_order_id <> '' LIMIT 1"
    for name, account in rows_of(home, question, []):
        assert account in {one.account for one in orders_named(name)}


def test_an_order_has_three_ids_and_a_wrong_one_is_known():
    number = 123_456_789
    spot, future = txid_of(ORDER, number), uuid_of(FUTURES_ORDER, number)
    for text in (str(number), spot, spot.lower(), future, future.upper(), f"  {spot} "):
        assert order_number_of(text) == number
    broken = spot[:-1] + ("A" if spot[-1] != "A" else "B")
    for text in ("", "0", "xbt", broken, future[:-1] + "g", "9" * 19, "²"):
        assert order_number_of(text) is None


@pytest.fixture
def seen(archive, world, monkeypatch):
    @contextmanager
    def machine():
        yield world.machine

    monkeypatch.setattr("pilothouse.console.exchange.machine", machine)


def test_the_page_and_every_id_lead_to_one_address(seen, told, team, at):
    placed, account = placed_by(told)[0]
    client = at(team.operator)
    facts = client.get(f"/orders/{placed.order}", headers={"Accept": "application/json"}).json()
    assert facts["asked"]["account"] == account
    page = client.get(f"/orders/{placed.order}").content.decode()
    assert f"/accounts/{account}/why?order={placed.order}" in page and facts["id"] in page
    for name in (facts["id"], txid_of(ORDER, placed.order), uuid_of(FUTURES_ORDER, placed.order)):
        assert client.get(f"/orders/{name}").headers["Location"] == f"/orders/{placed.order}"
        found = client.get("/orders", {"q": name})
        assert found.headers["Location"] == f"/orders/{placed.order}"
    assert client.get(f"/orders/{2**60}").status_code == 404
    assert client.get("/orders/nonsense").status_code == 404
    assert "has this id or name" in client.get("/orders?q=unknown").content.decode()


def test_clients_orders_are_shown_to_those_who_see_clients(seen, team, at):
    for name in ("/orders", "/orders/7"):
        assert at(team.viewer).get(name).status_code == 403
        assert at(Person.objects.create_user(f"none{len(name)}")).get(name).status_code == 403
