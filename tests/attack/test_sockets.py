"""WebSockets that take and do not read: P71, and the bounds of one key and one address."""

from __future__ import annotations

import json
import socket as plugs
import time
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from pilothouse.gate.places import Kind
from pilothouse.trading_api.feeds import accounts
from pilothouse.trading_api.feeds import socket as feeds
from pilothouse.trading_api.feeds.socket import BUFFER_MAX, KERNEL_BUFFER, Outlet
from pilothouse.trading_api.tokens import TOKENS_OF_ONE, Tokens
from tests.attack.test_rates import spot
from tests.trading_api.running import Exchange, Key

PING = b"\x89\xfe\x00\x7d" + bytes(4) + b"x" * 125


def address(exchange: Exchange) -> str:
    return exchange.url.replace("http", "ws", 1) + "/v2"


def test_p71_who_pings_and_does_not_read_is_ended(exchange: Exchange) -> None:
    host, port = exchange.url.removeprefix("http://").split(":")
    plug = plugs.create_connection((host, int(port)))
    plug.settimeout(30)
    with connect(address(exchange), sock=plug, max_queue=1), pytest.raises(OSError):
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            plug.sendall(PING * 100)
    plug.close()


class Transport:
    def __init__(self) -> None:
        self.waiting, self.written = 0, 0

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        self.written += len(data)


class Protocol:
    def __init__(self) -> None:
        self.transport, self.close_sent, self.reason = Transport(), False, ""

    def leave(self, code: int, reason: str) -> None:
        self.close_sent, self.reason = True, reason


@pytest.mark.parametrize(("waiting", "size"), [(BUFFER_MAX, BUFFER_MAX), (0, 2 * BUFFER_MAX)])
def test_p71_nothing_is_kept_beyond_the_bound(waiting: int, size: int) -> None:
    protocol: Any = Protocol()
    protocol.transport.waiting = waiting
    outlet = Outlet(protocol)
    outlet.push(b"x" * size)
    outlet.flush()
    assert protocol.reason == feeds.SLOW and protocol.transport.written == 0
    assert outlet.pending == 0 and outlet.is_closed
    assert BUFFER_MAX + KERNEL_BUFFER < 2 * BUFFER_MAX


def test_one_key_has_a_bounded_number_of_private_connections(
    exchange: Exchange, rich: Callable[[], Key], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "CONNECTIONS_OF_KEY", 2)
    key, other = rich(), rich()
    token = spot(exchange.url, key, "GetWebSocketsToken")["result"]["token"]
    foreign = spot(exchange.url, other, "GetWebSocketsToken")["result"]["token"]

    def subscribed(wire: Any, with_token: str) -> Any:
        params = {"channel": "balances", "token": with_token}
        wire.send(json.dumps({"method": "subscribe", "params": params, "req_id": 5}))
        while '"req_id":5' not in (said := wire.recv(60)):
            pass
        return json.loads(said)

    with connect(address(exchange)) as one, connect(address(exchange)) as two:
        assert subscribed(one, token)["success"] and subscribed(two, token)["success"]
        with connect(address(exchange)) as three:
            said = subscribed(three, token)
            assert not said["success"] and said["error"] == "Subscription limit exceeded"
            assert subscribed(three, foreign)["success"]


def test_one_address_has_a_bounded_number_of_sockets(exchange: Exchange) -> None:
    places = exchange.gate.places
    held = places._busy[Kind.SOCKET]
    before, held.of_one = held.of_one, places.sockets + 2
    try:
        with connect(address(exchange)), connect(address(exchange)):
            with pytest.raises(InvalidStatus) as refused:
                connect(address(exchange))
            assert refused.value.response.status_code == 503
            assert spot_is_served(exchange)
    finally:
        held.of_one = before


def spot_is_served(exchange: Exchange) -> bool:
    import httpx

    return httpx.get(exchange.url + "/healthz", timeout=60).status_code == 200


def test_p39_deep_and_long_messages_do_not_end_a_connection(exchange: Exchange) -> None:
    with connect(address(exchange)) as wire:
        wire.recv(30)
        for raw in ("[" * 60_000, '{"req_id":' + "9" * 60_000 + "}"):
            wire.send(raw)
            assert "Malformed" in str(wire.recv(30))
        wire.send("x" * 70_000)
        with pytest.raises(ConnectionClosed):
            while True:
                wire.recv(30)


def test_one_key_keeps_a_bounded_number_of_tokens() -> None:
    tokens = Tokens(lambda: 0.0)
    other = tokens.make("other")
    mine = [tokens.make("mine") for _ in range(1_000)]
    assert sum(tokens.owner(one) == "mine" for one in mine) == TOKENS_OF_ONE
    assert tokens.owner(mine[-1]) == "mine" and tokens.owner(other) == "other"
