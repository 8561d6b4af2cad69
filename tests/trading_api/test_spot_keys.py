"""A private spot request is signed over its raw bytes, with a nonce that rises."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pilothouse.trading_api.signing import spot_signature
from tests.trading_api.running import Exchange, Key

PATH = "/0/private/Balance"


class Signer:
    """Sends raw bodies, signed as told."""

    def __init__(self, exchange: Exchange, key: Key) -> None:
        self.exchange, self.key = exchange, key
        self.nonce = time.time_ns() // 1_000_000

    def next_nonce(self) -> str:
        self.nonce += 1
        return str(self.nonce)

    def send(self, body: bytes, nonce: str, *, path: str = PATH, **changed: str) -> Any:
        made = spot_signature(self.key.secret, path.encode(), nonce.encode(), body)
        headers = {
            "API-Key": self.key.public,
            "API-Sign": base64.b64encode(made).decode(),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        for name, value in changed.items():
            headers[name.replace("_", "-")] = value
        answer = httpx.post(self.exchange.url + path, content=body, headers=headers, timeout=60)
        assert answer.status_code == 200
        return answer.json()


@pytest.fixture
def signer(exchange: Exchange, rich: Callable[[], Key]) -> Signer:
    return Signer(exchange, rich())


def test_a_form_and_an_object_are_both_taken(signer: Signer) -> None:
    nonce = signer.next_nonce()
    form = signer.send(f"nonce={nonce}".encode(), nonce)
    assert form == {"error": [], "result": {"XXBT": "10.00000000", "ZUSD": "500000.000000"}}
    for spelled in (str, int):
        nonce = signer.next_nonce()
        body = json.dumps({"nonce": spelled(nonce)}).encode()
        assert signer.send(body, nonce, Content_Type="application/json") == form


def test_the_bytes_are_signed_and_not_what_they_mean(signer: Signer) -> None:
    nonce = signer.next_nonce()
    # The order of fields and the way of escaping are the client's own.
    assert signer.send(f"a=%7e%2B+x&nonce={nonce}&b=".encode(), nonce)["error"] == []


def test_a_wrong_key_signature_or_nonce_is_said(signer: Signer) -> None:
    nonce = signer.next_nonce()
    body = f"nonce={nonce}".encode()
    assert signer.send(body, nonce, API_Key="nobody")["error"] == ["EAPI:Invalid key"]
    assert signer.send(body, nonce, API_Sign="AAAA")["error"] == ["EAPI:Invalid signature"]
    assert signer.send(body + b"&x=1", nonce)["error"] == []
    assert signer.send(body, nonce)["error"] == ["EAPI:Invalid nonce"]
    before = str(signer.nonce - 1)
    assert signer.send(f"nonce={before}".encode(), before)["error"] == ["EAPI:Invalid nonce"]
    assert signer.send(b"", "")["error"] == ["EAPI:Invalid nonce"]


def test_a_wrong_signature_uses_no_nonce_up(signer: Signer) -> None:
    far = str(signer.nonce + 1_000_000)
    body = f"nonce={far}".encode()
    assert signer.send(body, far, API_Sign="AAAA")["error"] == ["EAPI:Invalid signature"]
    nonce = signer.next_nonce()
    assert signer.send(f"nonce={nonce}".encode(), nonce)["error"] == []


def test_a_signature_holds_for_one_path(signer: Signer) -> None:
    nonce = signer.next_nonce()
    made = spot_signature(
        signer.key.secret, PATH.encode(), nonce.encode(), b"nonce=" + nonce.encode()
    )
    answer = signer.send(
        b"nonce=" + nonce.encode(),
        nonce,
        path="/0/private/CancelAll",
        API_Sign=base64.b64encode(made).decode(),
    )
    assert answer["error"] == ["EAPI:Invalid signature"]


def test_a_private_method_is_posted(exchange: Exchange) -> None:
    answer = httpx.get(exchange.url + PATH)
    assert answer.json()["error"] == ["EGeneral:Unknown method"]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"pair": ""}, "EGeneral:Invalid arguments:pair"),
        ({"pair": "NOPE"}, "EQuery:Unknown asset pair"),
        ({"type": "hold"}, "EGeneral:Invalid arguments:type"),
        ({"ordertype": "stop-loss"}, "EGeneral:Invalid arguments:ordertype"),
        ({"volume": "much"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "0"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "0.0001"}, "EOrder:Order minimum not met"),
        ({"volume": "0.0002", "price": "1000"}, "EOrder:Cost minimum not met"),
        ({"price": "#5%"}, "EGeneral:Invalid arguments:price"),
        ({"price": "0"}, "EOrder:Invalid price"),
        (
            {"price": "19000.05"},
            "EOrder:Invalid price:XBTUSD price can only be specified up to 1 decimals.",
        ),
        ({"volume": "900"}, "EOrder:Insufficient funds"),
        ({"oflags": "viqc"}, "EGeneral:Invalid arguments:viqc"),
        ({"timeinforce": "GTD"}, "EGeneral:Invalid arguments:timeinforce"),
        ({"userref": "1", "cl_ord_id": "a"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"cl_ord_id": "nineteen characters"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"leverage": "2:1"}, "EGeneral:Invalid arguments:leverage"),
        ({"deadline": "2001-01-01T00:00:00Z"}, "EService:Deadline elapsed"),
        ({"close[ordertype]": "limit"}, "EGeneral:Invalid arguments:close"),
    ],
)
def test_what_is_wrong_with_an_order_is_said_in_krakens_words(
    signer: Signer, changed: dict[str, str], error: str
) -> None:
    assert _add_order(signer, **changed)["error"] == [error]


def test_an_order_that_is_only_validated_is_described_and_not_placed(signer: Signer) -> None:
    answer = _add_order(signer, validate="True")
    assert answer["result"] == {"descr": {"order": "buy 0.50000000 XBTUSD @ limit 19000.0"}}
    nonce = signer.next_nonce()
    seen = signer.send(f"nonce={nonce}".encode(), nonce, path="/0/private/OpenOrders")
    assert seen["result"] == {"open": {}}


@pytest.mark.parametrize("pair", ["XBTUSD", "XXBTZUSD", "XBT/USD"])
def test_a_pair_has_three_names(signer: Signer, pair: str) -> None:
    assert _add_order(signer, pair=pair)["result"]["txid"][0].startswith("O")
    nonce = signer.next_nonce()
    gone = signer.send(f"nonce={nonce}".encode(), nonce, path="/0/private/CancelAll")
    assert gone["result"] == {"count": 1}


def test_orders_of_one_user_reference_are_cancelled_together(signer: Signer) -> None:
    for price in ("15000", "15001"):
        _add_order(signer, price=price, userref="77")
    _add_order(signer, price="15002")
    nonce = signer.next_nonce()
    body = f"nonce={nonce}&txid=77".encode()
    assert signer.send(body, nonce, path="/0/private/CancelOrder")["result"] == {"count": 2}
    nonce = signer.next_nonce()
    gone = signer.send(f"nonce={nonce}".encode(), nonce, path="/0/private/CancelAll")
    assert gone["result"] == {"count": 1}


def _add_order(signer: Signer, **changed: str) -> Any:
    asked = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "19000"}
    nonce = signer.next_nonce()
    fields = asked | {"volume": "0.5"} | changed | {"nonce": nonce}
    body = str(httpx.QueryParams(fields)).encode()
    return signer.send(body, nonce, path="/0/private/AddOrder")
