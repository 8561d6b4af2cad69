"""Whatever is sent, Kraken's envelope comes back: never a 500, never an error of our own making.

A minute in every run of the tests; `PILOTHOUSE_FUZZ_SECONDS` sets another time, and `make world
SEED=…` does. A failure prints the request, and the seed repeats it.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Callable

import httpx
import pytest

from pilothouse.records.client_ids import number_of_txid, number_of_uuid
from pilothouse.trading_api.spot.refusals import INTERNAL
from tests.trading_api.conftest import futures_client, spot_client
from tests.trading_api.requests import Asked, Requests
from tests.trading_api.running import Exchange, Key

SECONDS = float(os.environ.get("PILOTHOUSE_FUZZ_SECONDS", "60"))
SEED = int(os.environ.get("PILOTHOUSE_FUZZ_SEED", "1"))
SPOT_ERROR = re.compile(r"[EW][A-Z][A-Za-z]*:[^\n]+")
REQUESTS_LEAST = 500
EXCHANGE_SAID = {"EOrder:Insufficient funds", "EOrder:Order minimum not met"}
FUTURES_ERROR = re.compile(r"[A-Za-z][A-Za-z :]*")


@pytest.mark.fuzz
def test_every_answer_is_an_envelope(exchange: Exchange, rich: Callable[[], Key]) -> None:
    key = rich()
    stream = Requests(SEED, key, time.time_ns() // 1_000_000)
    told: Counter[str] = Counter()
    ends = time.monotonic() + SECONDS
    with httpx.Client(base_url=exchange.url, timeout=60) as client:
        while time.monotonic() < ends or told.total() < REQUESTS_LEAST:
            asked = stream.next()
            told[_judged(asked, client)] += 1
    print(f"{told.total()} requests from seed {SEED}: {told}")
    # The fuzz is worth nothing if it never gets past the door.
    assert {"authenticationError", "success", ""} <= set(told)
    assert EXCHANGE_SAID & set(told)
    _still_trades(exchange, key)


def _judged(asked: Asked, client: httpx.Client) -> str:
    answer = client.request(
        asked.method, asked.url, content=asked.body, headers=list(asked.headers.items())
    )
    try:
        return _spot(answer) if asked.url.startswith("/0/") else _futures(answer)
    except AssertionError as error:
        raise AssertionError(f"{asked} was answered {answer.status_code} {answer.text}") from error


def _spot(answer: httpx.Response) -> str:
    assert answer.status_code == 200
    body = answer.json()
    errors = body["error"]
    assert isinstance(errors, list)
    if not errors:
        assert "result" in body
        return ""
    assert all(SPOT_ERROR.fullmatch(one) for one in errors)
    assert INTERNAL not in errors
    return str(errors[0])


def _futures(answer: httpx.Response) -> str:
    assert answer.status_code in (200, 404)
    body = answer.json()
    # What the history and charts find is not wrapped.
    if isinstance(body, list) or {"elements", "candles"} & set(body):
        return "success"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["serverTime"])
    if body["result"] == "success":
        assert answer.status_code == 200
        return "success"
    assert body["result"] == "error"
    assert FUTURES_ERROR.fullmatch(body["error"])
    assert body["error"] != "Server Error"
    assert (body["error"] == "notFound") == (answer.status_code == 404)
    return str(body["error"])


def _still_trades(exchange: Exchange, key: Key) -> None:
    # The fuzz took its nonces from the present time on; ccxt has to be above them, and where it
    # sends none it needs a key that never used one.
    other_key = exchange.client("fuzz-without-nonces", {"ZUSD": 10**12})
    exchange.to_futures(other_key, 5 * 10**11)
    spot, futures = spot_client(exchange.url, key), futures_client(exchange.url, other_key)
    spot.options["timeDifference"] = -(10**9)
    spot.cancel_all_orders()
    futures.cancel_all_orders()
    assert spot.fetch_open_orders() == []
    assert futures.fetch_open_orders() == []
    made = spot.create_order("BTC/USD", "limit", "buy", 0.01, 10_000)
    assert number_of_txid("O", made["id"]) is not None
    other = futures.create_order("BTC/USD:USD", "limit", "buy", 0.01, 10_000)
    assert number_of_uuid("order", other["id"]) is not None
    spot.cancel_all_orders()
    futures.cancel_all_orders()
