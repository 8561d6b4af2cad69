"""Above its rate a client writes nothing: every private method of both APIs, readable or not.

Counters of three, which never fall: each form is sent until its rate is refused, and then again.
What the door asks of the exchange is counted, nonces included, and does not grow any more.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest

from pilothouse.gate.allowances import Rate
from pilothouse.records.client_ids import txid_of, uuid_of
from pilothouse.trading_api.door import Door
from pilothouse.trading_api.futures import routes as of_futures
from pilothouse.trading_api.signing import futures_signature, spot_signature
from pilothouse.trading_api.spot import routes as of_spot
from tests.attack.conftest import FROZEN
from tests.attack.test_rates import NONCE
from tests.trading_api import running
from tests.trading_api.running import Exchange, Key

FEW: Final = Rate(3, 0)
COUNTERS: Final = (
    "calls", "trading", "budget", "history", "cancels", "cancels_of_all", "faults", "transfers",
)  # fmt: skip
TINY: Final = replace(FROZEN, open_orders=2, **dict.fromkeys(COUNTERS, FEW))
SLOT: Final = 2
MOST: Final = 20
"""Requests after which a rate of three has been met, faults and orders together."""
ORDER: Final = "pair=XBTUSD&type=buy&ordertype=limit&volume=0.001&price=10000"
ENTRY: Final = {"type": "buy", "ordertype": "limit", "volume": "0.001", "price": "10000"}
SPOT: Final[dict[str, list[Any]]] = {
    **{name: [""] for name in (*of_spot.READS, *of_spot.TOKENS, "CancelAll")},
    "AddOrder": [
        ORDER,
        f"{ORDER}&validate=true",
        ORDER.replace("0.001", "900"),
        ORDER.replace("XBTUSD", "NOPE"),
        "",
    ],
    "AddOrderBatch": [
        {"pair": "XBTUSD", "orders": [ENTRY, ENTRY]},
        {"pair": "XBTUSD", "orders": [ENTRY, ENTRY], "validate": True},
        {"pair": "XBTUSD", "orders": [3, ENTRY]},
        "pair=XBTUSD",
    ],
    "CancelOrder": ["txid=x", f"txid={txid_of('O', 10**9)}", "txid=77", "cl_ord_id=none", ""],
    "CancelOrderBatch": [
        {"orders": ["x"]},
        {"orders": [txid_of("O", 10**9)], "cl_ord_ids": ["none"]},
        {"orders": ["7"] * 51},
        {"orders": 7},
        "",
    ],
    "CancelAllOrdersAfter": ["timeout=60", "timeout=0", "timeout=x", ""],
    "WalletTransfer": ["asset=ZUSD&from=Spot+Wallet&to=Futures+Wallet&amount=1", "asset=NOPE", ""],
}
SEND: Final = "symbol=PF_XBTUSD&side=buy&orderType=lmt&limitPrice=10000&size=0.001"


def batch(*asked: Any) -> str:
    return f"json={quote(json.dumps({'batchOrder': asked}))}"


FUTURES: Final[dict[str, list[str]]] = {
    **{name: [""] for name in (*of_futures.READS, f"{of_futures.V3}/cancelallorders")},
    f"{of_futures.V3}/sendorder": [
        SEND,
        SEND.replace("0.001", "0.0000001"),
        SEND.replace("PF_XBTUSD", "PF_NOPE"),
        "",
        "size=%ff&size=\xff",
    ],
    f"{of_futures.V3}/cancelorder": [
        "order_id=x", f"order_id={uuid_of('order', 10**9)}", "cliOrdId=none", "", "\xff",
    ],
    f"{of_futures.V3}/cancelallordersafter": ["timeout=60", "timeout=0", "timeout=x", "", "\xff"],
    f"{of_futures.V3}/batchorder": [
        batch({"order": "send", "order_tag": "1", "symbol": "PF_XBTUSD"}),
        batch({"order": "cancel", "order_id": "x"}),
        batch({"order": "cancel", "cliOrdId": "none"}, {"order": "CANCEL", "order_id": "x"}),
        batch(3, None),
        batch(),
        "json=[[[",
        "",
    ],
    f"{of_futures.V3}/transfer": [
        "fromAccount=flex&toAccount=cash&unit=usd&amount=1", "unit=x", "",
    ],
}  # fmt: skip
LIMITED: Final = ("EAPI:Rate limit exceeded", "EOrder:Rate limit exceeded", "apiLimitExceeded")


@pytest.fixture(scope="module")
def tiny(exchange: Exchange) -> Iterator[Exchange]:
    """Open a door beside the exchange's own, with counters of three."""
    before = exchange.url, exchange.gate
    with running.gateway_thread(exchange, TINY, slot=SLOT):
        yield replace(exchange)
        exchange.url, exchange.gate = before


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List the commands that doors ask the exchange for."""
    found: list[str] = []
    real = Door.ask

    async def ask(self: Door, key: Any, commands: Any) -> Any:
        found.extend(type(one).__name__ for one in commands)
        return await real(self, key, commands)

    monkeypatch.setattr(Door, "ask", ask)
    return found


@pytest.fixture
def key(exchange: Exchange, rich: Callable[[], Key]) -> Key:
    made = replace(rich(), nonce_optional=False)
    exchange.keys[made.public] = made
    return made


def spot(url: str, key: Key, method: str, form: Any) -> str:
    """Send a signed spot request; return its error, or nothing."""
    path, nonce = f"/0/private/{method}", str(next(NONCE))
    is_text = isinstance(form, str)
    body = f"nonce={nonce}&{form}".encode() if is_text else b""
    body = body or json.dumps({"nonce": nonce, **form}).encode()
    signed = base64.b64encode(spot_signature(key.secret, path.encode(), nonce.encode(), body))
    headers = {"API-Key": key.public, "API-Sign": signed.decode()}
    headers["Content-Type"] = f"application/{'x-www-form-urlencoded' if is_text else 'json'}"
    answer = httpx.post(url + path, content=body, headers=headers, timeout=60)
    return "".join(answer.json()["error"])


def futures(
    url: str, key: Key, path: str, form: str, nonce: str | None = None, query: str = ""
) -> str:
    """Send a signed futures request; return its error, or nothing."""
    nonce = str(next(NONCE)) if nonce is None else nonce
    body, endpoint = form.encode("latin-1"), path.removeprefix("/derivatives").encode()
    signed = futures_signature(key.secret, query.encode() + body, nonce.encode(), endpoint)
    headers = {"APIKey": key.public, "Authent": base64.b64encode(signed).decode()}
    headers |= {"Nonce": nonce} if nonce else {}
    url += path + (f"?{query}" if query else "")
    answer = httpx.post(url, content=body, headers=headers, timeout=60)
    return str(answer.json().get("error", ""))


def exhausted(send: Callable[[int], str], written: list[str]) -> int:
    """Send until the rate is refused, then go on; return how many commands were written."""
    turn = next((turn for turn in range(MOST) if send(turn) in LIMITED), None)
    assert turn is not None, "no rate was met"
    before = len(written)
    assert all(send(MOST + more) in LIMITED for more in range(4))
    assert len(written) == before, written[before:]
    return before


def forms(table: dict[str, list[Any]]) -> list[tuple[str, int]]:
    return [(name, at) for name in sorted(table) for at in range(len(table[name]))]


def test_the_tables_name_every_private_method() -> None:
    assert set(SPOT) == set(of_spot.READS | of_spot.TOKENS | of_spot.TRADES)
    assert set(FUTURES) == set(of_futures.PURPOSES)


@pytest.mark.parametrize(("method", "number"), forms(SPOT))
def test_spot(tiny: Exchange, key: Key, written: list[str], method: str, number: int) -> None:
    count = exhausted(lambda _: spot(tiny.url, key, method, SPOT[method][number]), written)
    assert (count == 0) == (method in of_spot.READS)


@pytest.mark.parametrize(("path", "number"), forms(FUTURES))
def test_futures(tiny: Exchange, key: Key, written: list[str], path: str, number: int) -> None:
    count = exhausted(lambda _: futures(tiny.url, key, path, FUTURES[path][number]), written)
    acts = path in of_futures.TRADES and "\xff" not in FUTURES[path][number]
    assert (count > 0) == acts


@pytest.mark.parametrize("path", sorted(of_futures.TRADES))
def test_futures_without_nonces(tiny: Exchange, key: Key, written: list[str], path: str) -> None:
    text = FUTURES[path][0]
    exhausted(lambda turn: futures(tiny.url, key, path, f"{text}&t={turn}", ""), written)


@pytest.mark.parametrize("path", sorted(of_futures.TRADES))
def test_two_texts_are_charged_and_write_nothing(
    tiny: Exchange, key: Key, written: list[str], path: str
) -> None:
    assert exhausted(lambda _: futures(tiny.url, key, path, "a=1", query="b=2"), written) == 0


@pytest.mark.parametrize("method", sorted(of_spot.TRADES))
def test_a_reading_key_writes_nothing_on_spot(
    tiny: Exchange, key: Key, written: list[str], method: str
) -> None:
    reader = tiny.keys[key.public] = replace(key, may_trade=False)
    assert exhausted(lambda _: spot(tiny.url, reader, method, SPOT[method][0]), written) == 0


@pytest.mark.parametrize("path", sorted(of_futures.TRADES))
def test_a_reading_key_writes_nothing_on_futures(
    tiny: Exchange, key: Key, written: list[str], path: str
) -> None:
    reader = tiny.keys[key.public] = replace(key, may_trade=False)
    assert exhausted(lambda _: futures(tiny.url, reader, path, FUTURES[path][0]), written) == 0


def test_who_has_used_up_everything_else_cancels(tiny: Exchange, key: Key) -> None:
    placed = f"{ORDER}&cl_ord_id=mine"
    assert spot(tiny.url, key, "AddOrder", placed) == ""
    sent = f"{of_futures.V3}/sendorder"
    assert futures(tiny.url, key, sent, f"{SEND}&cliOrdId=mine") == ""
    for method in ("AddOrder", "WalletTransfer", "Balance"):
        while spot(tiny.url, key, method, "") not in LIMITED:
            pass
    while futures(tiny.url, key, sent, "") not in LIMITED:
        pass
    assert spot(tiny.url, key, "CancelOrder", "cl_ord_id=mine") == ""
    assert futures(tiny.url, key, f"{of_futures.V3}/cancelorder", "cliOrdId=mine") == ""
    assert spot(tiny.url, key, "CancelAll", "") == ""
    assert futures(tiny.url, key, f"{of_futures.V3}/cancelallorders", "") == ""


def test_one_reference_cancels_all_its_orders_and_they_are_charged(
    limited: Exchange, key: Key
) -> None:
    meter = limited.gate._application.state.meter
    for _ in range(4):
        assert spot(limited.url, key, "AddOrder", f"{ORDER}&userref=9") == ""
    assert spot(limited.url, key, "CancelOrder", "txid=9") == ""
    assert meter.cancels.level(key.account) == 4
