"""Every private method by every sort of key: no cell is empty, and none opens more than it says.

Cited: ChemNode notemesh#15 and OpenWA PR#601, where keys that only read could write (P51).
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from pilothouse.access.keys import ApiKey, Limits
from pilothouse.trading_api.futures import routes as futures
from pilothouse.trading_api.signing import futures_signature
from pilothouse.trading_api.spot import routes as spot
from tests.trading_api.running import Exchange, Key
from tests.trading_api.test_spot_keys import Signer

SPOT_CANCELS = {"CancelOrder", "CancelOrderBatch", "CancelAll", "CancelAllOrdersAfter"}
FUTURES_CANCELS = {"cancelorder", "cancelallorders", "cancelallordersafter"}
PAST, FAR = int(time.time()) - 1, 2**40
SORTS: dict[str, dict[str, Any]] = {
    "query": {"may_trade": False},
    "cancel": {"may_trade": False, "limits": Limits(may_cancel=True)},
    "trade": {"limits": Limits(networks=("127.0.0.0/8",), expires_s=FAR)},
    "expired": {"limits": Limits(expires_s=PAST)},
    "elsewhere": {"limits": Limits(networks=("192.0.2.0/24", "2001:db8::/32"))},
}
DEAD = ("expired", "elsewhere")


@pytest.fixture(params=SORTS)
def sort(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def key(exchange: Exchange, rich: Callable[[], Key], sort: str) -> Key:
    made: Key = replace(rich(), **SORTS[sort])
    exchange.keys[made.public] = made
    return made


def allowed(sort: str, cancels: bool, acts: bool) -> bool:
    if sort in DEAD:
        return False
    return not acts or sort == "trade" or (sort == "cancel" and cancels)


def test_every_spot_method_opens_for_the_keys_that_may(
    exchange: Exchange, key: Key, sort: str
) -> None:
    signer = Signer(exchange, key)
    for method in sorted(spot.READS | spot.TOKENS | spot.TRADES):
        nonce = signer.next_nonce()
        answer = signer.send(f"nonce={nonce}".encode(), nonce, path=f"/0/private/{method}")
        (fault,) = answer["error"] or [""]
        opened = fault not in ("EAPI:Invalid key", "EGeneral:Permission denied")
        wanted = allowed(sort, method in SPOT_CANCELS, method in spot.TRADES)
        assert opened is wanted, (sort, method, fault)


def test_every_futures_method_opens_for_the_keys_that_may(
    exchange: Exchange, key: Key, sort: str
) -> None:
    for path in sorted(futures.READS | futures.TRADES):
        acts = path in futures.TRADES
        answer = _ask(exchange, key, path, "POST" if acts else "GET")
        # What was signed by no living key may hear first that an argument is missing.
        shut = {"authenticationError"} | ({"requiredArgumentMissing"} if sort in DEAD else set())
        opened = answer.get("error") not in shut
        cancels = path.rpartition("/")[2] in FUTURES_CANCELS
        assert opened is allowed(sort, cancels, acts), (sort, path, answer)


def _ask(exchange: Exchange, key: Key, path: str, verb: str) -> dict[str, Any]:
    path = path.replace("{symbol}", "PF_XBTUSD")
    signed = futures_signature(key.secret, b"", b"", path.removeprefix("/derivatives").encode())
    headers = {"APIKey": key.public, "Authent": base64.b64encode(signed).decode()}
    answer = httpx.request(verb, exchange.url + path, headers=headers, timeout=60)
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("networks", "address", "admitted"),
    [
        ((), "203.0.113.9", True),
        (("203.0.113.9/32",), "203.0.113.9", True),
        (("203.0.113.8/32",), "203.0.113.9", False),
        (("203.0.113.0/24", "2001:db8::/32"), "2001:db8:1:2::/64", True),
        (("2001:db8:1:2::/64",), "2001:db8:1:3::/64", False),
        (("0.0.0.0/0",), "2001:db8:1:3::/64", False),
        (("203.0.113.0/24",), "unknown", False),
        (("nonsense",), "203.0.113.9", False),
    ],
)
def test_a_key_is_for_its_networks(networks: Any, address: str, admitted: bool) -> None:
    key = ApiKey("p", b"s", 7, may_trade=True, limits=Limits(networks=networks))
    assert key.admits(address, 0) is admitted


def test_a_key_ends_at_its_second() -> None:
    key = ApiKey("p", b"s", 7, may_trade=True, limits=Limits(expires_s=1_000))
    assert key.admits("203.0.113.9", 999) and not key.admits("203.0.113.9", 1_000)
