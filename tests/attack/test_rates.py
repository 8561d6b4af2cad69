"""One client floods the traders' door: Kraken's counters answer, and everybody else is served."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pilothouse.gate.allowances import Allowances
from pilothouse.trading_api.meter import Meter, Spent, TooManyOpen
from pilothouse.trading_api.rates import TIERS, Rates, UnknownTier, cancel_cost
from pilothouse.trading_api.signing import futures_signature, spot_signature
from tests.trading_api.conftest import spot_client
from tests.trading_api.running import Exchange, Key

NONCE = itertools.count(time.time_ns() // 1_000)
ORDER = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.001"}
FAR = "10000"


def spot(url: str, key: Key, method: str, **fields: Any) -> Any:
    """Send one signed spot request and return its envelope."""
    import base64
    from urllib.parse import urlencode

    nonce, path = str(next(NONCE)), f"/0/private/{method}"
    body = urlencode({"nonce": nonce, **fields}).encode()
    sign = base64.b64encode(spot_signature(key.secret, path.encode(), nonce.encode(), body))
    headers = {"API-Key": key.public, "API-Sign": sign.decode()}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return httpx.post(url + path, content=body, headers=headers, timeout=60).json()


def futures(url: str, key: Key, word: str, method: str = "GET", **fields: Any) -> Any:
    """Send one signed futures request and return its envelope."""
    import base64
    from urllib.parse import urlencode

    path, nonce = f"/derivatives/api/v3/{word}", "" if key.nonce_optional else str(next(NONCE))
    body = urlencode(fields).encode()
    endpoint = path.removeprefix("/derivatives").encode()
    sign = base64.b64encode(futures_signature(key.secret, body, nonce.encode(), endpoint))
    headers = {"APIKey": key.public, "Authent": sign.decode()} | (
        {"Nonce": nonce} if nonce else {}
    )
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    query = f"?{body.decode()}" if method == "GET" and body else ""
    content = body if method == "POST" else b""
    answer = httpx.request(
        method, url + path + query, content=content, headers=headers, timeout=60
    )
    return answer.json()


def test_a_flood_of_orders_is_refused_and_everybody_else_trades(
    limited: Exchange, rich: Callable[[], Key]
) -> None:
    one, other = rich(), rich()
    told = [spot(limited.url, one, "AddOrder", price=FAR, **ORDER)["error"] for _ in range(200)]
    refused = [one for one in told if one == ["EOrder:Rate limit exceeded"]]
    placed = [one for one in told if not one]
    assert len(placed) == TIERS["pro"].trading.limit
    assert refused and len(placed) + len(refused) == 200
    assert spot(limited.url, other, "AddOrder", price=FAR, **ORDER)["error"] == []
    # Who flooded is not locked in: what rests can be taken back at once.
    answer = spot(limited.url, one, "CancelAll")
    assert answer["error"] == [] and answer["result"]["count"] == len(placed)
    spot(limited.url, other, "CancelAll")


def test_open_orders_of_a_pair_are_bounded(limited: Exchange, rich: Callable[[], Key]) -> None:
    key, most = rich(), TIERS["pro"].open_orders
    meter = limited.gate._application.state.meter
    for _ in range(most):
        meter.trading = Allowances(meter.rates.trading)
        assert spot(limited.url, key, "AddOrder", price=FAR, **ORDER)["error"] == []
    meter.trading = Allowances(meter.rates.trading)
    for _ in range(3):
        answer = spot(limited.url, key, "AddOrder", price=FAR, **ORDER)
        assert answer["error"] == ["EOrder:Orders limit exceeded"]
    market = dict(ORDER, ordertype="market")
    assert spot(limited.url, key, "AddOrder", **market)["error"] != [
        "EOrder:Orders limit exceeded"
    ], "an order that cannot rest is none of them"
    other = dict(ORDER, pair="XDGEUR", volume="100")
    assert "Orders limit" not in str(spot(limited.url, key, "AddOrder", price="0.05", **other))
    assert spot(limited.url, key, "CancelAll")["result"]["count"] == most


def test_reads_are_counted_by_account_and_by_nobody_else(
    limited: Exchange, rich: Callable[[], Key]
) -> None:
    one, other = rich(), rich()
    told = [spot(limited.url, one, "Balance")["error"] for _ in range(40)]
    assert ["EAPI:Rate limit exceeded"] in told and told[0] == []
    assert spot(limited.url, one, "AddOrder", price=FAR, **ORDER)["error"] == []
    assert spot(limited.url, one, "CancelAll")["error"] == []
    assert spot(limited.url, other, "Balance")["error"] == []


def test_futures_have_their_budget(limited: Exchange, rich: Callable[[], Key]) -> None:
    one, other = rich(), rich()
    told = [futures(limited.url, one, "accounts")["result"] for _ in range(10)]
    assert told == ["success"] * 10
    order = {"symbol": "PF_XBTUSD", "side": "buy", "orderType": "lmt", "size": "0.001"}
    sent = [
        futures(limited.url, one, "sendorder", "POST", limitPrice=FAR, **order) for _ in range(80)
    ]
    errors = [one["error"] for one in sent if one["result"] == "error"]
    assert errors and set(errors) == {"apiLimitExceeded"}
    assert futures(limited.url, one, "cancelallorders", "POST")["result"] == "success"
    assert futures(limited.url, other, "accounts")["result"] == "success"


def test_strangers_of_an_address_are_counted_and_its_traders_are_not(
    limited: Exchange, rich: Callable[[], Key]
) -> None:
    key = rich()
    assert spot(limited.url, key, "Balance")["error"] == []
    with httpx.Client(base_url=limited.url, timeout=60) as client:
        told = [client.get("/0/public/Time") for _ in range(250)]
        assert told[0].status_code == 200 and told[-1].status_code == 429
        assert told[-1].json() == {"error": ["EGeneral:Too many requests"]}
        wrong = {"API-Key": "nobody", "API-Sign": "no"}
        refused = client.post("/0/private/Balance", content=b"nonce=1", headers=wrong)
        assert refused.json()["error"] == ["EGeneral:Too many requests"]
        assert client.get("/healthz").status_code == 200
    assert spot(limited.url, key, "AddOrder", price=FAR, **ORDER)["error"] == []
    assert spot(limited.url, key, "CancelAll")["error"] == []


def test_keys_that_are_none_look_nothing_up_for_ever(limited: Exchange) -> None:
    with httpx.Client(base_url=limited.url, timeout=60) as client:
        told = [
            client.post(
                "/0/private/Balance",
                content=b"nonce=1",
                headers={"API-Key": f"none-{number}", "API-Sign": "x"},
            ).json()["error"][0]
            for number in range(60)
        ]
    assert told[0] == "EAPI:Invalid key" and told[-1] == "EGeneral:Too many requests"


def test_an_ordinary_session_of_ccxt_meets_no_limit(
    limited: Exchange, rich: Callable[[], Key]
) -> None:
    client = spot_client(limited.url, rich())
    client.load_markets()
    for _ in range(5):
        made = client.create_order("BTC/USD", "limit", "buy", 0.01, 10_000)
        client.fetch_open_orders()
        client.cancel_order(made["id"])
    client.fetch_balance()


# the counters themselves


class Past:
    def __init__(self) -> None:
        self.position, self.open = 0, 0

    def open_count(self, account: int, market: int) -> int:
        return self.open


def test_requests_at_one_moment_do_not_pass_the_limit_together() -> None:
    past = Past()
    meter = Meter(past, Rates(*TIERS["pro"].__dict__.values()))
    most = TIERS["pro"].open_orders
    for _ in range(100):
        meter.place(1, 1, 1, 1)
    meter.placed(1, 1, 100, range(1, 101))
    meter.trading = Allowances(meter.rates.trading)
    for _ in range(most - 100):
        meter.place(1, 1, 1, 1)
    with pytest.raises(TooManyOpen):
        meter.place(1, 1, 1, 1)
    past.position, past.open = 100, 50
    meter.trading = Allowances(meter.rates.trading)
    for _ in range(50):
        meter.place(1, 1, 1, 1)
    with pytest.raises(TooManyOpen):
        meter.place(1, 1, 1, 1)
    meter.placed(1, 1, most - 50, [])
    assert not meter._coming, "nothing is remembered of who has nothing on the way"


def test_early_cancellations_cost_what_kraken_says_and_lock_nobody_in() -> None:
    now = [0.0]
    meter = Meter(Past(), TIERS["starter"], lambda: now[0])
    assert [cancel_cost(seconds * 1_000_000) for seconds in (0, 5, 10, 15, 45, 90, 300)] == [
        8, 6, 5, 4, 2, 1, 0,
    ]  # fmt: skip
    for _ in range(100):
        meter.cancel(1)
        meter.cancelled(1, 1, 0)
    with pytest.raises(Spent):
        meter.place(1, 1, 1, 0)
    meter.cancel(1)
    now[0] = 70
    meter.place(1, 1, 1, 0)


def test_a_tier_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownTier, match="starter, intermediate, pro"):
        Rates.of_tier("gold")
