"""A dead man's switch cancels what its key has open, unless the key says in time that it lives."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ccxt
import pytest

from pilothouse.trading_api import switches
from pilothouse.trading_api.switches import Full, Holder, Switches
from tests.trading_api.conftest import futures_client, spot_client
from tests.trading_api.running import Exchange, Key

PERPETUAL = "BTC/USD:USD"


class Clock:
    """A steady clock that only a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_switch_is_due_once_and_only_when_its_key_is_silent() -> None:
    clock = Clock()
    every = Switches(clock)
    every.set("a", 7, spot=True, seconds=60)
    every.set("b", 8, spot=True, seconds=60)
    every.set("b", 8, spot=False, seconds=30)
    clock.now += 50
    every.set("a", 7, spot=True, seconds=60)
    every.set("b", 8, spot=False, seconds=0)
    clock.now += 10
    assert [(one.public, one.spot) for one in every.take_due()] == [("b", True)]
    assert every.take_due() == []
    clock.now += 49
    assert every.take_due() == []
    clock.now += 1
    assert [one.account for one in every.take_due()] == [7]


def test_one_key_has_one_switch_of_each_api_and_all_have_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(switches, "SWITCHES_MAX", 3)
    every = Switches(Clock())
    for _ in range(10):
        for spot in (True, False):
            every.set("a", 7, spot=spot, seconds=60)
    every.set("b", 8, spot=True, seconds=60)
    with pytest.raises(Full):
        every.set("c", 9, spot=True, seconds=60)
    every.set("c", 9, spot=True, seconds=0)
    every.set("a", 7, spot=True, seconds=5)
    assert (every.busiest_ppm, every.refused) == (1_000_000, 1)
    every.set("b", 8, spot=True, seconds=0)
    every.set("c", 9, spot=True, seconds=60)


def test_a_restart_goes_on_with_every_switch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = [10**15]
    monkeypatch.setattr(switches, "wall_clock_us", lambda: wall[0])
    path, clock = tmp_path / "history" / "switches.json", Clock()
    first = Switches(clock)
    first.keep_in(path)
    first.set("soon", 7, spot=True, seconds=10)
    first.set("later", 8, spot=False, seconds=600)
    first.write()
    assert path.stat().st_mode & 0o77 == 0
    wall[0] += 60 * 10**6
    again = Switches(clock)
    again.keep_in(path)
    (soon,) = again.take_due()
    assert soon.public == "soon"
    clock.now += 541
    (later,) = again.take_due()
    assert (later.account, later.spot) == (8, False)
    # Until it is carried out it stays on disk: a crash in between loses no switch.
    again.done(soon)
    again.write()
    third = Switches(clock)
    third.keep_in(path)
    clock.now += 541
    assert [one.public for one in third.take_due()] == ["later"]
    again.done(later)
    again.write()
    empty = Switches(clock)
    empty.keep_in(path)
    clock.now += 10**6
    assert empty.take_due() == []


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"public": 3}]', "[[]]", "null"])
def test_a_damaged_file_stops_no_gateway(tmp_path: Path, text: str) -> None:
    path = tmp_path / "switches.json"
    path.write_text(text)
    every = Switches(Clock())
    every.keep_in(path)
    assert every.take_due() == []
    every.set("a", 7, spot=True, seconds=60)
    every.write()
    assert json.loads(path.read_text())[0]["public"] == "a"


def test_what_could_not_be_carried_out_is_tried_again() -> None:
    clock, fired = Clock(), []

    async def fire(key: Holder, spot: bool) -> None:
        fired.append((key.account, spot))
        if len(fired) == 1:
            raise OSError("the writer is away")

    async def story() -> None:
        every = Switches(clock)
        every.set("a", 7, spot=True, seconds=1)
        clock.now += 1
        running = asyncio.create_task(every.run(fire))
        while len(fired) < 2:
            await asyncio.sleep(0)
            clock.now += 1
        for _ in range(3):
            clock.now += 10
            await asyncio.sleep(0)
        running.cancel()

    original, switches.LOOK_S = switches.LOOK_S, 0.0
    try:
        asyncio.run(story())
    finally:
        switches.LOOK_S = original
    assert fired == [(7, True)] * 2


@pytest.fixture
def clients(exchange: Exchange, rich: Callable[[], Key]) -> tuple[Any, Any]:
    key = rich()
    return spot_client(exchange.url, key), futures_client(exchange.url, key)


@pytest.mark.parametrize("api", [0, 1], ids=["spot", "futures"])
def test_an_unmodified_client_that_falls_silent_has_no_open_orders(
    clients: tuple[Any, Any], api: int
) -> None:
    spot, futures = clients
    spot.create_order("BTC/USD", "limit", "buy", 0.01, 15_000)
    futures.create_order(PERPETUAL, "limit", "buy", 0.01, 15_000)
    silent, other = clients[api], clients[1 - api]
    silent.cancel_all_orders_after(1_000)
    while silent.fetch_open_orders():
        pass
    assert len(other.fetch_open_orders()) == 1
    other.cancel_all_orders()


def test_a_switch_says_when_it_is_due_and_can_be_ended(clients: tuple[Any, Any]) -> None:
    spot, futures = clients
    said = spot.privatePostCancelAllOrdersAfter({"timeout": 3_600})["result"]
    assert said["currentTime"] < said["triggerTime"]
    assert spot.privatePostCancelAllOrdersAfter({"timeout": 0})["result"]["triggerTime"] == "0"
    status = futures.privatePostCancelallordersafter({"timeout": 3_600})["status"]
    assert status["currentTime"] < status["triggerTime"]
    assert futures.cancel_all_orders_after(0)["status"]["triggerTime"] == "0"


@pytest.mark.parametrize("timeout", ["", "-1", "86401", "1.5", "soon"])
def test_a_wrong_timeout_is_refused(clients: tuple[Any, Any], timeout: str) -> None:
    spot, futures = clients
    with pytest.raises(ccxt.ExchangeError, match="timeout"):
        spot.privatePostCancelAllOrdersAfter({"timeout": timeout})
    with pytest.raises(ccxt.ExchangeError):
        futures.privatePostCancelallordersafter({"timeout": timeout})
