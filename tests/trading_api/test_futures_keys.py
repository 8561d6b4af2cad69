"""A private futures request is signed over query and body; its nonce is optional and rises.

What trades without a nonce is done once for its bytes.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pilothouse.trading_api.signing import futures_signature
from tests.trading_api.running import Exchange, Key

V3 = "/derivatives/api/v3"


class Signer:
    """Sends raw requests, signed as told."""

    def __init__(self, exchange: Exchange, key: Key) -> None:
        self.exchange, self.key = exchange, key

    def send(
        self, method: str, name: str, query: str = "", body: str = "", nonce: str = ""
    ) -> Any:
        endpoint = f"/api/v3/{name}"
        data = (query + body).encode()
        made = futures_signature(self.key.secret, data, nonce.encode(), endpoint.encode())
        headers = {"APIKey": self.key.public, "Authent": base64.b64encode(made).decode()}
        if nonce:
            headers["Nonce"] = nonce
        url = f"{self.exchange.url}{V3}/{name}" + (f"?{query}" if query else "")
        answer = httpx.request(method, url, content=body.encode(), headers=headers, timeout=60)
        assert answer.status_code == 200
        return answer.json()


@pytest.fixture
def signer(exchange: Exchange, rich: Callable[[], Key]) -> Signer:
    return Signer(exchange, rich())


ORDER = "symbol=pf_xbtusd&side=buy&orderType=lmt&limitPrice=19000&size=0.5"


def test_parameters_come_in_the_query_or_in_the_body(signer: Signer) -> None:
    for where in ({"query": ORDER}, {"body": f"{ORDER}&cliOrdId=another"}):
        status = signer.send("POST", "sendorder", **where)["sendStatus"]
        assert status["status"] == "placed"
        assert status["orderEvents"][0]["type"] == "PLACE"
    gone = signer.send("POST", "cancelallorders")["cancelStatus"]
    assert (gone["status"], len(gone["cancelledOrders"])) == ("cancelled", 2)
    again = signer.send("POST", "cancelallorders")["cancelStatus"]
    assert again["status"] == "noOrdersToCancel"


def test_a_nonce_is_optional_and_must_rise(exchange: Exchange) -> None:
    signer = Signer(exchange, exchange.client("futures-nonces", {"ZUSD": 10**9}))
    now = time.time_ns() // 1_000_000
    assert signer.send("GET", "openorders")["result"] == "success"
    assert signer.send("GET", "openorders", nonce=str(now))["result"] == "success"
    assert signer.send("GET", "openorders", nonce=str(now))["error"] == "nonceDuplicate"
    assert signer.send("GET", "openorders", nonce=str(now - 1))["error"] == "nonceBelowThreshold"
    for spelled in ("x", f"0{now + 1}", "-1", "1e3"):
        assert signer.send("GET", "openorders", nonce=spelled)["error"] == "nonceBelowThreshold"
    assert signer.send("GET", "openorders")["result"] == "success"


def test_a_request_without_a_right_signature_is_refused(exchange: Exchange) -> None:
    for headers in ({}, {"APIKey": "nobody", "Authent": "AAAA"}):
        answer = httpx.get(f"{exchange.url}{V3}/accounts", headers=headers)
        assert answer.json()["error"] == "authenticationError"


def test_a_reading_key_may_not_send(exchange: Exchange) -> None:
    signer = Signer(exchange, exchange.client("futures-reader", {"ZUSD": 10**9}, may_trade=False))
    assert signer.send("GET", "accounts")["result"] == "success"
    assert signer.send("POST", "sendorder", ORDER)["error"] == "authenticationError"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (ORDER.replace("size=0.5", "size=0.00001"), "invalidSize"),
        (ORDER.replace("size=0.5", "size=0"), "invalidSize"),
        (ORDER.replace("19000", "19000.5"), "invalidPrice"),
        (ORDER.replace("19000", "0"), "invalidPrice"),
        (ORDER.replace("size=0.5", "size=9000"), "insufficientAvailableFunds"),
        (ORDER + "&reduceOnly=true", "wouldNotReducePosition"),
        (ORDER + "&cliOrdId=" + 101 * "x", "clientOrderIdTooBig"),
        (ORDER.replace("lmt", "fok"), "iocWouldNotExecute"),
        (ORDER.replace("lmt", "ioc"), "iocWouldNotExecute"),
    ],
)
def test_an_order_that_is_not_taken_has_krakens_status(
    signer: Signer, query: str, said: str
) -> None:
    answer = signer.send("POST", "sendorder", query)
    assert (answer["result"], answer["sendStatus"]["status"]) == ("success", said)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("", "requiredArgumentMissing"),
        (ORDER.replace("pf_xbtusd", "pf_nopeusd"), "contractNotFound"),
        (ORDER.replace("lmt", "stp"), "invalidArgument: orderType"),
        (ORDER.replace("buy", "hold"), "invalidArgument: side"),
        (ORDER.replace("size=0.5", "size=much"), "invalidArgument: size"),
        (ORDER + "&stopPrice=5", "invalidArgument: stopPrice"),
    ],
)
def test_a_request_that_is_none_has_krakens_error(signer: Signer, query: str, error: str) -> None:
    answer = signer.send("POST", "sendorder", query)
    assert (answer["result"], answer["error"]) == ("error", error)


def test_an_unknown_endpoint_is_not_found(exchange: Exchange) -> None:
    for path in (f"{V3}/nothing", "/api/charts/v2/x", f"{V3}/sendorder"):
        answer = httpx.get(exchange.url + path)
        assert (answer.status_code, answer.json()["error"]) == (404, "notFound")


def test_an_order_that_trades_at_once_tells_its_executions(
    exchange: Exchange, signer: Signer, rich: Callable[[], Key]
) -> None:
    maker = Signer(exchange, rich())
    for price in ("20060", "20061"):
        rest = f"symbol=PF_XBTUSD&side=sell&orderType=post&limitPrice={price}&size=0.1"
        assert maker.send("POST", "sendorder", rest)["sendStatus"]["status"] == "placed"
    take = "symbol=PF_XBTUSD&side=buy&orderType=lmt&limitPrice=20061&size=0.5&cliOrdId=take"
    events = signer.send("POST", "sendorder", take)["sendStatus"]["orderEvents"]
    assert [one["type"] for one in events] == ["EXECUTION", "EXECUTION", "PLACE"]
    assert [(one["price"], one["amount"]) for one in events[:2]] == [(20060, 0.1), (20061, 0.1)]
    assert [one["orderPriorExecution"]["filled"] for one in events[:2]] == [0, 0.1]
    assert events[2]["order"]["filled"] == 0.2
    gone = signer.send("POST", "cancelorder", "cliOrdId=take")["cancelStatus"]
    assert (gone["status"], gone["orderEvents"][0]["order"]["cliOrdId"]) == ("cancelled", "take")
    again = signer.send("POST", "cancelorder", "cliOrdId=take")["cancelStatus"]
    assert again["status"] == "notFound"
    # The position is closed again, so that the book's other tests find none.
    back = "symbol=PF_XBTUSD&side=buy&orderType=lmt&limitPrice=20062&size=0.2"
    assert maker.send("POST", "sendorder", back)["sendStatus"]["status"] == "placed"
    close = "symbol=PF_XBTUSD&side=sell&orderType=mkt&size=0.2&reduceOnly=true"
    assert signer.send("POST", "sendorder", close)["sendStatus"]["status"] == "placed"
    assert signer.send("GET", "openpositions")["openPositions"] == []
