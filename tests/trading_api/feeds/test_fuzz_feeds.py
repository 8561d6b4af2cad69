"""Whatever is sent to a WebSocket, it answers in Kraken's words, and nobody's connection ends.

Ten seconds for each API in every run of the tests; `PILOTHOUSE_FUZZ_SECONDS` sets another time. A
failure prints the message, and the seed repeats it.
"""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from pilothouse.trading_api.feeds import listening
from pilothouse.trading_api.futures.websocket.challenges import signed
from pilothouse.trading_api.spot.refusals import INTERNAL
from pilothouse.venue.catalogue import parse_json
from tests.trading_api.conftest import spot_client
from tests.trading_api.feeds.messages import Messages
from tests.trading_api.feeds.sockets import WAIT_S, Socket, socket
from tests.trading_api.running import Exchange, Key

SECONDS = float(os.environ.get("PILOTHOUSE_FUZZ_SECONDS", "10"))
SEED = int(os.environ.get("PILOTHOUSE_FUZZ_SEED", "1"))
MESSAGES_LEAST = 300
AT_ONCE = 25
RECONNECT = 2_000
"""Messages after which a new connection begins, with no subscription."""


@pytest.fixture(autouse=True)
def _as_fast_as_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "BURST", 1e12)
    monkeypatch.setattr(listening, "RATE", 1e12)


def _read_until(one: Socket, ends: Callable[[dict[str, Any]], bool], told: Counter[str]) -> None:
    while True:
        message = parse_json(one.connection.recv(WAIT_S))
        assert isinstance(message, dict)
        if ends(message):
            return
        if not {"method", "event", "error"} & set(message):
            told["data"] += 1
            continue
        if message.get("success") is False:
            assert message["error"] and message["error"] != INTERNAL
        told[str(message.get("error") or message.get("message") or "success")[:30]] += 1


def _fuzz(
    exchange: Exchange,
    path: str,
    messages: Messages,
    ask: Callable[[Socket, int], None],
    ends: Callable[[dict[str, Any]], bool],
) -> Counter[str]:
    told: Counter[str] = Counter()
    sent, until = 0, time.monotonic() + SECONDS
    while time.monotonic() < until or sent < MESSAGES_LEAST:
        with socket(exchange.url, path) as one:
            for _ in range(RECONNECT // AT_ONCE):
                batch = [messages.next() for _ in range(AT_ONCE)]
                for message in batch:
                    one.connection.send(message)
                sent += len(batch)
                ask(one, sent)
                try:
                    _read_until(one, ends, told)
                except BaseException:
                    print(f"these were sent: {batch}")
                    raise
                if time.monotonic() > until and sent >= MESSAGES_LEAST:
                    break
    print(f"{sent} messages from seed {SEED}: {told}")
    return told


@pytest.mark.fuzz
def test_every_spot_message_is_answered(
    exchange: Exchange, rich: Callable[[], Key], caplog: pytest.LogCaptureFixture
) -> None:
    key = rich()
    client = spot_client(exchange.url, key)
    token = client.private_post_getwebsocketstoken()["result"]["token"]
    messages = Messages(SEED, True, lambda: {"token": token})
    told = _fuzz(
        exchange,
        "/v2",
        messages,
        lambda one, number: one.send(method="ping", req_id=10**9 + number),
        lambda message: message.get("method") == "pong" and message.get("req_id", 0) > 10**9,
    )
    assert told["success"] and told["data"] and told["Malformed request"]
    assert told["Already subscribed"] and told["ESession:Invalid session"]
    _nothing_failed(caplog)


@pytest.mark.fuzz
def test_every_futures_message_is_answered(
    exchange: Exchange, rich: Callable[[], Key], caplog: pytest.LogCaptureFixture
) -> None:
    key = rich()
    known: dict[str, str] = {"api_key": key.public}

    def ask(one: Socket, number: int) -> None:
        one.send(event="challenge", api_key=f"sentinel-{number}")
        one.send(event="subscribe", feed="sentinel")

    def ends(message: dict[str, Any]) -> bool:
        if message.get("event") == "challenge":
            known["original_challenge"] = message["message"]
            known["signed_challenge"] = signed(key.secret, message["message"])
            seen.append(1)
        last = message.get("message") == "Couldn't subscribe to invalid feed"
        return last and bool(seen) and _count_down()

    seen: list[int] = []

    def _count_down() -> bool:
        seen.clear()
        return True

    messages = Messages(SEED, False, lambda: dict(known))
    told = _fuzz(exchange, "/ws/v1", messages, ask, ends)
    assert told["success"] and told["data"] and told["Json Error"]
    assert told["Already subscribed to feed, re"]
    _nothing_failed(caplog)


def _nothing_failed(caplog: pytest.LogCaptureFixture) -> None:
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]
