"""Who does not read is cut, with a reason, and nobody else waits for it."""

from __future__ import annotations

import json
import socket as plugs
import time
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from pilothouse.trading_api.feeds import listening, socket
from tests.trading_api.feeds.crowd import Crowd
from tests.trading_api.feeds.following import Follower
from tests.trading_api.feeds.sockets import Socket
from tests.trading_api.feeds.sockets import socket as connected
from tests.trading_api.running import Exchange, Key

PAIR = "BTC/USD"
PING = b"\x89\x80" + bytes(4)


CUT: list[int] = []


@pytest.fixture(autouse=True)
def _count_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    CUT.clear()
    leave = socket.FeedProtocol.leave

    def counted(self: Any, code: int, reason: str) -> None:
        CUT.append(code)
        leave(self, code, reason)

    monkeypatch.setattr(socket.FeedProtocol, "leave", counted)


def _narrow(url: str) -> plugs.socket:
    host, port = url.removeprefix("http://").split(":")
    plug = plugs.socket()
    plug.setsockopt(plugs.SOL_SOCKET, plugs.SO_RCVBUF, 4_096)
    plug.connect((host, int(port)))
    return plug


def test_a_slow_consumer_is_cut_and_the_others_go_on(
    exchange: Exchange, rich: Callable[[], Key], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "BUFFER_MAX", 1 << 15)
    monkeypatch.setattr(socket, "KERNEL_BUFFER", 1 << 15)
    monkeypatch.setattr(socket, "GRACE_S", 60.0)
    crowd = Crowd(exchange, "XXBTZUSD", [rich().account for _ in range(2)])
    crowd.fill(price=200_000, step=1, quantity=10**6)
    address = exchange.url.replace("http", "ws", 1) + "/v2"
    with (
        connect(address, sock=_narrow(exchange.url), max_queue=1) as wire,
        connected(exchange.url) as quick,
    ):
        slow = Socket(wire)
        ask = {"channel": "book", "symbol": [PAIR], "depth": 1000}
        wire.send(json.dumps({"method": "subscribe", "params": ask}))
        quick.subscribe("book", symbol=[PAIR], depth=1000)
        follower = Follower(1000)

        def heard() -> int:
            for message in quick.come():
                follower.hear(message)
            return len(quick.seen)

        # A consumer that reads is never behind: the flood ends when the other one was cut. Not
        # every step is seen: what is placed and cancelled between two looks leaves no trace.
        crowd.trade_until(lambda: heard() > 0 and bool(CUT))
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                slow.next()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008
        assert closed.value.rcvd.reason == socket.SLOW
        before = heard()
        crowd.trade_until(lambda: heard() > before)
    crowd.leave()


def test_who_never_reads_is_cut_off_after_a_while(
    exchange: Exchange, rich: Callable[[], Key], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "BUFFER_MAX", 0)
    monkeypatch.setattr(socket, "GRACE_S", 0.1)
    crowd = Crowd(exchange, "XXBTZUSD", [rich().account for _ in range(2)])
    crowd.fill(price=200_000, step=1, quantity=10**6)
    address, plug = exchange.url.replace("http", "ws", 1) + "/v2", _narrow(exchange.url)
    with connect(address, sock=plug, max_queue=1) as wire:
        ask = {"channel": "book", "symbol": [PAIR], "depth": 1000}
        wire.send(json.dumps({"method": "subscribe", "params": ask}))
        while not CUT:
            crowd.step()
        with pytest.raises(ConnectionError):
            ends = time.monotonic() + 30
            while time.monotonic() < ends:
                plug.sendall(PING)
                time.sleep(0.02)
    crowd.leave()


def test_who_asks_too_much_is_told_and_then_ended(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "BURST", 5)
    monkeypatch.setattr(listening, "RATE", 0)
    monkeypatch.setattr(listening, "PATIENCE", 3)
    with connected(exchange.url) as one:
        one.next()
        for number in range(9):
            one.send(method="ping", req_id=number)
        answers = [one.next() for _ in range(8)]
        assert [answer["req_id"] for answer in answers[:5]] == list(range(5))
        assert [answer["error"] for answer in answers[5:]] == ["Exceeded msg rate"] * 3
        with pytest.raises(ConnectionClosed) as closed:
            one.next()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008


def test_connections_and_messages_are_bounded(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connected(exchange.url) as one:
        one.next()
        monkeypatch.setattr(listening, "CONNECTIONS_MAX", 1)
        with connected(exchange.url) as other, pytest.raises(ConnectionClosed) as closed:
            other.next()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1013
        one.connection.send("x" * ((1 << 16) + 1))
        with pytest.raises(ConnectionClosed) as closed:
            one.next()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009
