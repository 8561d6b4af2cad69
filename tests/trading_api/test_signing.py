"""Signatures are those that real clients make, over the bytes that were sent."""

from __future__ import annotations

import base64
import hashlib
import hmac

import ccxt

from pilothouse.trading_api import texts
from pilothouse.trading_api.signing import futures_signature, matches, spot_signature

SECRET = hashlib.sha512(b"a client's secret").digest()
TEXT = base64.b64encode(SECRET).decode()


def test_the_spot_signature_of_krakens_own_example() -> None:
    # The example of Kraken's documentation of REST authentication.
    secret = base64.b64decode(
        "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
    )
    body = b"nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    made = spot_signature(secret, b"/0/private/AddOrder", b"1616492376594", body)
    expected = (
        "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    )
    assert matches(made, expected)


def test_the_spot_signature_is_the_one_ccxt_makes() -> None:
    client = ccxt.kraken({"apiKey": "key", "secret": TEXT})
    for path, params in (
        ("AddOrder", {"pair": "A/B", "volume": "1"}),
        ("AddOrderBatch", {"a": [1]}),
    ):
        sent = client.sign(path, ["private"], "POST", params)
        body = sent["body"].encode()
        said = texts.read_object(body) if path == "AddOrderBatch" else texts.read_form(body)
        made = spot_signature(SECRET, f"/0/private/{path}".encode(), said["nonce"].encode(), body)
        assert matches(made, sent["headers"]["API-Sign"])


def test_the_futures_signature_is_the_one_ccxt_makes() -> None:
    client = ccxt.krakenfutures({"apiKey": "key", "secret": TEXT})
    sent = client.sign("sendorder", ["private"], "POST", {"symbol": "PF_XBTUSD", "size": "1"})
    query = sent["url"].partition("?")[2].encode()
    made = futures_signature(SECRET, query, b"", b"/api/v3/sendorder")
    assert matches(made, sent["headers"]["Authent"])


def test_the_futures_signature_covers_a_nonce_and_a_body() -> None:
    inner = hashlib.sha256(b"symbol=A" + b"123" + b"/api/v3/sendorder").digest()
    expected = base64.b64encode(hmac.new(SECRET, inner, hashlib.sha512).digest()).decode()
    assert matches(futures_signature(SECRET, b"symbol=A", b"123", b"/api/v3/sendorder"), expected)


def test_what_is_no_signature_does_not_match() -> None:
    made = spot_signature(SECRET, b"/", b"1", b"")
    for header in ("", "!!!!", "ü", base64.b64encode(made[:-1]).decode(), "A" * 100):
        assert not matches(made, header)
