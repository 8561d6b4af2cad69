"""What WebSockets cost the loop is counted for each address and each key, not by connection."""

from __future__ import annotations

import contextlib
import json
import socket as plugs
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from pilothouse.gate.allowances import Allowances, Rate
from pilothouse.trading_api.feeds import bills
from pilothouse.trading_api.feeds.bills import Bill
from pilothouse.trading_api.feeds.books import IDLE_MOST, Books
from pilothouse.trading_api.feeds.snapshots import Snapshots
from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.futures.websocket.session import INVALID_SAID, PRODUCTS_MAX
from pilothouse.trading_api.process import MESSAGE_MAX
from pilothouse.trading_api.rates import TIERS
from pilothouse.trading_api.spot.websocket.params import SYMBOLS_MAX
from pilothouse.trading_api.spot.websocket.session import NOT_LISTED_SAID
from tests.attack.test_sockets import Protocol
from tests.trading_api.running import Exchange

RATE = TIERS["pro"].sockets
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"


@contextlib.contextmanager
def wire(exchange: Exchange, path: str = "/v2", source: str = HERE) -> Iterator[ClientConnection]:
    host, port = exchange.url.removeprefix("http://").split(":")
    plug = plugs.create_connection((host, int(port)), source_address=(source, 0))
    with connect(f"ws://{host}:{port}{path}", sock=plug) as one:
        one.recv(30)
        yield one


def ping(one: ClientConnection) -> Any:
    one.send('{"method":"ping"}')
    return json.loads(one.recv(30))


def test_one_address_pays_for_all_its_sockets(
    limited: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bills, "PATIENCE", 3)
    meter = limited.gate._application.state.meter
    with wire(limited) as one, wire(limited) as two, wire(limited, source=ELSEWHERE) as other:
        assert ping(one)["method"] == ping(two)["method"] == "pong"
        meter.sockets.add(HERE, RATE.limit)
        refused = meter.sockets.refused
        for each in (one, two):
            assert ping(each)["error"] == "Exceeded msg rate"
        assert meter.sockets.refused == refused + 2 and meter.sockets.busiest_ppm >= 1_000_000
        with pytest.raises(ConnectionClosed) as late, wire(limited) as three:
            three.recv(30)
        assert late.value.rcvd is not None and late.value.rcvd.code == 1013
        with pytest.raises(ConnectionClosed) as ended:
            for _ in range(10):
                ping(one)
        assert ended.value.rcvd is not None and ended.value.rcvd.code == 1008
        assert ping(other)["method"] == "pong"


def test_a_subscription_costs_what_it_is_answered(limited: Exchange) -> None:
    meter = limited.gate._application.state.meter
    before = meter.sockets.level(HERE)
    with wire(limited) as one:
        params = {"channel": "instrument"}
        one.send(json.dumps({"method": "subscribe", "params": params}))
        size = 0
        while '"snapshot","data"' not in (said := str(one.recv(30))):
            size += len(said)
        assert meter.sockets.level(HERE) - before > (size + len(said)) / bills.BYTES_SAID


@pytest.mark.parametrize("size", [20, 500, MESSAGE_MAX])
@pytest.mark.parametrize("sockets", [1, 100])
def test_no_number_of_sockets_buys_more(size: int, sockets: int) -> None:
    now = [0.0]
    allowances: Allowances[str] = Allowances(RATE, clock=lambda: now[0])
    every = [Bill(allowances, HERE) for _ in range(sockets)]
    heard = 0
    for step in range(10_000):
        now[0] = step / 1_000
        heard += every[step % sockets].hears(size)
    cost = heard * (bills.HEARD + size / bills.BYTES_HEARD)
    assert cost <= RATE.limit + RATE.per_second * 10
    assert Bill(allowances, ELSEWHERE).hears(size)


def test_a_key_pays_from_every_address() -> None:
    allowances: Allowances[str] = Allowances(Rate(10, 0))
    every = [Bill(allowances, f"10.0.0.{number}") for number in range(20)]
    for one in every:
        one.add_payer("public")
        one.add_payer("public")
    assert sum(one.hears(0) for one in every) == 10


def test_who_has_used_it_up_waits_for_the_rest_of_an_answer() -> None:
    now = [0.0]
    protocol: Any = Protocol()
    outlet = Outlet(protocol)
    outlet.bill = Bill(Allowances(RATE, clock=lambda: now[0]), HERE)
    for _ in range(40):
        outlet.push_text(b"x" * (1 << 18))
    assert outlet.bill.is_over
    now[0] = 60
    assert not outlet.bill.is_over


def test_names_of_one_spot_request_are_bounded(exchange: Exchange) -> None:
    with wire(exchange) as one:
        names = [f"A{number}" for number in range(SYMBOLS_MAX)]
        for symbols, answers in ((names, NOT_LISTED_SAID + 1), ([*names, "B"], 1)):
            params = {"channel": "book", "symbol": symbols}
            one.send(json.dumps({"method": "subscribe", "params": params}))
            one.send('{"method":"ping"}')
            told = []
            while (said := json.loads(one.recv(30))).get("method") != "pong":
                told.append(said)
            assert len(told) == answers and not any(each["success"] for each in told)
        assert "at most 200" in told[-1]["error"]


def test_names_of_one_futures_request_are_bounded(exchange: Exchange) -> None:
    with wire(exchange, "/ws/v1") as one:
        names = [f"A{number}" for number in range(PRODUCTS_MAX)]
        for products, answers in ((names, INVALID_SAID + 1), ([*names, "B"], 1)):
            one.send(json.dumps({"event": "subscribe", "feed": "book", "product_ids": products}))
            one.send('{"event":"challenge","api_key":"x"}')
            told = []
            while (said := json.loads(one.recv(30)))["event"] != "challenge":
                told.append(said)
            assert len(told) == answers


class Past:
    position, time = 1, 1

    @property
    def history(self) -> Past:
        return self


def test_a_snapshot_is_made_once_in_a_block() -> None:
    past: Any = Past()
    made: list[int] = []
    snapshots = Snapshots(past, lambda topic: made.append(topic) or b"x" * topic)
    assert [snapshots.get(7) for _ in range(1_000)] == [b"x" * 7] * 1_000 and made == [7]
    past.position = 2
    snapshots.get(7)
    assert made == [7, 7]


def test_a_book_that_is_left_and_followed_again_is_copied_once() -> None:
    levels, follower = Levels(), Machine()
    books = Books(follower, levels)  # type: ignore[arg-type]
    for _ in range(100):
        books.follow(1, 1_000)
        books.unfollow(1, 1_000)
    assert books.copied == 1
    for market in range(2 * IDLE_MOST):
        books.follow(market, 10)
        books.unfollow(market, 10)
    assert len(books._books) == IDLE_MOST
    books.forget()
    assert not books._books


class Levels:
    def side(self, market: int, side: int) -> dict[int, int]:
        return {1: 1}


class Machine:
    @contextlib.contextmanager
    def machine(self) -> Iterator[None]:
        yield None
