"""One client above or within its rate: refused cheaply, billed for what it lists; others go on."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import httpx
import pytest

from pilothouse.gate import entry
from pilothouse.gate.addresses import Proxies
from pilothouse.gate.allowances import Allowances, Rate
from pilothouse.gate.entry import Gate
from pilothouse.gate.limits import limits_for
from pilothouse.trading_api import rates, signing
from pilothouse.trading_api.gate import Strangers
from pilothouse.trading_api.long_answers import PORTION, LongAnswers
from pilothouse.trading_api.meter import Meter, Purpose
from pilothouse.trading_api.rates import TIERS, listing_cost
from tests.attack.served import ask, echo, served
from tests.attack.test_rates import futures, spot
from tests.attack.test_repeats import ORDER, OTHER, OWNER, request, sender
from tests.trading_api.running import Exchange, Key

V3: Final = "/derivatives/api/v3"
REFUSALS: Final = int(TIERS["pro"].refusals.limit)


@pytest.fixture
def key(limited: Exchange, rich: Callable[[], Key]) -> Key:
    made = replace(rich(), nonce_optional=False)
    limited.keys[made.public] = made
    return made


def status(url: str, asked: httpx.Request) -> int:
    """Send a signed request from the usual address; return the answer's status."""
    port = httpx.URL(url).port
    there = asked.url.copy_with(host="127.0.0.1", port=port)
    headers = {name: asked.headers[name] for name in ("apikey", "authent")}
    return httpx.request(asked.method, there, headers=headers, timeout=60).status_code


