"""What an answer says to go on with is taken by the next request, and leads to the end."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import ccxt
import httpx
import pytest

from tests.trading_api.conftest import futures_client, spot_client
from tests.trading_api.running import Exchange, Key

MAKERS = 120
"""More than a page of fills has, and all in the moment of one order."""
PERPETUAL = "PF_XBTUSD"


@pytest.fixture(scope="module")
def swept(exchange: Exchange) -> Iterator[tuple[Any, Any]]:
    """A contract's book of many orders that one order took at once."""
    clients = []
    for name in ("swept", "sweeping"):
        key = exchange.client(name, {"ZUSD": 10**12})
        exchange.to_futures(key, 9 * 10**11)
        clients.append(futures_client(exchange.url, key))
        exchange.keys[key.public] = _repeating(key)
    maker, taker = clients
    for k in range(0, MAKERS, 10):
        maker.create_orders(_orders(range(k, k + 10)))
    taker.privatePostSendorder(
        {"symbol": PERPETUAL, "side": "buy", "orderType": "ioc"}
        | {"size": f"{MAKERS / 10_000:.4f}", "limitPrice": 21_000}
    )
    yield maker, taker
    maker.privatePostCancelallorders()


def _repeating(key: Key) -> Key:
    return Key(key.public, key.secret, key.account, nonce_optional=True)


def _orders(steps: range) -> list[dict[str, Any]]:
    one = {"symbol": "BTC/USD:USD", "type": "limit", "side": "sell", "amount": 0.0001}
    return [one | {"price": 20_100 + k} for k in steps]


@pytest.mark.parametrize("side", [0, 1], ids=["maker", "taker"])
def test_every_fill_of_one_moment_is_on_some_page(swept: tuple[Any, Any], side: int) -> None:
    seen: list[str] = []
    asked: dict[str, Any] = {}
    while rows := swept[side].privateGetFills(asked)["fills"]:
        seen += [one["fill_id"] for one in rows]
        asked = {"lastFillTime": rows[-1]["fillTime"]}
    assert len(seen) == len(set(seen)) == MAKERS


def test_every_trade_of_one_moment_is_on_some_page_of_history(
    exchange: Exchange, swept: tuple[Any, Any]
) -> None:
    client, seen = futures_client(exchange.url), []
    asked: dict[str, Any] = {"symbol": PERPETUAL}
    while rows := client.publicGetHistory(asked)["history"]:
        seen += [one["uid"] for one in rows]
        asked["lastTime"] = rows[-1]["time"]
    assert len(seen) == len(set(seen)) >= MAKERS


@pytest.mark.parametrize("sort", ["asc", "desc"])
@pytest.mark.parametrize("name", ["continuationToken", "continuation_token"])
def test_the_token_of_executions_leads_to_the_end(
    exchange: Exchange, swept: tuple[Any, Any], sort: str, name: str
) -> None:
    path = f"{exchange.url}/api/history/v3/market/{PERPETUAL}/executions"
    whole = httpx.get(path, params={"sort": sort}).json()["elements"]
    assert _followed(lambda asked: httpx.get(path, params=asked).json(), name, sort) == whole


@pytest.mark.parametrize("sort", ["asc", "desc"])
def test_the_token_of_ended_orders_leads_to_the_end(swept: tuple[Any, Any], sort: str) -> None:
    maker, _ = swept
    whole = maker.historyGetOrders({"sort": sort})["elements"]
    assert len(whole) >= MAKERS
    assert _followed(maker.historyGetOrders, "continuationToken", sort) == whole


def _followed(ask: Callable[[dict[str, Any]], Any], name: str, sort: str) -> list[Any]:
    elements: list[Any] = []
    asked: dict[str, Any] = {"count": 50, "sort": sort}
    for _ in itertools.count():
        answer = ask(asked)
        elements += answer["elements"]
        if "continuationToken" not in answer:
            return elements
        asked[name] = answer["continuationToken"]
    raise AssertionError


