"""WebSockets that are asked for and never opened: each is answered, and gives its place back."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

import pytest

from pilothouse.gate.addresses import Proxies
from pilothouse.gate.connection import NO_SOCKET
from pilothouse.gate.entry import Gate
from pilothouse.gate.limits import Limits, limits_for
from tests.attack.served import (
    Served,
    ask,
    connect,
    echo,
    read_answer,
    request,
    served,
    wait_until,
)

UPGRADE = (
    "connection: upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
)
PATIENT = dataclasses.replace(limits_for(400), head_s=3_600, body_s=3_600)
"""Limits with which nothing ends by time."""


async def feeds(scope: Any, receive: Any, send: Any) -> None:
    """Open every WebSocket but `/silent`, and wait for its end; else answer as `echo`."""
    if scope["type"] != "websocket":
        await echo(scope, receive, send)
        return
    await receive()
    if scope["path"] != "/silent":
        await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


def gate(limits: Limits = PATIENT) -> Gate:
    return Gate(feeds, limits, Proxies(), sockets=True)


def opened(door: Served, *headers: str) -> bytes:
    """Return how the answer to an upgrade begins."""
    with connect(door.port, request("/v2", *UPGRADE, *headers)) as plug:
        return plug.recv(1_024)[:12]


@pytest.mark.parametrize(
    "headers",
    [
        ["content-length: 5"],
        ["content-length: 00"],
        ["transfer-encoding: chunked"],
        ["x: a\x01b"],
        ["x: " + "a" * 9_000],
        ["x: a"] * 200,
    ],
    ids=["length", "zeros", "chunked", "control", "long line", "many headers"],
)
def test_an_upgrade_that_a_websocket_reader_does_not_take_is_refused(headers: list[str]) -> None:
    with served(gate()) as door:
        for _ in range(3):
            with connect(door.port, request("/v2", *UPGRADE, *headers)) as plug:
                status, said = read_answer(plug)
                assert status == 400 and said.decode() == NO_SOCKET
                with contextlib.suppress(ConnectionError):
                    assert plug.recv(1) == b"", "the connection goes on"
        wait_until(lambda: not door.gate.places.sockets and not door.gate.places.waiting)
        assert door.gate.refused[400] == 3
        assert opened(door) == b"HTTP/1.1 101"


@pytest.mark.parametrize("path", ["/v2", "/v2%2F", "/v2?a=b"])
def test_an_honest_upgrade_opens_also_with_a_length_of_none(path: str) -> None:
    with served(gate()) as door:
        assert opened(door) == opened(door, "content-length: 0") == b"HTTP/1.1 101"
        with connect(door.port, request(path, *UPGRADE)) as plug:
            assert plug.recv(1_024)[:12] == b"HTTP/1.1 101"
            assert door.gate.places.sockets == 1
        wait_until(lambda: not door.gate.places.sockets)


def test_a_websocket_that_is_not_open_in_time_ends() -> None:
    limits = dataclasses.replace(limits_for(400), head_s=0.3)
    with served(gate(limits)) as door:
        with (
            connect(door.port, request("/silent", *UPGRADE)) as silent,
            connect(door.port, request("/v2", *UPGRADE)) as feed,
        ):
            assert feed.recv(1_024)[:12] == b"HTTP/1.1 101"
            with contextlib.suppress(ConnectionError):
                assert silent.recv(1) == b""
            wait_until(lambda: door.gate.too_slow == 1)
            wait_until(lambda: door.gate.places.sockets == 1)
        wait_until(lambda: not door.gate.places.sockets)


def test_an_upgrade_behind_another_request_waits_no_more() -> None:
    with served(gate()) as door:
        with connect(door.port, request("/a") + request("/v2", *UPGRADE)) as plug:
            said = b""
            while b"HTTP/1.1 101" not in said:
                said += plug.recv(4_096)
            assert ask(door.port, "/a")[0] == 200
            wait_until(lambda: not door.gate.places.waiting)
            assert door.gate.places.sockets == 1
        wait_until(lambda: not door.gate.places.sockets)
