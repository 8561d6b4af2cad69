"""The traders' matrix: actor x method x verb x malformation, and the words of both WebSockets."""

from __future__ import annotations

import base64
import itertools
import json
import time
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from websockets.sync.client import connect

from pilothouse.trading_api.bodies import BODY_MAX
from pilothouse.trading_api.feeds.stream import Stream
from pilothouse.trading_api.futures import routes as futures_routes
from pilothouse.trading_api.futures.websocket.feeds import Feeds
from pilothouse.trading_api.signing import futures_signature, spot_signature
from pilothouse.trading_api.spot import routes as spot_routes
from pilothouse.trading_api.spot.websocket.channels import Channels
from tests.attack.matrix.malformed import LONG_DIGITS, TEXTS, Draw
from tests.trading_api.conftest import spot_client
from tests.trading_api.requests import NAMES
from tests.trading_api.running import Exchange, Key, key_of

PUBLIC, QUERY, TRADE = "public", "a query key", "a trading key"
SPOT: dict[str, str] = {
    **dict.fromkeys(("Time", "SystemStatus", "Assets", "AssetPairs", "Ticker"), PUBLIC),
    **dict.fromkeys(("Depth", "Trades", "OHLC", "Spread"), PUBLIC),
    **dict.fromkeys(("Balance", "BalanceEx", "TradeBalance", "TradeVolume"), QUERY),
    **dict.fromkeys(("OpenPositions", "OpenOrders", "ClosedOrders", "QueryOrders"), QUERY),
    **dict.fromkeys(("TradesHistory", "QueryTrades", "GetWebSocketsToken"), QUERY),
    **dict.fromkeys(("Ledgers", "QueryLedgers"), QUERY),
    **dict.fromkeys(("AddOrder", "AddOrderBatch", "CancelOrder", "CancelOrderBatch"), TRADE),
    **dict.fromkeys(("CancelAll", "CancelAllOrdersAfter", "WalletTransfer"), TRADE),
}
FUTURES: dict[str, str] = {
    **dict.fromkeys(("instruments", "instruments/status", "tickers", "orderbook"), PUBLIC),
    **dict.fromkeys(("instruments/{symbol}/status", "tickers/{symbol}", "history"), PUBLIC),
    "/api/history/v3/market/{symbol}/executions": PUBLIC,
    "/api/history/v2/market/{symbol}/executions": PUBLIC,
    **dict.fromkeys(("leveragepreferences", "pnlpreferences", "notifications"), QUERY),
    **dict.fromkeys(("feeschedules", "/derivatives/api/v4/historicalfundingrates"), PUBLIC),
    **dict.fromkeys(("/api/charts/v1/", "/api/charts/v1/{tick_type}"), PUBLIC),
    "/api/charts/v1/{tick_type}/{symbol}": PUBLIC,
    "/api/charts/v1/{tick_type}/{symbol}/{resolution}": PUBLIC,
    "feeschedules/volumes": QUERY,
    **dict.fromkeys(("accounts", "openpositions", "openorders", "orders/status"), QUERY),
    **dict.fromkeys(("fills", "/api/history/v2/orders", "/api/history/v2/triggers"), QUERY),
    **dict.fromkeys(("sendorder", "cancelorder", "cancelallorders", "batchorder"), TRADE),
    **dict.fromkeys(("transfer", "cancelallordersafter"), TRADE),
}
SPOT_WORDS = {"ping", "subscribe", "unsubscribe"}
SPOT_CHANNELS = {"book", "trade", "ticker", "ohlc", "instrument", "executions", "balances"}
FEEDS = {
    "book", "trade", "ticker", "ticker_lite", "open_orders", "open_orders_verbose", "fills",
    "open_positions", "balances",
}  # fmt: skip
NONCE = itertools.count(time.time_ns() // 1_000)
NUMERIC = (
    "nonce", "volume", "price", "price2", "userref", "since", "count", "interval", "start", "end",
    "ofs", "deadline", "starttm", "expiretm", "displayvol", "leverage", "amount", "size",
    "limitPrice", "stopPrice", "lastFillTime", "lastTime", "before", "processBefore", "depth",
)  # fmt: skip
ORDER = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.01", "price": "9000"}


def sign_spot(key: Key, path: str, body: bytes, nonce: str) -> dict[str, str]:
    signed = base64.b64encode(spot_signature(key.secret, path.encode(), nonce.encode(), body))
    return {"API-Key": key.public, "API-Sign": signed.decode()}


def sign_futures(key: Key, path: str, body: bytes) -> dict[str, str]:
    nonce = str(next(NONCE))
    endpoint = path.removeprefix("/derivatives").encode()
    signed = base64.b64encode(futures_signature(key.secret, body, nonce.encode(), endpoint))
    return {"APIKey": key.public, "Authent": signed.decode(), "Nonce": nonce}


@pytest.fixture(scope="module")
def actors(exchange: Exchange) -> dict[str, Key | None]:
    money = {"ZUSD": 10**12, "XXBT": 10**10}
    return {
        "anonymous": None,
        "unknown key": key_of("unknown", 999),
        "wrong secret": Key("matrix-trade", b"wrong" * 12, 1),
        QUERY: exchange.client("matrix-query", money, may_trade=False),
        TRADE: exchange.client("matrix-trade", money),
        "another client": exchange.client("matrix-other", money),
    }


@pytest.fixture(scope="module")
def door(exchange: Exchange) -> Any:
    with httpx.Client(base_url=exchange.url, timeout=60) as client:
        yield client


def test_every_method_has_its_cell_and_every_cell_its_method() -> None:
    spot = spot_routes.PUBLIC | spot_routes.READS | spot_routes.TOKENS | spot_routes.TRADES
    futures = futures_routes.PUBLIC | futures_routes.READS | futures_routes.TRADES
    assert set(SPOT) == set(spot)
    assert {_path(one) for one in FUTURES} == set(futures)


def _path(word: str) -> str:
    return word if word.startswith("/") else f"{futures_routes.V3}/{word}"


def call_spot(
    door: httpx.Client, key: Key | None, method: str, fields: dict[str, str], verb: str = "POST"
) -> tuple[int, Any]:
    family = "public" if SPOT.get(method) == PUBLIC else "private"
    path, nonce = f"/0/{family}/{method}", str(next(NONCE))
    body = urlencode({"nonce": nonce, **fields}, errors="replace").encode()
    headers = sign_spot(key, path, body, fields.get("nonce", nonce)) if key else {}
    answer = door.request(verb, path, content=body, headers=headers)
    return answer.status_code, answer.json() if answer.content else {}


def fitting(fields: dict[str, str], per_character: int = 12) -> dict[str, str]:
    """Cut malformed texts so that together they are a body that is read."""
    most = BODY_MAX // ((len(fields) + 1) * per_character)
    return {name: text[:most] for name, text in fields.items()}


@pytest.mark.parametrize("method", sorted(SPOT))
def test_p51_a_spot_method_answers_who_it_is_for(door: Any, actors: Any, method: str) -> None:
    wanted, draw = SPOT[method], Draw(3)
    for actor, key in actors.items():
        for verb in ("POST", "GET", "PUT", "DELETE"):
            for fields in ({}, fitting(draw.fields(NAMES))):
                status, said = call_spot(door, key, method, fields, verb)
                assert status < 500, (method, actor, fields)
                errors = said["error"]
                assert "EGeneral:Internal error" not in errors, (method, actor, fields)
                if wanted == PUBLIC:
                    continue
                if verb != "POST":
                    assert errors == ["EGeneral:Unknown method"]
                elif actor in ("anonymous", "unknown key"):
                    assert errors[0] in ("EAPI:Invalid key", "EGeneral:Invalid arguments")
                elif actor == "wrong secret":
                    assert errors[0].startswith(("EAPI:Invalid", "EGeneral:Invalid arguments"))
                elif actor == QUERY and wanted == TRADE and not fields:
                    assert errors == ["EGeneral:Permission denied"]


@pytest.mark.parametrize("word", sorted(FUTURES))
def test_p51_a_futures_method_answers_who_it_is_for(door: Any, actors: Any, word: str) -> None:
    wanted, draw = FUTURES[word], Draw(4)
    path = _path(word).replace("{symbol}", "PF_XBTUSD")
    for actor, key in actors.items():
        for verb in ("POST", "GET", "PUT"):
            for fields in ({}, fitting(draw.fields(NAMES))):
                body = urlencode(fields, errors="replace").encode()
                headers = sign_futures(key, path, body) if key else {}
                answer = door.request(verb, path, content=body, headers=headers)
                assert answer.status_code < 500, (word, actor, fields)
                if answer.status_code == 405 or verb == "PUT":
                    continue
                # Charts answer some questions with a list.
                said = answer.json() if answer.text.startswith("{") else {}
                assert said.get("error") != "Server Error", (word, actor, fields)
                stranger = actor in ("anonymous", "unknown key", "wrong secret")
                reader = actor == QUERY and wanted == TRADE
                asked_for = wanted != PUBLIC and (verb == "POST" or wanted == QUERY)
                if asked_for and (stranger or reader):
                    # Whose it is comes behind what it must have, as at Kraken.
                    missing = stranger and wanted != QUERY
                    words = {"authenticationError", missing and "requiredArgumentMissing"}
                    assert said["error"] in words, (word, actor)


def test_another_client_reaches_no_order(exchange: Exchange, door: Any, actors: Any) -> None:
    made = call_spot(door, actors[TRADE], "AddOrder", ORDER)[1]
    txid = made["result"]["txid"][0]
    other = actors["another client"]
    for method in ("QueryOrders", "CancelOrder"):
        said = call_spot(door, other, method, {"txid": txid})[1]
        errors = {"QueryOrders": "EOrder:Invalid order", "CancelOrder": "EOrder:Unknown order"}
        assert said["error"] == [errors[method]]
    assert call_spot(door, actors[TRADE], "CancelOrder", {"txid": txid})[1]["error"] == []


@pytest.mark.parametrize("method", sorted(SPOT))
def test_p39_long_digits_of_spot(door: Any, actors: Any, method: str) -> None:
    fields = ORDER | dict.fromkeys(NUMERIC[1:], LONG_DIGITS)
    for key, long in itertools.product((actors[TRADE], None), (False, True)):
        status, said = call_spot(door, key, method, fields if long else fitting(fields, 2))
        assert status == (413 if long else 200) and "EGeneral:Internal error" not in said["error"]
        assert said["error"] or SPOT[method] != TRADE or method == "CancelAll"
    digits = LONG_DIGITS[: BODY_MAX // 3]
    raw = ('{"nonce":' + digits + ',"volume":' + digits + "}").encode()
    path = f"/0/private/{method}"
    headers = sign_spot(actors[TRADE], path, raw, digits)
    said = door.post(path, content=raw, headers=headers | {"Content-Type": "application/json"})
    assert said.status_code < 500 and said.json()["error"]


@pytest.mark.parametrize("word", sorted(FUTURES))
def test_p39_long_digits_of_futures(door: Any, actors: Any, word: str) -> None:
    path = _path(word).replace("{symbol}", "PF_XBTUSD")
    order = {"symbol": "PF_XBTUSD", "side": "buy", "orderType": "lmt"}
    deep = {"json": '{"batchOrder":' + "[" * 100 + "]" * 100 + "}"}
    long = order | dict.fromkeys(NUMERIC, LONG_DIGITS)
    for fields in (long, fitting(long, 2), deep):
        body = urlencode(fields).encode()
        for key in (actors[TRADE], None):
            headers = sign_futures(key, path, body) if key else {}
            answer = door.post(path, content=body, headers=headers)
            assert answer.status_code < 500 and "Server Error" not in answer.text


# WebSockets


def test_every_word_of_the_sockets_has_its_cell(exchange: Exchange) -> None:
    stream = Stream.__new__(Stream)
    stream.channels, stream.door, stream.flush = [], _Nothing(), _Nothing()
    stream.books = stream.moments = _Nothing()
    channels, feeds = Channels(stream), Feeds(stream)
    assert {*channels.pairs, *channels.whole, *channels.private} == SPOT_CHANNELS
    assert {*feeds.products, *feeds.private} == FEEDS


class _Nothing:
    """Stands for what a channel only keeps."""

    def __getattr__(self, name: str) -> Any:
        return _Nothing()

    def __call__(self, *rest: Any, **named: Any) -> Any:
        return _Nothing()


def _values() -> list[Any]:
    return [*TEXTS[:20], None, True, -1, 10**18, 1.5, [], {}, [[]], {"a": 1}, ["x"] * 50]


@pytest.mark.parametrize("word", sorted(SPOT_WORDS | {"add_order", "nonsense"}))
def test_spot_sockets_answer_malformed_words(exchange: Exchange, word: str) -> None:
    with connect(exchange.url.replace("http", "ws", 1) + "/v2") as wire:
        wire.recv(30)
        for value in _values():
            for params in (value, {"channel": value}, {"channel": "book", "symbol": value},
                           {"channel": "executions", "token": value}):  # fmt: skip
                wire.send(json.dumps({"method": word, "params": params, "req_id": value}))
                if (said := _answer(wire)) is not None:
                    assert "Internal error" not in said
        for raw in _broken():
            wire.send(raw)
            assert "Malformed" in (_answer(wire) or "Malformed")
        wire.send(json.dumps({"method": "ping", "req_id": 7}))
        while '"req_id":7' not in (said := wire.recv(30)):
            assert "Internal error" not in said


@pytest.mark.parametrize("event", ["subscribe", "unsubscribe", "challenge", "nonsense"])
def test_futures_sockets_answer_malformed_words(exchange: Exchange, event: str) -> None:
    with connect(exchange.url.replace("http", "ws", 1) + "/ws/v1") as wire:
        wire.recv(30)
        for value in _values():
            for more in ({"feed": value}, {"feed": "book", "product_ids": value},
                         {"feed": "fills", "api_key": value, "original_challenge": value},
                         {"api_key": value}):  # fmt: skip
                wire.send(json.dumps({"event": event, **more}))
                _answer(wire)
        for raw in _broken():
            wire.send(raw)
            _answer(wire)
        wire.send(json.dumps({"event": "challenge", "api_key": "x"}))
        while '"challenge"' not in wire.recv(30):
            pass


def _broken() -> list[str]:
    return ["", "{", "[" * 30_000, '{"a":' * 40, LONG_DIGITS[:60_000], '"', "null", "[]", "\x00"]


def _answer(wire: Any) -> str | None:
    try:
        return str(wire.recv(5))
    except TimeoutError:
        return None


def test_clients_of_ccxt_still_trade(exchange: Exchange, actors: Any) -> None:
    client = spot_client(exchange.url, actors["another client"])
    client.options["timeDifference"] = -(10**16)
    made = client.create_order("BTC/USD", "limit", "buy", 0.01, 10_000)
    client.cancel_order(made["id"])
