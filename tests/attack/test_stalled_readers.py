"""Readers that do not read: P71.

Servers kept everything for a reader that had stopped, up to 15 GiB. Here a hundred stop at once:
what waits for them is bounded, each is closed as too slow, and none of its own orders was dropped
in silence before.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import socket as plugs
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from pilothouse.trading_api.feeds import socket as feeds
from tests.attack.test_rates import spot
from tests.trading_api.feeds.crowd import Crowd
from tests.trading_api.feeds.sockets import Socket
from tests.trading_api.feeds.sockets import socket as connected
from tests.trading_api.running import Exchange, Key

READERS = 100
MIB = 1 << 20
ALL_TOGETHER = 120 * 10**6
SMALL = 1 << 15


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The reasons for which connections were ended."""
    said: list[str] = []
    leave = feeds.FeedProtocol.leave

    def noted(self: Any, code: int, reason: str) -> None:
        if not self.close_sent:
            said.append(reason)
        leave(self, code, reason)

    monkeypatch.setattr(feeds.FeedProtocol, "leave", noted)
    return said


def crowd_of(exchange: Exchange, *accounts: int) -> Crowd:
    made = Crowd(exchange, "XXBTZUSD", accounts)
    made.fill(price=200_000, step=1, quantity=10**6)
    return made


def narrow(url: str) -> plugs.socket:
    """Connect with a receive buffer of the system that holds next to nothing."""
    host, port = url.removeprefix("http://").split(":")
    plug = plugs.socket()
    plug.setsockopt(plugs.SOL_SOCKET, plugs.SO_RCVBUF, 4_096)
    plug.settimeout(60)
    plug.connect((host, int(port)))
    return plug


def masked(message: dict[str, Any]) -> bytes:
    text = json.dumps(message).encode()
    return b"\x81\xfe" + struct.pack(">H", len(text)) + bytes(4) + text


@contextlib.contextmanager
def stalled(url: str, *channels: dict[str, Any]) -> Iterator[plugs.socket]:
    """Open a WebSocket, subscribe, and never read again."""
    with narrow(url) as plug:
        key = base64.b64encode(os.urandom(16)).decode()
        head = ("GET /v2 HTTP/1.1", "Host: a", "Upgrade: websocket", "Connection: Upgrade",
                f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", "")  # fmt: skip
        plug.sendall("\r\n".join(head).encode())
        assert plug.recv(12) == b"HTTP/1.1 101"
        for one in channels:
            plug.sendall(masked({"method": "subscribe", "params": one}))
        yield plug


def resident() -> int:
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def test_p71_a_hundred_readers_that_stop_cost_a_bounded_memory_and_are_all_closed(
    exchange: Exchange, rich: Callable[[], Key], cut: list[str]
) -> None:
    crowd = crowd_of(exchange, *(rich().account for _ in range(2)))
    pair = ["BTC/USD"]
    asked = (
        {"channel": "book", "symbol": pair, "depth": 1000},
        {"channel": "ticker", "symbol": pair, "event_trigger": "bbo"},
        {"channel": "trade", "symbol": pair},
    )
    sockets = exchange.gate.places.sockets
    with contextlib.ExitStack() as held, connected(exchange.url) as quick:
        quick.subscribe("ticker", symbol=pair, event_trigger="bbo")
        # One alone first: what the feeds themselves need is no reader's.
        with stalled(exchange.url, *asked):
            crowd.trade_until(lambda: bool(cut))
        cut.clear()
        before, most = resident(), 0
        for _ in range(READERS):
            held.enter_context(stalled(exchange.url, *asked))

        def all_cut() -> bool:
            nonlocal most
            most = max(most, resident() - before)
            for _ in quick.come():
                quick.seen.clear()
            return len(cut) >= READERS

        crowd.trade_until(all_cut)
        assert cut == [feeds.SLOW] * READERS
        quick.seen.clear()
        crowd.trade_until(lambda: any(quick.come()))
        assert quick.seen, "who reads is told as before"
    assert most < ALL_TOGETHER, f"{most / MIB:.0f} MiB"
    crowd.trade_until(lambda: exchange.gate.places.sockets <= sockets)
    crowd.leave()


def test_p71_no_order_of_a_client_that_stops_reading_is_dropped_in_silence(
    exchange: Exchange,
    rich: Callable[[], Key],
    cut: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeds, "BUFFER_MAX", SMALL)
    monkeypatch.setattr(feeds, "KERNEL_BUFFER", SMALL)
    monkeypatch.setattr(feeds, "GRACE_S", 60.0)
    mine = rich()
    crowd = crowd_of(exchange, mine.account)
    token = spot(exchange.url, mine, "GetWebSocketsToken")["result"]["token"]
    asked = {"channel": "executions", "token": token}
    address = exchange.url.replace("http", "ws", 1) + "/v2"
    with connect(address, sock=narrow(exchange.url), max_queue=1) as wire:
        wire.send(json.dumps({"method": "subscribe", "params": asked}))
        crowd.trade_until(lambda: bool(cut))
        slow = Socket(wire)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                slow.next()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, feeds.SLOW)
    told = [one["sequence"] for one in slow.seen if "sequence" in one]
    assert len(told) > 20 and told == list(range(1, len(told) + 1)), "up to the end, without a gap"

    with connected(exchange.url) as again:
        assert again.subscribe(**asked)["success"]
        snapshot = again.next()
        assert (snapshot["type"], snapshot["sequence"]) == ("snapshot", 1)
        open_now = {one["order_id"] for one in snapshot["data"]}
        assert len(open_now) > 20
        crowd.leave()
        number = 1
        while open_now:
            message = again.next()
            number += 1
            assert message["sequence"] == number, "and goes on from there"
            for row in message["data"]:
                follow(open_now, row)


def follow(open_now: set[str], row: dict[str, Any]) -> None:
    """Follow an execution: an order that ends was told of before."""
    if row["exec_type"] in ("pending_new", "new"):
        open_now.add(row["order_id"])
    elif row["exec_type"] in ("canceled", "filled"):
        open_now.remove(row["order_id"])
