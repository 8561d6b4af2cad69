"""Connections that take a place and give nothing: half-sent heads and bodies, silence, stalls."""

from __future__ import annotations

import contextlib
import dataclasses
import resource
import time
from collections.abc import Iterator

import pytest

from pilothouse.console.gate import gate_of as console_gate
from pilothouse.gate import descriptors
from pilothouse.gate.addresses import Proxies
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

HALF_A_HEAD = b"GET / HTTP/1.1\r\nhost: a\r\nx-a: "
HALF_A_BODY = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf"
STRANGER = "127.0.0.2"


def small(**more: float) -> Limits:
    return dataclasses.replace(limits_for(400), **more)


@pytest.fixture
def door() -> Iterator[Served]:
    with served(Gate(echo, small(), Proxies())) as made:
        yield made


@pytest.mark.parametrize("sent", [HALF_A_HEAD, HALF_A_BODY, b""], ids=["head", "body", "silence"])
def test_1100_half_sent_requests_close_neither_pages_nor_the_health_check(
    door: Served, sent: bytes
) -> None:
    with contextlib.ExitStack() as held:
        for _ in range(1_100):
            held.enter_context(connect(door.port, sent, STRANGER))
        wait_until(lambda: door.gate.places.turned_away >= 1_000)
        for path in ("/healthz", "/page", "/healthz"):
            assert ask(door.port, path)[0] == 200
        assert ask(door.port, "/page", source=STRANGER)[0] == 200
        limits = door.gate.limits
        assert door.gate.places.waiting <= limits.waiting_of_one + 2


def test_a_head_and_a_body_have_a_time() -> None:
    with served(Gate(echo, small(head_s=0.2, body_s=0.2), Proxies())) as door:
        for sent in (HALF_A_HEAD, HALF_A_BODY):
            with connect(door.port, sent) as plug:
                assert read_answer(plug)[0] == 408
        with connect(door.port) as plug:
            assert read_answer(plug)[0] == 408
        wait_until(lambda: not door.gate.places.waiting)


def test_drops_of_a_head_do_not_prolong_its_time() -> None:
    with (
        served(Gate(echo, small(head_s=0.5), Proxies())) as door,
        connect(door.port, HALF_A_HEAD) as plug,
    ):
        began = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - began < 30:
                plug.sendall(b"x")
                time.sleep(0.05)
                if not door.gate.places.waiting:
                    break
        assert not door.gate.places.waiting


def test_full_refuses_the_newest_and_throws_nobody_out() -> None:
    limits = small(busy=6, busy_of_one=3)
    with (
        served(Gate(echo, limits, Proxies())) as door,
        contextlib.ExitStack() as held,
    ):
        sources = [STRANGER] * 3 + ["127.0.0.3"] * 3
        for source in sources:
            held.enter_context(connect(door.port, request("/slow"), source))
        wait_until(lambda: door.gate.places.busy == 6)
        status, body = ask(door.port, "/page")
        assert status == 503 and b"full" in body
        assert ask(door.port, "/healthz")[0] == 200
        assert door.gate.places.busy == 6, "who is served stays"
    with served(Gate(echo, limits, Proxies())) as door, contextlib.ExitStack() as held:
        for _ in range(5):
            held.enter_context(connect(door.port, request("/slow"), STRANGER))
        wait_until(lambda: door.gate.places.refused == 2)
        assert ask(door.port, "/page")[0] == 200, "one sender's share is below everybody's"


def test_places_come_back() -> None:
    with served(Gate(echo, small(busy_of_one=2), Proxies())) as door:
        for _ in range(20):
            with connect(door.port, request("/slow")):
                wait_until(lambda: door.gate.places.busy)
            wait_until(lambda: not door.gate.places.busy)
        for _ in range(20):
            assert ask(door.port, "/page")[0] == 200
        wait_until(lambda: not door.gate.places.waiting and not door.gate.places.busy)


def test_an_answer_that_nobody_reads_ends() -> None:
    async def flood(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(2_000):
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})

    with (
        served(Gate(flood, small(unread_s=0.3), Proxies())) as door,
        connect(door.port, request("/")),
    ):
        wait_until(lambda: door.gate.places.busy)
        wait_until(lambda: not door.gate.places.busy)


def test_a_header_that_never_ends_is_refused(door: Served) -> None:
    with connect(door.port, HALF_A_HEAD + b"x" * 40_000) as plug:
        assert read_answer(plug)[0] in (400, 408, 0)
    assert ask(door.port, "/page")[0] == 200


def test_a_websocket_to_the_console_ends_cleanly_and_nothing_names_the_server() -> None:
    with served(console_gate(echo), ws="none") as door:
        upgrade = ("upgrade: websocket", "connection: upgrade", "sec-websocket-version: 13")
        key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="
        assert ask(door.port, "/live", *upgrade, key)[0] == 400
        with connect(door.port, request("/page", "connection: close")) as plug:
            head = plug.recv(4_096).lower()
        assert b"200" in head and b"\r\nserver:" not in head


def test_the_process_keeps_files_for_itself() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = descriptors.raise_limit()
    assert files == min(hard, descriptors.WANTED)
    limits = limits_for(descriptors.for_connections(files))
    assert limits.waiting + limits.busy <= files - descriptors.RESERVED
    few = limits_for(descriptors.for_connections(1_024))
    assert few.waiting + few.busy <= 1_024 - descriptors.RESERVED