def test_an_invented_token_is_refused(exchange: Exchange) -> None:
    path = f"{exchange.url}/api/history/v3/market/{PERPETUAL}/executions"
    said = httpx.get(path, params={"continuationToken": "0" * 32}).json()
    assert said["error"] == "invalidArgument: continuationToken"


@pytest.fixture(scope="module")
def traded(exchange: Exchange) -> Iterator[Any]:
    """A client with spot orders that traded, and one that was cancelled."""
    maker, taker = (
        spot_client(exchange.url, exchange.client(name, {"XXBT": 10**9, "ZUSD": 10**12}))
        for name in ("rests", "takes")
    )
    for k in range(5):
        maker.create_order("BTC/USD", "limit", "sell", 0.01, 20_300 + k)
    taker.create_order("BTC/USD", "limit", "buy", 0.05, 20_400)
    gone = taker.create_order("BTC/USD", "limit", "buy", 0.05, 11_000)
    taker.cancel_order(gone["id"])
    yield taker
    maker.cancel_all_orders()
    taker.cancel_all_orders()


def test_last_of_trades_is_the_next_since(exchange: Exchange, traded: Any) -> None:
    path = f"{exchange.url}/0/public/Trades"
    asked: dict[str, Any] = {"pair": "XBTUSD", "since": 0, "count": 2}
    seen: list[int] = []
    while rows := (answer := httpx.get(path, params=asked).json())["result"]["XXBTZUSD"]:
        seen += [one[6] for one in rows]
        asked["since"] = answer["result"]["last"]
        assert len(asked["since"]) == 19
    assert len(seen) == len(set(seen)) >= 5
    assert answer["result"]["last"] == asked["since"]


@pytest.mark.parametrize("name", ["start", "end"])
def test_closed_orders_go_on_at_an_order(traded: Any, name: str) -> None:
    every = list(traded.privatePostClosedOrders()["result"]["closed"])
    latest, before = every[:2]
    found = traded.privatePostClosedOrders({name: before})["result"]
    assert list(found["closed"]) == ([latest] if name == "start" else every[1:])
    with pytest.raises(ccxt.ExchangeError, match=name):
        traded.privatePostClosedOrders({name: "OAAAAA-AAAAA-AAAAAA"})


def test_trades_go_on_at_a_trade_of_the_same_moment(traded: Any) -> None:
    every = list(traded.privatePostTradesHistory()["result"]["trades"])
    assert len(every) == 5
    later = traded.privatePostTradesHistory({"start": every[3]})["result"]
    assert (list(later["trades"]), later["count"]) == (every[:3], 3)
    rest = traded.privatePostTradesHistory({"end": every[3]})["result"]
    assert list(rest["trades"]) == every[3:]


def test_trades_have_the_type_that_is_asked_for(traded: Any) -> None:
    for kind, count in (("all", 5), ("no position", 5), ("closed position", 0)):
        found = traded.privatePostTradesHistory({"type": kind})["result"]
        assert len(found["trades"]) == count, kind
    with pytest.raises(ccxt.ExchangeError, match="type"):
        traded.privatePostTradesHistory({"type": "nonsense"})


@pytest.mark.parametrize("method", ["ClosedOrders", "TradesHistory"])
def test_a_count_is_left_out_where_nobody_wants_it(traded: Any, method: str) -> None:
    ask = getattr(traded, f"privatePost{method}")
    assert "count" in ask()["result"]
    assert "count" not in ask({"without_count": "true"})["result"]


def test_trades_name_their_ledger_entries_where_asked(traded: Any) -> None:
    found = traded.privatePostTradesHistory({"ledgers": "true"})["result"]["trades"].values()
    ids = [one for trade in found for one in trade["ledgers"]]
    assert len(set(ids)) == 10
    assert all(one.startswith("L") for one in ids)
    plain = traded.privatePostTradesHistory()["result"]["trades"].values()
    assert not any("ledgers" in one for one in plain)
