"""Names, words and orders of fields as Kraken's documentation and its own client have them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import ccxt
import httpx
import pytest

from pilothouse.trading_api.figures import rfc1123
from pilothouse.trading_api.futures.routes import REQUIRED
from pilothouse.venue.catalogue import parse_json
from tests.trading_api.conftest import spot_client
from tests.trading_api.feeds.sockets import socket
from tests.trading_api.running import Exchange, Key

PUBLIC = ("AssetPairs", "Ticker", "Depth", "Trades", "OHLC")
BTC = {
    "BTC/USD": "BTC/USD",
    "btc/usd": "BTC/USD",
    "BTCUSD": "XXBTZUSD",
    "XBT/USD": "XXBTZUSD",
    "XBTUSD": "XXBTZUSD",
    "XXBTZUSD": "XXBTZUSD",
}
DOGE = {"DOGE/EUR": "DOGE/EUR", "DOGEEUR": "XDGEUR", "XDG/EUR": "XDGEUR", "XDGEUR": "XDGEUR"}


def _public(exchange: Exchange, method: str, **asked: str) -> Any:
    return parse_json(httpx.get(f"{exchange.url}/0/public/{method}", params=asked).content)


@pytest.mark.parametrize("method", PUBLIC)
def test_a_pair_has_every_name_and_is_answered_under_the_one_read(
    exchange: Exchange, method: str
) -> None:
    for name, key in (BTC | DOGE).items():
        said = _public(exchange, method, pair=name)
        assert said["error"] == [], name
        assert key in said["result"], name


def test_a_pair_of_many_is_answered_once(exchange: Exchange) -> None:
    found = _public(exchange, "Ticker", pair="BTC/USD,XBTUSD,DOGEEUR")["result"]
    assert list(found) == ["BTC/USD", "XDGEUR"]


def test_an_order_takes_the_display_name(exchange: Exchange, rich: Callable[[], Key]) -> None:
    client = spot_client(exchange.url, rich())
    asked = {"pair": "DOGE/EUR", "type": "buy", "ordertype": "limit", "validate": "true"}
    said = client.privatePostAddOrder(asked | {"price": "0.1", "volume": "100"})
    assert said["result"]["descr"]["order"].startswith("buy 100.00000000 XDGEUR")
    fees = client.privatePostTradeVolume({"pair": "BTC/USD"})["result"]["fees"]
    assert list(fees) == ["BTC/USD"]


def test_a_class_of_assets_filters(exchange: Exchange) -> None:
    for method, name in (("AssetPairs", "aclass_base"), ("Assets", "aclass")):
        every = _public(exchange, method)["result"]
        assert every and _public(exchange, method, **{name: "currency"})["result"] == every
        assert _public(exchange, method, **{name: "tokenized_asset"})["result"] == {}
        said = _public(exchange, method, **{name: "shells"})
        assert said["error"] == [f"EGeneral:Invalid arguments:{name}"]


def test_time_is_told_as_in_rfc_1123(exchange: Exchange) -> None:
    assert rfc1123(1_795_967_193_999_999) == "Sun, 29 Nov 26 15:46:33 +0000"
    said = _public(exchange, "Time")["result"]
    moment = datetime.strptime(said["rfc1123"], "%a, %d %b %y %H:%M:%S %z")
    assert moment.timestamp() == said["unixtime"]


@pytest.mark.parametrize("method", ["QueryOrders", "QueryTrades"])
def test_a_query_leaves_out_what_is_not_the_clients(
    exchange: Exchange, rich: Callable[[], Key], method: str
) -> None:
    maker, taker = (spot_client(exchange.url, rich()) for _ in range(2))
    own = maker.create_order("BTC/USD", "limit", "sell", 0.01, 20_900)["id"]
    other = taker.create_order("BTC/USD", "limit", "buy", 0.01, 20_900)["id"]
    ids = {"QueryOrders": (own, other), "QueryTrades": (_trade(maker), _trade(taker))}
    mine, theirs = ids[method]
    ask = getattr(maker, f"privatePost{method}")
    for named in (f"{theirs},{mine}", f"{mine},OAAAAA-AAAAA-AAAAAA", mine):
        assert list(ask({"txid": named})["result"]) == [mine]
    for named in (theirs, "OAAAAA-AAAAA-AAAAAA"):
        with pytest.raises(ccxt.ExchangeError, match="EOrder:Invalid order"):
            ask({"txid": named})


def _trade(client: Any) -> str:
    return str(next(iter(client.privatePostTradesHistory()["result"]["trades"])))


@pytest.mark.parametrize("path", sorted(REQUIRED))
def test_what_must_be_there_is_asked_before_who_signed(exchange: Exchange, path: str) -> None:
    groups = REQUIRED[path]
    whole = {words[0]: "1" for words in groups}
    for left in groups:
        asked = {name: text for name, text in whole.items() if name != left[0]}
        for headers in ({}, {"APIKey": "nobody", "Authent": "AAAA"}):
            said = httpx.post(exchange.url + path, params=asked, headers=headers).json()
            assert said["error"] == "requiredArgumentMissing", left
    said = httpx.post(exchange.url + path, params=whole).json()
    assert said["error"] == "authenticationError"


ASKED = (
    {"method": "subscribe", "params": {"channel": "ticker", "symbol": ["BTC/USD"]}, "req_id": 1},
    {"method": "subscribe", "params": {"channel": "ticker", "symbol": ["NO/ONE"]}, "req_id": 2},
    {"method": "unsubscribe", "params": {"channel": "trade", "symbol": ["BTC/USD"]}, "req_id": 3},
    {"method": "unsubscribe", "params": {"channel": "ticker", "symbol": ["BTC/USD"]}, "req_id": 4},
    {"method": "ping", "req_id": 5},
    {"method": "nonsense", "req_id": 6},
)


def test_fields_of_websocket_answers_are_sorted(exchange: Exchange) -> None:
    with socket(exchange.url) as one:
        for asked in ASKED:
            one.connection.send(json.dumps(asked))
        for asked in ASKED:
            said = one.until(
                lambda message, number=asked["req_id"]: message.get("req_id") == number
            )
            assert list(said) == sorted(said), asked
            assert list(said.get("result", {})) == sorted(said.get("result", {})), asked


def test_a_failed_unsubscription_is_told_of_the_subscription(exchange: Exchange) -> None:
    with socket(exchange.url) as one:
        one.send(**ASKED[2])
        said = one.until(lambda message: message.get("req_id") == 3)
        assert (said["method"], said["success"]) == ("subscribe", False)
        assert said["error"] == "Subscription Not Found"
