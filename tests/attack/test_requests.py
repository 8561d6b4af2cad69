"""Bodies, addresses and rates before any parser: P38, P40, P41, P52."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import tracemalloc
from collections.abc import Iterator
from io import BytesIO

import pytest
from allauth.core.internal.httpkit import get_client_ip
from django.core.handlers.asgi import ASGIRequest

from pilothouse.console.gate import HASHES_OF_ONE, HASHES_WAITING, HASHING, Visitors, body_bytes
from pilothouse.console.gate import gate_of as console_gate
from pilothouse.console.known import SAYS_WHOSE
from pilothouse.gate.addresses import NotANetwork, Proxies, address_key, trusted_proxies
from pilothouse.gate.allowances import Allowances, Rate
from pilothouse.gate.entry import Gate
from pilothouse.gate.lanes import Queue
from pilothouse.gate.limits import MIB, limits_for
from pilothouse.trading_api import gate as traders
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

TYPES = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "application/json",
)
FORGED = (
    "x-forwarded-for: 10.9.9.9",
    "forwarded: for=10.9.9.9",
    "x-real-ip: 10.9.9.9",
    "true-client-ip: 10.9.9.9",
    "x-client-ip: 10.9.9.9",
)


@pytest.fixture
def door() -> Iterator[Served]:
    with served(Gate(echo, limits_for(400), Proxies())) as made:
        yield made


def fields(kind: str, count: int) -> bytes:
    if "json" in kind:
        return b"{" + b",".join(b'"f%d":1' % k for k in range(count)) + b"}"
    if "multipart" in kind:
        part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
        return part * count + b"--b--\r\n"
    return b"&".join(b"f%d=1" % k for k in range(count))


@pytest.mark.parametrize("kind", TYPES)
def test_p38_limits_hold_for_every_type_of_body(door: Served, kind: str) -> None:
    head = f"content-type: {kind}"
    big = b"a=" + b"x" * (2 * MIB)
    assert ask(door.port, "/", head, body=big, method="POST")[0] == 413
    assert ask(door.port, "/", head, body=fields(kind, 10_001), method="POST")[0] == 413
    assert ask(door.port, "/", head, body=fields(kind, 100), method="POST")[0] == 200


@pytest.mark.parametrize("kind", TYPES)
def test_p38_endless_pieces_end_and_take_no_memory(door: Served, kind: str) -> None:
    head = request("/", f"content-type: {kind}", "transfer-encoding: chunked", method="POST")
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    ask(door.port, "/")
    tracemalloc.start()
    try:
        with connect(door.port, head) as plug:
            with contextlib.suppress(OSError):
                for _ in range(2_000):
                    plug.sendall(piece)
            status, _ = read_answer(plug)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert status in (413, 0), "it was cut, perhaps before the answer was read"
    assert peak < 12 * MIB
    assert door.gate.refused[413] == 1
    assert door.gate.bodies.held_bytes == 0


def test_a_body_that_says_to_be_large_is_not_read(door: Served) -> None:
    sent = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 400000000\r\n\r\n"
    with connect(door.port, sent) as plug:
        assert read_answer(plug)[0] == 413


def test_all_half_sent_bodies_together_are_bounded() -> None:
    limits = dataclasses.replace(limits_for(400), bodies_bytes=MIB)
    half = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 500000\r\n\r\n" + b"x" * 400_000
    with served(Gate(echo, limits, Proxies())) as door, contextlib.ExitStack() as held:
        for _ in range(8):
            held.enter_context(connect(door.port, half))
        wait_until(lambda: door.gate.refused[503])
        assert door.gate.bodies.held_bytes <= MIB


def test_bodies_of_signing_in_are_short() -> None:
    with served(console_gate(echo)) as door:
        long = b"login=" + b"x" * 9_000
        assert ask(door.port, "/sign-in/login/", body=long, method="POST")[0] == 413
        assert ask(door.port, "/sql", body=long, method="POST")[0] == 200
    assert body_bytes("/sign-in/login/") < body_bytes("/sql")


def test_a_path_is_read_as_django_reads_it() -> None:
    with served(console_gate(echo)) as door:
        long = b"login=" + b"x" * 9_000
        for path in ("/sign%2Din/login/", "/%73ign-in/login/?a=b", "/sign-in%2Flogin/"):
            assert ask(door.port, path, body=long, method="POST")[0] == 413
        for path in ("//sign-in/login/", "/x/../sign-in/login/"):
            status, body = ask(door.port, path, body=long, method="POST")
            assert status == 200 and path.encode() in body, "Django knows no such page"


def test_of_the_health_check_only_what_is_answered_from_memory_is_not_counted() -> None:
    async def asked(gate: Gate, method: str) -> None:
        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            pass

        scope = {
            "type": "http", "path": "/healthz", "method": method, "headers": [], "state": {},
            "client": ("10.0.0.1", 1), "scheme": "http",
        }  # fmt: skip
        await gate(scope, receive, send)

    async def story() -> tuple[int, int]:
        gate = console_gate(echo)
        for _ in range(500):
            await asked(gate, "POST")
        refused = gate.refused[429]
        await asked(gate, "GET")
        return refused, gate.refused[429]

    refused, after = asyncio.run(story())
    assert refused > 100 and after == refused


def test_p41_an_ipv6_client_is_its_64_and_the_table_is_bounded() -> None:
    assert address_key("2001:db8:1:2:3:4:5:6") == address_key("2001:db8:1:2::1")
    assert address_key("2001:db8:1:3::1") != address_key("2001:db8:1:2::1")
    assert address_key("::ffff:10.0.0.1") == address_key("10.0.0.1") == "10.0.0.1"
    assert address_key("fe80::1%eth0") == address_key("fe80::2")
    assert address_key("no address") == address_key("") == "unknown"
    levels: Allowances[str] = Allowances(Rate(1, 1), kept=100)
    for number in range(10_000):
        levels.take(address_key(f"2001:db8:{number:x}::1"))
    assert len(levels) == 100


@pytest.mark.parametrize("header", FORGED)
def test_p52_no_header_names_the_client(door: Served, header: str) -> None:
    _, body = ask(door.port, "/who", header, "x-forwarded-proto: https")
    assert b'"client": "127.0.0.1"' in body and b'"scheme": "http"' in body


def test_p52_with_named_proxies_the_last_hop_that_is_none_counts() -> None:
    with served(Gate(echo, limits_for(400), Proxies("127.0.0.0/8, 10.0.0.1"))) as door:
        hops = "x-forwarded-for: 9.9.9.9, 203.0.113.7, 10.0.0.1"
        _, body = ask(door.port, "/who", hops, "x-forwarded-proto: https")
        assert b'"client": "203.0.113.7"' in body and b'"scheme": "https"' in body
        for forged in FORGED[1:]:
            assert b'"client": "127.0.0.1"' in ask(door.port, "/who", forged)[1]
        broken = "x-forwarded-for: 9.9.9.9, <script>"
        assert b'"client": "127.0.0.1"' in ask(door.port, "/who", broken)[1]


@pytest.mark.parametrize("header", FORGED)
@pytest.mark.parametrize(("proxies", "client"), [("", "10.0.0.1"), ("10.0.0.1", "10.9.9.9")])
def test_failed_sign_ins_count_for_the_address_that_the_gate_counts(
    header: str, proxies: str, client: str
) -> None:
    name, _, value = header.encode().partition(b": ")
    scope = {
        "type": "http", "path": "/", "method": "GET", "client": ("10.0.0.1", 1),
        "scheme": "http", "headers": [(name, value)],
    }  # fmt: skip
    key = Gate(echo, limits_for(400), Proxies(proxies))._say_who(scope)
    assert key == get_client_ip(ASGIRequest(scope, BytesIO()))
    assert key == (client if name == b"x-forwarded-for" else "10.0.0.1")


def test_a_wrong_name_of_a_proxy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILOTHOUSE_TRUSTED_PROXIES", "everybody")
    with pytest.raises(NotANetwork, match="everybody"):
        trusted_proxies()


def test_a_forged_cookie_makes_no_allowance() -> None:
    visitors = Visitors()
    allowed = 0
    for number in range(2_000):
        cookie = b"sessionid=made-up-%d" % number
        scope = {"path": "/", "method": "GET", "headers": [(b"cookie", cookie)]}
        allowed += visitors.admit(scope, "10.0.0.1") == 0
    assert allowed < 400
    cookie = (b"cookie", b"sessionid=mine")
    mine = {"path": "/", "method": "GET", "headers": [cookie], "state": {}}
    assert visitors.admit(mine, "10.0.0.1") == 429
    mine["state"][SAYS_WHOSE](7)
    assert visitors.admit(mine, "10.0.0.1") == 0, "who is signed in is not shut out by neighbours"


def test_p40_sign_ins_at_one_moment_wait_or_are_refused() -> None:
    """Five hundred at once: two hash, some wait, the rest hear no; pages do not wait for them."""
    at_work = most = 0
    ends = asyncio.Event()

    async def hashing(scope, receive, send):
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        if scope["path"].startswith("/sign-in/"):
            await ends.wait()
        at_work -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def all_at_once() -> list[int]:
        gate = console_gate(hashing)
        told: list[int] = []

        async def one(number: int, path: str, method: str) -> int:
            answers: list[int] = []

            async def receive():
                return {"type": "http.request", "body": b"", "more_body": False}

            async def send(message):
                if message["type"] == "http.response.start":
                    answers.append(message["status"])

            scope = {
                "type": "http", "path": path, "method": method, "headers": [], "state": {},
                "client": (f"10.0.{number // 250}.{number % 250}", 1), "scheme": "http",
            }  # fmt: skip
            await gate(scope, receive, send)
            return answers[0]

        tried = [
            asyncio.create_task(one(number, "/sign-in/login/", "POST")) for number in range(500)
        ]
        await asyncio.sleep(0.1)
        assert most == HASHING
        assert sum(task.done() for task in tried) == 500 - HASHING - HASHES_WAITING
        assert await one(1, "/markets", "GET") == 200
        ends.set()
        told += await asyncio.gather(*tried)
        return told

    told = asyncio.run(all_at_once())
    assert told.count(200) == HASHING + HASHES_WAITING
    assert told.count(503) == 500 - HASHING - HASHES_WAITING


def test_one_sender_does_not_take_a_whole_lane() -> None:
    async def fill() -> tuple[int, bool]:
        lane = Queue(HASHING, HASHES_WAITING, HASHES_OF_ONE)
        mine = [asyncio.create_task(lane.enter("one")) for _ in range(100)]
        await asyncio.sleep(0)
        refused = sum(task.done() and not task.result() for task in mine)
        other = asyncio.create_task(lane.enter("other"))
        await asyncio.sleep(0)
        waits = not other.done()
        for task in [*mine, other]:
            task.cancel()
        await asyncio.gather(*mine, other, return_exceptions=True)
        return refused, waits

    refused, waits = asyncio.run(fill())
    assert refused == 100 - HASHES_OF_ONE and waits


def test_the_health_check_is_asked_once_however_many_ask() -> None:
    asked = 0

    async def health(scope, receive, send):
        nonlocal asked
        asked += 1
        assert scope["headers"][0] == (b"host", b"127.0.0.1")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"well"})

    with served(Gate(health, limits_for(400), Proxies())) as door:
        for _ in range(200):
            assert ask(door.port, "/healthz", host="evil.example") == (200, b"well")
    assert asked < 100


def test_a_door_says_no_in_its_own_words() -> None:
    assert traders.words("/0/private/Balance", 429)[2] == (
        b'{"error":["EGeneral:Too many requests"]}'
    )
    assert b"apiLimitExceeded" in traders.words("/derivatives/api/v3/tickers", 429)[2]
