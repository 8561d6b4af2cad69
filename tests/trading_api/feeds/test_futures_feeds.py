"""The futures WebSocket over real sockets: books in sequence, trades, tickers, alerts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from pilothouse.trading_api.futures.websocket import heartbeat
from tests.trading_api.conftest import futures_client
from tests.trading_api.feeds.crowd import Crowd
from tests.trading_api.feeds.sockets import Socket, socket
from tests.trading_api.running import Exchange, Key

PERPETUAL = "PF_XBTUSD"
PAIR = "BTC/USD:USD"
PATH = "/ws/v1"
STEPS = 200


def ask(one: Socket, feed: str, event: str = "subscribe", **more: Any) -> None:
    one.send(event=event, feed=feed, **more)


def _rest(exchange: Exchange, path: str) -> Any:
    answer = httpx.get(f"{exchange.url}/derivatives/api/v3/{path}")
    return json.loads(answer.content, parse_float=Decimal)


def test_the_book_is_whole_and_its_numbers_rise_by_one(
    exchange: Exchange, rich: Callable[[], Key]
) -> None:
    crowd = Crowd(exchange, PERPETUAL, [rich().account for _ in range(2)])
    crowd.fill(price=20_000, step=1, quantity=10)
    with socket(exchange.url, PATH) as one:
        assert one.next() == {"event": "info", "version": 1}
        ask(one, "book", product_ids=[PERPETUAL.lower()])
        assert one.next() == {"event": "subscribed", "feed": "book", "product_ids": [PERPETUAL]}
        snapshot = one.next()
        assert (snapshot["feed"], snapshot["tickSize"]) == ("book_snapshot", None)
        sides = {
            name: {level["price"]: level["qty"] for level in snapshot[name]}
            for name in ("bids", "asks")
        }
        number, seen = snapshot["seq"], 0
        for _ in range(STEPS):
            crowd.step()
        crowd.leave()
        while sides != {"bids": {}, "asks": {}}:
            delta = one.next()
            assert (delta["feed"], delta["product_id"]) == ("book", PERPETUAL)
            number, seen = number + 1, seen + 1
            assert delta["seq"] == number
            levels = sides["bids" if delta["side"] == "buy" else "asks"]
            if delta["qty"]:
                levels[delta["price"]] = delta["qty"]
            else:
                del levels[delta["price"]]
            if sides["bids"] and sides["asks"]:
                assert max(sides["bids"]) < min(sides["asks"])
        assert seen > STEPS
        assert _rest(exchange, f"orderbook?symbol={PERPETUAL}")["orderBook"] == {
            "bids": [],
            "asks": [],
        }
        ask(one, "book", "unsubscribe", product_ids=[PERPETUAL])
        assert one.next()["event"] == "unsubscribed"
        ask(one, "book", product_ids=[PERPETUAL])
        one.next()
        assert one.next()["seq"] == number


def test_trades_with_their_snapshot(exchange: Exchange, rich: Callable[[], Key]) -> None:
    maker, taker = (futures_client(exchange.url, rich()) for _ in range(2))
    with socket(exchange.url, PATH) as one, socket(exchange.url, PATH) as other:
        one.next(), other.next()
        ask(one, "trade", product_ids=[PERPETUAL])
        assert one.next()["event"] == "subscribed"
        before = one.next()
        assert before["feed"] == "trade_snapshot"
        maker.create_order(PAIR, "limit", "sell", 0.02, 20_010)
        taker.create_order(PAIR, "limit", "buy", 0.01, 20_010)
        taker.create_order(PAIR, "limit", "buy", 0.01, 20_010, {"clientOrderId": "the-second"})
        first, second = one.next(), one.next()
        assert second["seq"] == first["seq"] + 1
        if before["trades"]:
            assert before["trades"][0]["seq"] + 1 == first["seq"]
        assert (first["side"], first["type"], first["feed"]) == ("buy", "fill", "trade")
        assert (first["price"], first["qty"]) == (20_010, Decimal("0.01"))
        latest = _rest(exchange, f"history?symbol={PERPETUAL}")["history"][0]
        assert latest["uid"] == second["uid"]
        ask(other, "trade", product_ids=[PERPETUAL])
        other.next()
        assert other.next()["trades"][:2] == [second, first]
    maker.cancel_all_orders()
    taker.cancel_all_orders()


def test_tickers_once_a_second(exchange: Exchange, rich: Callable[[], Key]) -> None:
    client = futures_client(exchange.url, rich())
    with socket(exchange.url, PATH) as one:
        one.next()
        ask(one, "ticker", product_ids=[PERPETUAL])
        ask(one, "ticker_lite", product_ids=[PERPETUAL])
        first = one.until(lambda message: message.get("feed") == "ticker" and "time" in message)
        assert (first["tag"], first["pair"], first["suspended"]) == (
            "perpetual",
            "XBT:USD",
            False,
        )
        assert (first["leverage"], first["index"]) == ("50x", 20_000)
        # The mark is the index and the average of a basis that earlier orders may have left.
        assert abs(first["markPrice"] - 20_000) < 1
        client.create_order(PAIR, "limit", "buy", 0.01, 19_990)
        later = one.until(
            lambda message: message.get("feed") == "ticker" and message.get("bid") == 19_990
        )
        assert later["bid_size"] == Decimal("0.01")
        rest = _rest(exchange, f"tickers/{PERPETUAL}")["ticker"]
        assert (later["openInterest"], later["volume"]) == (rest["openInterest"], rest["vol24h"])
        lite = one.until(
            lambda message: message.get("feed") == "ticker_lite" and message.get("bid") == 19_990
        )
        assert set(lite) <= {
            "feed", "product_id", "bid", "ask", "change", "premium", "volume", "tag", "pair",
            "dtm", "maturityTime", "volumeQuote",
        }  # fmt: skip
    client.cancel_all_orders()


ALERTS = [
    ({"event": "subscribe", "feed": "book", "product_ids": ["NOPE"]},
     "Couldn't subscribe to invalid product `NOPE`"),
    ({"event": "subscribe", "feed": "book", "product_ids": ["PI_XBTUSD"]},
     "Couldn't subscribe to invalid product `PI_XBTUSD`"),
    ({"event": "subscribe", "feed": "book", "product_ids": [3]},
     "Couldn't subscribe to invalid product `3`"),
    ({"event": "subscribe", "feed": "book"}, "Bad request"),
    ({"event": "subscribe", "feed": ["book"]}, "Bad request"),
    ({"event": "subscribe", "feed": "books"}, "Couldn't subscribe to invalid feed"),
    ({"event": "subscribe", "feed": "fills"}, "Failed to subscribe to authenticated feed"),
    ({"event": "ping"}, "Bad websocket message"),
    ({"event": "challenge"}, "Bad websocket message"),
    ([], "Bad websocket message"),
]  # fmt: skip


def test_alerts_are_krakens_and_end_nothing(exchange: Exchange) -> None:
    with socket(exchange.url, PATH) as one:
        one.next()
        for message, text in ALERTS:
            one.connection.send(json.dumps(message))
            assert one.next() == {"event": "alert", "message": text}
        for raw in ("", "{", b"\xff\xfe", "[" * 20_000):
            one.connection.send(raw)
            assert one.next() == {"event": "error", "message": "Json Error"}
        ask(one, "trade", "unsubscribe", product_ids=[PERPETUAL])
        assert one.next() == {
            "event": "unsubscribed_failed",
            "feed": "trade",
            "product_ids": [PERPETUAL],
        }
        ask(one, "trade", product_ids=[PERPETUAL])
        one.next(), one.next()
        ask(one, "trade", product_ids=[PERPETUAL])
        assert one.next()["message"] == "Already subscribed to feed, re-requesting"
        assert one.next()["event"] == "subscribed"
        assert one.next()["feed"] == "trade_snapshot"


def test_heartbeats_for_who_asks(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_S", 0)
    with socket(exchange.url, PATH) as one:
        one.next()
        ask(one, "heartbeat")
        assert one.next() == {"event": "subscribed", "feed": "heartbeat"}
        beat = one.next()
        assert set(beat) == {"feed", "time"} and re.fullmatch(r"\d{13}", str(beat["time"]))
