"""Repeats of a captured futures request without a nonce: whoever sends them pays for them.

The counters never fall here, so what is left of them is exact.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest

from pilothouse.trading_api.door import Door
from pilothouse.trading_api.nonces import Nonces
from pilothouse.trading_api.rates import ORDER_COST, TIERS
from pilothouse.trading_api.signing import futures_signature
from tests.trading_api.running import Exchange, Key

V3: Final = "/derivatives/api/v3"
ORDER: Final = "symbol=PF_XBTUSD&side=buy&orderType=lmt&limitPrice=10000&size=0.001"
MOVED: Final = "fromAccount=flex&toAccount=cash&unit=USD&amount=1"
OWNER, OTHER = "127.0.0.3", "127.0.0.4"
LIMITED: Final = "apiLimitExceeded"
TURNS: Final = int(TIERS["pro"].budget.limit) + 10
"""Repeats after which every counter of its sender is full."""


@pytest.fixture
def key(limited: Exchange, rich: Callable[[], Key]) -> Key:
    made = replace(rich(), nonce_optional=False)
    limited.keys[made.public] = made
    return made


def request(key: Key, word: str, text: str = "", method: str = "POST") -> httpx.Request:
    """Return a signed request without a nonce, as somebody on its way sees it."""
    signed = futures_signature(key.secret, text.encode(), b"", f"/api/v3/{word}".encode())
    headers = {"APIKey": key.public, "Authent": base64.b64encode(signed).decode()}
    return httpx.Request(method, f"http://here{V3}/{word}?{text}", headers=headers)


def sender(exchange: Exchange, address: str) -> Callable[[httpx.Request], dict[str, Any]]:
    """Return a way to send requests from an address."""
    client = httpx.Client(transport=httpx.HTTPTransport(local_address=address), timeout=60)
    port = httpx.URL(exchange.url).port

    def send(asked: httpx.Request) -> dict[str, Any]:
        url = asked.url.copy_with(host="127.0.0.1", port=port)
        answer: dict[str, Any] = client.request(
            asked.method,
            url,
            headers={name: asked.headers[name] for name in ("apikey", "authent")},
        ).json()
        return answer

    return send


def repeated(send: Callable[[httpx.Request], dict[str, Any]], asked: httpx.Request) -> str:
    """Repeat a request until it is refused for its rate; return what was said before that."""
    last = ""
    for _ in range(TURNS):
        error = send(asked).get("error", "")
        if error == LIMITED:
            return last
        last = error
    raise AssertionError("no rate was met")


@pytest.mark.parametrize("word", ["sendorder", "transfer", "batchorder"])
def test_a_repeated_request_that_acts_costs_its_sender_alone(
    limited: Exchange, key: Key, word: str
) -> None:
    batch = "json=" + quote('{"batchOrder":[{"order":"send","symbol":"PF_XBTUSD"}]}')
    text = {"transfer": MOVED, "batchorder": batch}.get(word, ORDER)
    captured = request(key, word, text)
    owner, other = sender(limited, OWNER), sender(limited, OTHER)
    assert owner(captured)["result"] == "success"
    meter = limited.gate._application.state.meter
    market = key.account, limited.numbers["PF_XBTUSD"]
    before = meter.trading.level(market)
    assert repeated(other, captured) == "nonceDuplicate"
    assert meter.trading.level(market) == before
    placed = owner(request(key, "sendorder", f"{ORDER}&cliOrdId=mine"))
    assert placed["sendStatus"]["status"] == "placed"
    assert owner(request(key, word, f"{text}&t=1"))["result"] == "success"
    assert owner(request(key, "cancelallorders"))["result"] == "success"


def test_a_repeat_that_only_the_journal_knows_costs_its_sender_alone(
    limited: Exchange, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Nonces, "was_used", lambda self, public, digest: False)
    owner, other = sender(limited, OWNER), sender(limited, OTHER)
    captured = request(key, "sendorder", f"{ORDER}&cliOrdId=captured")
    assert owner(captured)["sendStatus"]["status"] == "placed"
    meter = limited.gate._application.state.meter
    market = key.account, limited.numbers["PF_XBTUSD"]
    before = meter.trading.level(market)
    said = [other(captured) for _ in range(TURNS // ORDER_COST)]
    assert said[0]["sendStatus"]["status"] == "clientOrderIdAlreadyExist"
    assert said[-1]["error"] == LIMITED
    assert meter.trading.level(market) == before
    placed = owner(request(key, "sendorder", f"{ORDER}&cliOrdId=mine"))
    assert placed["sendStatus"]["status"] == "placed"


@pytest.mark.parametrize(("word", "method"), [("cancelallorders", "POST"), ("accounts", "GET")])
def test_a_repeated_cancel_or_read_leaves_the_owner_room(
    limited: Exchange, key: Key, word: str, method: str
) -> None:
    captured = request(key, word, method=method)
    owner, other = sender(limited, OWNER), sender(limited, OTHER)
    assert owner(captured)["result"] == "success"
    assert repeated(other, captured) == ""
    assert owner(captured)["result"] == "success", "the same bytes, from the owner's address"


def test_a_repeat_is_asked_of_the_journal_once(
    limited: Exchange, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, other = sender(limited, OWNER), sender(limited, OTHER)
    captured = request(key, "sendorder", ORDER)
    assert "sendStatus" in owner(captured)
    asked: list[Any] = []
    monkeypatch.setattr(Door, "ask", lambda self, key, commands: asked.append(commands))
    assert other(captured)["error"] == "nonceDuplicate"
    assert not asked
