"""A key that is known at its address has so many wrong signatures and old nonces there, no more.

Beyond them it is refused before its body is read and before a signature is judged. Nobody else at
that address pays for it, nor does the key at another one.
"""

from __future__ import annotations

import base64
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import httpx
import pytest

from pilothouse.gate.allowances import Rate
from pilothouse.trading_api import signing
from pilothouse.trading_api.gate import Strangers
from pilothouse.trading_api.meter import Meter
from pilothouse.trading_api.rates import TIERS
from pilothouse.trading_api.signing import futures_signature, spot_signature
from tests.attack.conftest import FROZEN
from tests.attack.served import connect, read_answer, request
from tests.trading_api import running
from tests.trading_api.running import Exchange, Key

FEW: Final = 5
SLOT: Final = 3
HERE, ELSEWHERE = "127.0.0.1", "127.0.0.2"
NONCE = itertools.count(time.time_ns() // 1_000)
SPOT, FUTURES = "/0/private/Balance", "/derivatives/api/v3/accounts"
SEND = "/derivatives/api/v3/sendorder"
WRONG = base64.b64encode(b"x" * 64).decode()
KINDS: Final = ("wrong signature", "old nonce", "no nonce", "garbage")


@pytest.fixture(scope="module")
def door(exchange: Exchange) -> Iterator[Exchange]:
    """Open a door beside the exchange's own that forgives five failures of a key."""
    before = exchange.url, exchange.gate
    with running.gateway_thread(exchange, replace(FROZEN, failures=Rate(FEW, 0)), slot=SLOT):
        yield replace(exchange)
        exchange.url, exchange.gate = before


def spot(url: str, key: Key, nonce: str = "", signed: str = "", source: str = HERE) -> Any:
    nonce = nonce or str(next(NONCE))
    body = f"nonce={nonce}".encode()
    made = spot_signature(key.secret, SPOT.encode(), nonce.encode(), body)
    headers = {"API-Key": key.public, "API-Sign": signed or base64.b64encode(made).decode()}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return asked(url + SPOT, source, headers, body)


def futures(url: str, key: Key, nonce: str = "", signed: str = "", source: str = HERE) -> Any:
    nonce = nonce or str(next(NONCE))
    made = futures_signature(key.secret, b"", nonce.encode(), b"/api/v3/accounts")
    headers = {"APIKey": key.public, "Authent": signed or base64.b64encode(made).decode()}
    return asked(url + FUTURES, source, headers | {"Nonce": nonce}, b"")


def asked(url: str, source: str, headers: dict[str, str], body: bytes) -> Any:
    with httpx.Client(transport=httpx.HTTPTransport(local_address=source), timeout=60) as client:
        answer = client.post(url, headers=headers, content=body)
    said = answer.json()
    return answer.status_code, "".join(said.get("error", "")), answer.headers.get("retry-after")


SAID = {
    spot: (429, "EGeneral:Too many requests", "5"),
    futures: (429, "apiLimitExceeded", "5"),
}


@pytest.mark.parametrize("send", [spot, futures])
@pytest.mark.parametrize("kind", KINDS)
def test_failures_of_a_known_key_end(
    door: Exchange,
    rich: Callable[[], Key],
    monkeypatch: pytest.MonkeyPatch,
    send: Any,
    kind: str,
) -> None:
    key, other = (replace(rich(), nonce_optional=False) for _ in range(2))
    for one in (key, other):
        door.keys[one.public] = one
        for source in (HERE, ELSEWHERE):
            assert send(door.url, one, source=source)[:2] == (200, "")
    meter = door.gate._application.state.meter
    public = meter.public.level(HERE)
    wrong = {
        "wrong signature": {"signed": WRONG},
        "old nonce": {"nonce": str(next(NONCE) - 1_000)},
        "no nonce": {"nonce": "x"},
        "garbage": {"signed": "?"},
    }[kind]
    for _ in range(FEW):
        status, error, _ = send(door.url, key, **wrong)
        assert status == 200 and error
    judged = []
    real = signing.matches
    monkeypatch.setattr(signing, "matches", lambda *given: judged.append(given) or real(*given))
    assert send(door.url, key, **wrong) == SAID[send]
    assert send(door.url, key) == SAID[send], "right ones too: it is not judged which it is"
    assert judged == []
    # Everybody else goes on.
    assert send(door.url, other)[:2] == (200, "")
    assert send(door.url, key, source=ELSEWHERE)[:2] == (200, "")
    assert meter.public.level(HERE) == public, "who has no key here pays nothing"
    assert httpx.get(f"{door.url}/0/public/Time", timeout=60).status_code == 200


def test_it_is_refused_before_its_body_is_read(door: Exchange, rich: Callable[[], Key]) -> None:
    key = replace(rich(), nonce_optional=False)
    door.keys[key.public] = key
    assert spot(door.url, key)[0] == 200
    for _ in range(FEW):
        spot(door.url, key, signed=WRONG)
    headers = (f"API-Key: {key.public}", f"API-Sign: {WRONG}", "content-length: 60000")
    port = int(door.url.rpartition(":")[2])
    with connect(port, request(SPOT, *headers, method="POST")) as plug:
        assert read_answer(plug)[0] == 429


def test_a_body_of_a_private_request_is_as_short_as_any(
    door: Exchange, rich: Callable[[], Key]
) -> None:
    key = rich()
    assert spot(door.url, key)[0] == 200
    port = int(door.url.rpartition(":")[2])
    for path, name in ((SPOT, "API-Key"), (FUTURES, "APIKey")):
        headers = (f"{name}: {key.public}", "content-length: 65537")
        with connect(port, request(path, *headers, method="POST")) as plug:
            assert read_answer(plug)[0] == 413


def test_an_allowance_of_failures_comes_back() -> None:
    now = [0.0]
    meter = Meter(None, TIERS["pro"], lambda: now[0])
    policy = Strangers(meter)

    def admitted(public: str, address: str) -> int:
        headers = [(b"api-key", public.encode())]
        return policy.admit({"path": SPOT, "method": "POST", "headers": headers}, address)

    for public, address in (("a", "1"), ("a", "2"), ("b", "1")):
        meter.signed(public, address)
    for turn in range(300):
        assert admitted("a", "1") == 0, turn
        meter.not_signed("a", "1")
    assert admitted("a", "1") == 429 and admitted("a", "2") == admitted("b", "1") == 0
    assert meter.public.level("1") == 0
    assert [admitted(f"new-{turn}", "1") for turn in range(201)].count(0) == 200
    now[0] = 1.0
    for _ in range(20):
        assert admitted("a", "1") == 0
        meter.not_signed("a", "1")
    assert admitted("a", "1") == 429
    assert meter.every["failures"].refused == 2


@pytest.mark.parametrize(
    ("path", "verb", "length", "is_the_keys"),
    [
        (SPOT, "POST", "10", True),
        (SPOT, "POST", "65536", True),
        (SPOT, "POST", "65537", False),
        (SPOT, "POST", "9" * 20, False),
        (SPOT, "GET", "0", False),
        (SPOT, "PUT", "10", False),
        (FUTURES, "GET", "0", True),
        (FUTURES, "POST", "0", True),
        (FUTURES, "DELETE", "0", False),
        (SEND, "POST", "10", True),
        (SEND, "GET", "0", False),
        (SEND, "POST", "999999", False),
        ("/0/private/Nope", "POST", "10", False),
    ],
)
def test_what_is_never_judged_is_counted_by_its_address(
    path: str, verb: str, length: str, is_the_keys: bool
) -> None:
    meter = Meter(None, TIERS["pro"], lambda: 0.0)
    meter.signed("mine", "1")
    name = b"api-key" if path.startswith("/0/") else b"apikey"
    headers = [(name, b"mine"), (b"content-length", length.encode())]
    scope = {"path": path, "method": verb, "headers": headers}
    told = [Strangers(meter).admit(scope, "1") for _ in range(201)]
    assert told.count(429) == (0 if is_the_keys else 1)
