"""The spot book over a real socket: acknowledged, followed at every depth, and never wrong."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import httpx

from tests.trading_api.conftest import spot_client
from tests.trading_api.feeds.following import Follower
from tests.trading_api.feeds.sockets import socket
from tests.trading_api.running import Exchange, Key

DEPTHS = (10, 25, 100, 500, 1000)
PAIR = "BTC/USD"
STEPS = 150
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def test_greeting_and_acknowledgement(exchange: Exchange) -> None:
    with socket(exchange.url) as one:
        status = one.next()
        assert (status["channel"], status["type"]) == ("status", "update")
        (row,) = status["data"]
        assert row["system"] == "online" and row["api_version"] == "v2"
        assert row["connection_id"] > 0
        answer = one.subscribe("book", 7, symbol=[PAIR], depth=25)
        stamps = [answer.pop(name) for name in ("time_in", "time_out")]
        assert all(STAMP.fullmatch(stamp) for stamp in stamps) and stamps == sorted(stamps)
        result = {"channel": "book", "depth": 25, "snapshot": True, "symbol": PAIR}
        assert answer == {"method": "subscribe", "result": result, "success": True, "req_id": 7}
        snapshot = one.next()
        assert (snapshot["channel"], snapshot["type"]) == ("book", "snapshot")
        (row,) = snapshot["data"]
        assert set(row) == {"symbol", "bids", "asks", "checksum", "timestamp"}


def test_every_depth_follows_the_book(exchange: Exchange, rich: Callable[[], Key]) -> None:
    chance = random.Random(11)
    clients = [spot_client(exchange.url, rich()) for _ in range(2)]
    with ExitStack() as stack:
        sockets = {depth: stack.enter_context(socket(exchange.url)) for depth in DEPTHS}
        followers = {depth: Follower(depth) for depth in DEPTHS}
        for depth, one in sockets.items():
            assert one.subscribe("book", symbol=[PAIR], depth=depth)["success"]
        for _ in range(STEPS):
            _trade(chance, chance.choice(clients))
        for client in clients:
            client.cancel_all_orders()
        told = _last_orders(exchange, clients[0])
        for depth, one in sockets.items():
            follower = followers[depth]
            while not _holds(follower, told):
                message = one.next()
                assert message["channel"] == "book"
                follower.hear(message)
            # Removals are sent at every depth; with so few levels nothing is out of sight.
            assert follower.checked > STEPS / 3
            assert (list(follower.bids.items()), list(follower.asks.items())) == _depth(
                exchange, depth
            )
    clients[0].cancel_all_orders()


def _trade(chance: random.Random, client: Any) -> None:
    side = chance.choice(["buy", "sell"])
    price = 20_000 + (-1 if side == "buy" else 1) * (chance.randrange(60) / 10 - 1)
    order = client.create_order(PAIR, "limit", side, chance.randrange(1, 9) / 1000, price)
    if chance.random() < 0.3 and client.fetch_order(order["id"])["status"] == "open":
        client.cancel_order(order["id"])


def _last_orders(exchange: Exchange, client: Any) -> tuple[float, float]:
    client.create_order(PAIR, "limit", "buy", 0.0123, 19_000)
    client.create_order(PAIR, "limit", "sell", 0.0123, 21_000)
    return 19_000, 21_000


def _holds(follower: Follower, told: tuple[float, float]) -> bool:
    return told[0] in follower.bids and told[1] in follower.asks


def _depth(exchange: Exchange, depth: int) -> tuple[list[Any], list[Any]]:
    from decimal import Decimal

    answer = httpx.get(f"{exchange.url}/0/public/Depth?pair=XBTUSD&count={depth}").json()
    (book,) = answer["result"].values()
    return tuple(  # type: ignore[return-value]
        [(Decimal(price), Decimal(quantity)) for price, quantity, _ in book[side]]
        for side in ("bids", "asks")
    )


def test_unsubscribed_is_silent_and_may_come_back(
    exchange: Exchange, rich: Callable[[], Key]
) -> None:
    client = spot_client(exchange.url, rich())
    with socket(exchange.url) as one:
        assert one.subscribe("book", 1, symbol=[PAIR])["success"]
        one.send(method="unsubscribe", params={"channel": "book", "symbol": [PAIR]}, req_id=2)
        answer = one.until(lambda message: message.get("req_id") == 2)
        assert answer["success"] and answer["result"] == {
            "channel": "book",
            "depth": 10,
            "symbol": PAIR,
        }
        client.create_order(PAIR, "limit", "buy", 0.01, 18_000)
        answer = one.subscribe("book", 3, symbol=[PAIR], depth=1000)
        assert answer["success"]
        assert not [message for message in one.seen[-2:] if message.get("type") == "update"]
        (row,) = one.next()["data"]
        assert {"price": 18_000, "qty": _number("0.01")} in row["bids"]
    client.cancel_all_orders()


def _number(text: str) -> Any:
    from decimal import Decimal

    return Decimal(text)


ERRORS = [
    ({"method": "subscribe", "params": {"channel": "book", "symbol": ["XBT/USD"]}},
     "Currency pair not supported XBT/USD"),
    ({"method": "subscribe", "params": {"channel": "book", "symbol": [PAIR], "depth": 27}},
     "Subscription depth not supported"),
    ({"method": "subscribe", "params": {"channel": "book", "symbol": PAIR}},
     "Symbol field must be an array"),
    ({"method": "subscribe", "params": {"channel": "boook", "symbol": [PAIR]}},
     "Subscription name invalid"),
    ({"method": "subscribe", "params": {"channel": "book", "symbol": [PAIR], "x": 1}},
     "Unsupported field: 'x' for the given msg type: subscribe"),
    ({"method": "unsubscribe", "params": {"channel": "book", "symbol": [PAIR]}},
     "Subscription Not Found"),
    ({"method": "ping", "params": {"a": 1}},
     "Unsupported field: 'a' for the given msg type: ping"),
    ({"method": "dance"}, "Unsupported method"),
    ({"method": 3}, "Malformed request"),
    ([1, 2], "Malformed request"),
    ({"method": "ping", "req_id": "x"}, "Req_id field must be an integer"),
]  # fmt: skip


def test_errors_are_krakens_and_end_nothing(exchange: Exchange) -> None:
    import json

    with socket(exchange.url) as one:
        one.next()
        for message, error in ERRORS:
            one.connection.send(json.dumps(message))
            answer = one.next()
            assert (answer["error"], answer["success"]) == (error, False)
            assert STAMP.fullmatch(answer["time_in"]) and STAMP.fullmatch(answer["time_out"])
        for raw in ("", "{", "nonsense", b"\xff\xfe", "[" * 20_000, "1e999", '"\\ud800"'):
            one.connection.send(raw)
            assert one.next()["error"] == "Malformed request"
        assert one.subscribe("book", 1, symbol=[PAIR])["success"]
        answer = one.subscribe("book", 2, symbol=[PAIR], depth=25)
        assert (answer["error"], answer["symbol"]) == ("Already subscribed", PAIR)
        one.send(method="ping", req_id=5)
        pong = one.until(lambda message: message.get("method") == "pong")
        assert pong["req_id"] == 5


def test_heartbeats_where_it_is_quiet(exchange: Exchange) -> None:
    with socket(exchange.url) as one:
        assert one.subscribe("book", symbol=["DOGE/EUR"])["success"]
        one.next()
        beats = [one.connection.recv(30) for _ in range(2)]
        assert beats == ['{"channel":"heartbeat"}'] * 2
