"""Endless lists of names: refused before any name is looked up, or answered once for each name.

Work is counted by what is looked up, never by time. Every method of both APIs is asked.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from pilothouse.language.commands import CancelOrder
from pilothouse.records.history import History
from pilothouse.trading_api.bodies import BODY_MAX
from pilothouse.trading_api.door import Door
from pilothouse.trading_api.futures import routes as of_futures
from pilothouse.trading_api.futures.arguments import Arguments as FuturesArguments
from pilothouse.trading_api.futures.errors import Refused as FuturesRefused
from pilothouse.trading_api.listing import Listing
from pilothouse.trading_api.lists import NAMES_MAX, TooManyNames, names_of
from pilothouse.trading_api.signing import spot_signature
from pilothouse.trading_api.spot import routes as of_spot
from pilothouse.trading_api.spot.arguments import Arguments
from pilothouse.trading_api.spot.errors import Refused
from tests.attack.test_rates import NONCE, ORDER, futures, spot
from tests.trading_api.running import Exchange, Key

ENDLESS = ",".join(["XBTUSD"] * 140_000)
LONG = ",".join(["XBTUSD"] * (BODY_MAX // 7 - 10))
SPOT_LISTS = ("pair", "asset", "txid", "orders", "cl_ord_ids", "oflags")
FUTURES_LISTS = ("symbol", "orderIds", "cliOrdIds", "orderId[]", "json")
LOOKED_UP = {
    Listing: ("pair", "asset", "contract"),
    History: ("order", "execution", "orders_named", "statistics"),
}


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Count what is looked up by name or number."""
    counted: Counter[str] = Counter()
    for owner, names in LOOKED_UP.items():
        for name in names:
            monkeypatch.setattr(owner, name, _counting(counted, name, getattr(owner, name)))
    yield counted


def _counting(counted: Counter[str], name: str, real: Any) -> Any:
    def ask(*given: Any) -> Any:
        counted[name] += 1
        return real(*given)

    return ask


def checked(work: Counter[str], answer: Any, what: object) -> None:
    assert work.total() < 200, (what, work)
    assert len(json.dumps(answer)) < 200_000, what
    work.clear()


@pytest.mark.parametrize("method", sorted(of_spot.READS | of_spot.TOKENS | of_spot.TRADES))
def test_signed_spot_lists(
    exchange: Exchange, rich: Callable[[], Key], work: Counter[str], method: str
) -> None:
    key = rich()
    for name in SPOT_LISTS:
        fields = {**ORDER, "price": "10000", "validate": "true", name: ENDLESS}
        checked(work, spot(exchange.url, key, method, **fields), (method, name))


@pytest.mark.parametrize("path", sorted(of_futures.READS | of_futures.TRADES))
def test_signed_futures_lists(
    exchange: Exchange, rich: Callable[[], Key], work: Counter[str], path: str
) -> None:
    key, word = rich(), path.removeprefix(of_futures.V3 + "/")
    for name in FUTURES_LISTS if path.startswith(of_futures.V3) else ():
        answer = futures(exchange.url, key, word, "POST", **{name: ENDLESS})
        checked(work, answer, (path, name))


@pytest.mark.parametrize("method", sorted(of_spot.PUBLIC))
def test_public_spot_lists(exchange: Exchange, work: Counter[str], method: str) -> None:
    with httpx.Client(base_url=exchange.url, timeout=60) as client:
        for name in SPOT_LISTS:
            answer = client.post(f"/0/public/{method}", data={name: LONG})
            checked(work, answer.json(), (method, name))
            listed = json.dumps({name: LONG.split(",")[:4_000]})
            answer = client.post(f"/0/public/{method}", content=listed)
            checked(work, answer.json(), (method, name))


def test_public_methods_have_short_bodies(exchange: Exchange, work: Counter[str]) -> None:
    paths = [f"/0/public/{one}" for one in of_spot.PUBLIC]
    paths += [one.replace("{symbol}", "PF_XBTUSD") for one in of_futures.PUBLIC]
    with httpx.Client(base_url=exchange.url, timeout=60) as client:
        for path in paths:
            assert client.post(path, content=f"pair={ENDLESS}").status_code == 413, path
    assert not work


def test_many_spellings_of_one_pair_are_one_pair(exchange: Exchange, work: Counter[str]) -> None:
    letters = itertools.product(*((one, one.lower()) for one in "XBTUSD"))
    spelled = ",".join("".join(one) for one in letters)
    answer = httpx.post(exchange.url + "/0/public/Ticker", data={"pair": spelled}, timeout=60)
    assert list(answer.json()["result"]) == ["XXBTZUSD"]
    assert work["statistics"] == 1


def test_what_is_refused_says_which_field() -> None:
    with pytest.raises(Refused, match="EGeneral:Invalid arguments:txid"):
        Arguments({"txid": "a," * 51}).orders(50)
    with pytest.raises(Refused, match="EGeneral:Invalid arguments:orders"):
        Arguments({"orders": [1] * 51}).items("orders", 50)
    with pytest.raises(FuturesRefused, match="invalidArgument: orderIds"):
        FuturesArguments([("orderIds", "a,b"), ("orderIds[]", "c")]).every(2, "orderIds")


def test_a_list_is_split_no_further_than_its_bound() -> None:
    assert names_of(["a, b,a", "", "c"], 5) == ["a", "b", "c"]
    assert len(names_of([",".join(map(str, range(NAMES_MAX)))])) == NAMES_MAX
    with pytest.raises(TooManyNames):
        names_of(["a"] * (NAMES_MAX + 1))
    with pytest.raises(TooManyNames):
        names_of(["," * NAMES_MAX])


def test_one_reference_in_many_spellings_cancels_each_order_once(
    exchange: Exchange, rich: Callable[[], Key], monkeypatch: pytest.MonkeyPatch
) -> None:
    key, sent = rich(), Counter[type]()
    fields = {**ORDER, "price": "10000", "userref": "7"}
    placed = [spot(exchange.url, key, "AddOrder", **fields)["result"]["txid"][0] for _ in range(3)]
    real = Door.ask

    async def ask(self: Door, key: Any, commands: Any) -> Any:
        sent.update(map(type, commands))
        return await real(self, key, commands)

    monkeypatch.setattr(Door, "ask", ask)
    spellings = [sign + "0" * zeros + "7" for sign in ("", "+") for zeros in range(19)]
    answer = cancel_batch(exchange.url, key, [*spellings, 7, {"txid": "7"}, *placed])
    assert answer == {"error": [], "result": {"count": 3}}
    assert sent[CancelOrder] == 3
    assert cancel_batch(exchange.url, key, ["7", "x"])["error"] == ["EOrder:Unknown order"]


def cancel_batch(url: str, key: Key, orders: list[Any]) -> Any:
    """Send a signed batch of cancellations and return its envelope."""
    nonce, path = str(next(NONCE)), "/0/private/CancelOrderBatch"
    body = json.dumps({"nonce": nonce, "orders": orders}).encode()
    signed = base64.b64encode(spot_signature(key.secret, path.encode(), nonce.encode(), body))
    headers = {"API-Key": key.public, "API-Sign": signed.decode()}
    headers["Content-Type"] = "application/json"
    return httpx.post(url + path, content=body, headers=headers, timeout=60).json()