def test_a_key_above_its_rate_is_refused_before_its_signature_is_judged(
    limited: Exchange, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, cancel = request(key, "accounts", method="GET"), request(key, "cancelallorders")
    meter = limited.gate._application.state.meter
    meter.budget.add((key.account, "127.0.0.1"), TIERS["pro"].budget.limit)
    assert [status(limited.url, read) for _ in range(3)] == [200] * 3
    for _ in range(REFUSALS - 5):
        meter.refused(key.public, "127.0.0.1", Purpose.READ)
    assert [status(limited.url, read) for _ in range(3)] == [200, 200, 429]
    judged: list[Any] = []
    real = signing.matches
    monkeypatch.setattr(signing, "matches", lambda *given: judged.append(1) or real(*given))
    assert status(limited.url, read) == 429 and not judged
    assert status(limited.url, cancel) == 200, "who reads too much still cancels"
    assert status(limited.url, request(key, "sendorder", ORDER)) == 200
    # From another address neither its requests nor those of others are refused for it.
    assert sender(limited, OTHER)(read)["result"] == "success"


def test_refusals_are_counted_by_key_address_and_purpose() -> None:
    meter = Meter(None, TIERS["pro"], lambda: 0.0)  # type: ignore[arg-type]
    policy = Strangers(meter)

    def admitted(word: str, public: str = "a", address: str = "1") -> int:
        headers = [(b"apikey", public.encode())]
        return policy.admit(
            {"path": f"{V3}/{word}", "method": "POST", "headers": headers}, address
        )

    for public, address in (("a", "1"), ("a", "2"), ("b", "1")):
        meter.signed(public, address)
    for _ in range(REFUSALS):
        assert admitted("openorders") == 0
        meter.refused("a", "1", Purpose.READ)
    assert admitted("openorders") == admitted("accounts") == 429
    assert admitted("sendorder") == admitted("cancelorder") == 0
    assert admitted("openorders", address="2") == admitted("openorders", public="b") == 0
    assert meter.every["refusals"].refused == 2


class Never:
    """A policy that admits nobody."""

    def admit(self, scope: Any, key: str) -> int:
        return 429


def test_refusals_of_one_address_beyond_a_rate_are_answered_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[Any] = []

    async def wait(connection: Any) -> None:
        waited.append(connection.is_gone)

    monkeypatch.setattr(entry, "_wait", wait)
    gate = Gate(echo, limits_for(400), Proxies(), policy=Never())  # type: ignore[arg-type]
    gate._at_once = Allowances(Rate(2, 0))
    with served(gate) as door:
        assert [ask(door.port, "/", source=OWNER)[0] for _ in range(2)] == [429, 429]
        assert not waited
        assert ask(door.port, "/", source=OWNER)[0] == 429 and waited == [False]
        assert ask(door.port, "/", source=OTHER)[0] == 429 and len(waited) == 1
        assert ask(door.port, "/healthz", source=OWNER)[0] == 200


def test_a_refusal_waits_for_no_connection_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    class Connection:
        is_gone = False

    monkeypatch.setattr(asyncio, "sleep", sleep)
    asyncio.run(entry._wait(Connection()))
    assert entry.AGAIN_S <= sum(slept) <= 2 * entry.AGAIN_S
    slept.clear()
    Connection.is_gone = True
    asyncio.run(entry._wait(Connection()))
    assert sum(slept) < 1


@pytest.mark.parametrize(("rows", "cost"), [(0, 2), (1, 2), (100, 2), (101, 4), (706, 16)])
def test_a_listing_costs_more_for_each_further_hundred(rows: int, cost: int) -> None:
    assert listing_cost(2, rows) == cost


def test_reads_are_billed_by_what_they_list(
    limited: Exchange, rich: Callable[[], Key], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "ROWS_OF_ONE", 2)
    key, meter = replace(rich(), nonce_optional=False), limited.gate._application.state.meter
    limited.keys[key.public] = key
    contract = {"symbol": "PF_XBTUSD", "side": "buy", "orderType": "lmt", "size": "0.001"}
    pair = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.001"}
    sent = [
        futures(limited.url, key, "sendorder", "POST", limitPrice="10000", **contract)
        for _ in range(5)
    ]
    for _ in range(3):
        assert spot(limited.url, key, "AddOrder", price="10000", **pair)["error"] == []

    def cost(counter: Any, ask: Callable[[], Any]) -> float:
        before = counter.level(key.account)
        ask()
        after: float = counter.level(key.account)
        return after - before

    url, one = limited.url, sent[0]["sendStatus"]["order_id"]
    assert cost(meter.budget, lambda: futures(url, key, "openorders")) == 6
    assert cost(meter.budget, lambda: futures(url, key, "orders/status", "POST")) == 3
    asked = {"orderIds": one}
    assert cost(meter.budget, lambda: futures(url, key, "orders/status", "POST", **asked)) == 1
    assert cost(meter.calls, lambda: spot(url, key, "OpenOrders")) == 2
    assert len(futures(url, key, "openorders")["openOrders"]) == 5
    assert len(spot(url, key, "OpenOrders")["result"]["open"]) == 3
    futures(url, key, "cancelallorders", "POST")
    spot(url, key, "CancelAll")
    assert listed_by_history(limited, key) == [3, 1, 1], "of contracts alone"


def listed_by_history(limited: Exchange, key: Key) -> list[float]:
    """Return what the history of orders costs, with all its rows, with one, and with none."""
    from tests.attack.test_rates_before_journal import futures as sent

    meter, found, before = limited.gate._application.state.meter, [], 0.0
    for text in ("", "count=1", "before=1000"):
        assert sent(limited.url, key, "/api/history/v2/orders", text) == ""
        found.append(meter.history.level(key.account) - before)
        before = meter.history.level(key.account)
    return found


def test_long_answers_take_turns_and_let_others_in() -> None:
    answers, made, seen = LongAnswers(), [], []

    def row(one: tuple[str, int]) -> tuple[str, int]:
        made.append(one)
        return one

    async def listed(name: str) -> list[tuple[str, int]]:
        return await answers.rows(lambda: [(name, at) for at in range(4 * PORTION)], row)

    async def others() -> None:
        while len(made) < 8 * PORTION:
            seen.append(len(made))
            await asyncio.sleep(0)

    async def every() -> Any:
        return await asyncio.gather(listed("a"), listed("b"), others())

    first, second, _ = asyncio.run(every())
    assert made == first + second, "one listing at a time"
    assert all(later - sooner <= PORTION for sooner, later in itertools.pairwise(seen))
