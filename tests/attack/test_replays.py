"""Attacks by repetition: what was signed and done is never done again.

The same bytes again, under another border between text and nonce, after a gateway was killed,
through another gateway, on a copy.
"""

import asyncio
import base64
import contextlib
import time
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest

from pilothouse.journal.durable import DurableMark
from pilothouse.journal.reader import Reader
from pilothouse.journal.storage import Files
from pilothouse.language.commands import UseNonce, UseRequest
from pilothouse.language.names import Name, Sender
from pilothouse.language.rows import Message
from pilothouse.trading_api.nonces import SPOT, key_number
from pilothouse.trading_api.process import gateway
from pilothouse.trading_api.rates import NO_LIMITS
from pilothouse.trading_api.signing import futures_signature, spot_signature
from tests.trading_api.running import gateway_thread, running_exchange, seed, writer_process

V3 = "/derivatives/api/v3"
ORDER = "symbol=pf_xbtusd&side=buy&orderType=lmt&limitPrice=19000&size=0.5"
NOW_MS = 1_790_000_000_000


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    with running_exchange(tmp_path_factory.mktemp("replays")) as made:
        yield made


def client(exchange, name):
    key = exchange.client(name, {"ZUSD": 10**10, "XXBT": 10**9})
    exchange.to_futures(key, 5 * 10**9)
    return key


def spot(exchange, key, method, nonce, fields=""):
    """The bytes of a signed spot request, as a function that sends them."""
    path, body = f"/0/private/{method}", f"nonce={nonce}{fields}".encode()
    signed = spot_signature(key.secret, path.encode(), str(nonce).encode(), body)
    headers = {"API-Key": key.public, "API-Sign": base64.b64encode(signed).decode()}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    sent = {"content": body, "headers": headers, "timeout": 60}
    return lambda: httpx.post(exchange.url + path, **sent).json()


def futures_signed(key, data, nonce, name):
    made = futures_signature(key.secret, data.encode(), nonce.encode(), f"/api/v3/{name}".encode())
    return base64.b64encode(made).decode()


def futures(exchange, key, name, data, nonce="", signed=None):
    headers = {"APIKey": key.public, "Authent": signed or futures_signed(key, data, nonce, name)}
    if nonce:
        headers["Nonce"] = nonce
    url = f"{exchange.url}{V3}/{name}?{data}"
    return lambda: httpx.post(url, headers=headers, timeout=60).json()


def open_orders(exchange, key):
    return len(futures_read(exchange, key)["openOrders"])


def futures_read(exchange, key):
    headers = {"APIKey": key.public, "Authent": futures_signed(key, "", "", "openorders")}
    return httpx.get(f"{exchange.url}{V3}/openorders", headers=headers, timeout=60).json()


LIMIT = "&pair=XBTUSD&type=buy&ordertype=limit&price=19000&volume=0.001"


def test_bug17_f5_a_spot_order_is_not_placed_again_after_the_gateway_was_started_anew(exchange):
    key = client(exchange, "spot-restart")
    add = spot(exchange, key, "AddOrder", NOW_MS, LIMIT)
    assert add()["error"] == []
    assert add()["error"] == ["EAPI:Invalid nonce"]
    with another_gateway(exchange):
        assert add()["error"] == ["EAPI:Invalid nonce"]
        assert spot(exchange, key, "AddOrder", NOW_MS - 1, LIMIT)()["error"] == [
            "EAPI:Invalid nonce"
        ]
        seen = spot(exchange, key, "OpenOrders", NOW_MS + 1)()
        assert len(seen["result"]["open"]) == 1
        assert spot(exchange, key, "AddOrder", NOW_MS + 2, LIMIT)()["error"] == []


@contextlib.contextmanager
def another_gateway(exchange, slot=1):
    """Serve from a gateway that remembers nothing, at the exchange's address; then go back."""
    before, found = exchange.url, {}
    with serving(exchange, slot, found):
        exchange.url = found["url"]
        try:
            yield
        finally:
            exchange.url = before


@contextlib.contextmanager
def serving(exchange, slot, found):
    import threading

    up, stop = threading.Event(), threading.Event()

    async def serve():
        async with gateway(exchange.home, exchange.keys.get, NO_LIMITS, slot=slot) as server:
            server.config.port = 0
            listening = server.config.bind_socket()
            found["url"] = f"http://127.0.0.1:{listening.getsockname()[1]}"
            task = asyncio.create_task(server.serve(sockets=[listening]))
            while not server.started:
                await asyncio.sleep(0.01)
            up.set()
            while not stop.is_set():
                await asyncio.sleep(0.05)
            server.should_exit = True
            await task

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert up.wait(600)
    try:
        yield
    finally:
        stop.set()
        thread.join(60)


@pytest.mark.parametrize("method", ["AddOrderBatch", "CancelAll", "WalletTransfer"])
def test_every_spot_method_that_acts_is_done_once(exchange, method):
    key = client(exchange, f"spot-{method}")
    fields = {
        "AddOrderBatch": "&pair=XBTUSD",
        "CancelAll": "",
        "WalletTransfer": "&asset=ZUSD&from=Spot+Wallet&to=Futures+Wallet&amount=1",
    }[method]
    sent = spot(exchange, key, method, NOW_MS, fields)
    first = sent()
    with another_gateway(exchange):
        assert sent()["error"] == ["EAPI:Invalid nonce"], first


def test_a_token_is_given_once_for_a_signed_request(exchange):
    key = client(exchange, "token")
    sent = spot(exchange, key, "GetWebSocketsToken", NOW_MS)
    assert sent()["error"] == []
    with another_gateway(exchange):
        assert sent()["error"] == ["EAPI:Invalid nonce"]


def test_two_gateways_at_once_do_a_signed_order_once(exchange):
    key = client(exchange, "two-gateways")
    # This gateway has seen the key before the other one uses a nonce of it.
    assert spot(exchange, key, "Balance", 1)()["error"] == []
    add = spot(exchange, key, "AddOrder", NOW_MS, LIMIT)
    with another_gateway(exchange):
        assert add()["error"] == []
    assert add()["error"] == ["EAPI:Invalid nonce"]
    seen = spot(exchange, key, "OpenOrders", NOW_MS + 9)()
    assert len(seen["result"]["open"]) == 1


def test_f5_a_futures_order_without_a_nonce_is_placed_once_for_its_bytes(exchange):
    key = client(exchange, "bare")
    send = futures(exchange, key, "sendorder", ORDER)
    assert send()["sendStatus"]["status"] == "placed"
    assert send()["error"] == "nonceDuplicate"
    body = lambda: httpx.post(  # noqa: E731
        f"{exchange.url}{V3}/sendorder",
        content=ORDER.encode(),
        headers={"APIKey": key.public, "Authent": futures_signed(key, ORDER, "", "sendorder")},
        timeout=60,
    ).json()
    assert body()["error"] == "nonceDuplicate"
    with another_gateway(exchange):
        assert futures(exchange, key, "sendorder", ORDER)()["error"] == "nonceDuplicate"
    assert open_orders(exchange, key) == 1
    # The same wish in other bytes is another order, and cancelling may be said again.
    assert "sendStatus" in futures(exchange, key, "sendorder", f"{ORDER}&cliOrdId=b")()
    for _ in range(2):
        assert futures(exchange, key, "cancelallorders", "")()["result"] == "success"
    assert open_orders(exchange, key) == 0


def test_f5_a_nonce_folded_into_the_text_places_nothing(exchange):
    key = client(exchange, "folded")
    data, nonce = f"{ORDER}&cliOrdId=a", str(NOW_MS)
    signed = futures_signed(key, data, nonce, "sendorder")
    assert "sendStatus" in futures(exchange, key, "sendorder", data, nonce, signed)()
    for cut in range(len(nonce) + 1):
        moved = futures(exchange, key, "sendorder", data + nonce[:cut], nonce[cut:], signed)
        assert moved()["error"] in ("nonceDuplicate", "nonceBelowThreshold"), cut
    with another_gateway(exchange):
        folded = futures(exchange, key, "sendorder", data + nonce, "", signed)
        assert folded()["error"] == "nonceBelowThreshold"
        gone = futures(exchange, key, "cancelallorders", "")
        assert gone()["error"] == "nonceBelowThreshold"
    assert open_orders(exchange, key) == 1


def test_digits_of_the_text_moved_into_the_nonce_place_nothing(exchange):
    key = client(exchange, "unfolded")
    data, nonce = f"{ORDER}&cliOrdId=a37", str(NOW_MS)
    signed = futures_signed(key, data, nonce, "sendorder")
    assert "sendStatus" in futures(exchange, key, "sendorder", data, nonce, signed)()
    for cut in (1, 2):
        moved = futures(exchange, key, "sendorder", data[:-cut], data[-cut:] + nonce, signed)
        assert moved()["error"] == "nonceBelowThreshold"
    bare = client(exchange, "unfolded-bare")
    signed = futures_signed(bare, data, "", "sendorder")
    assert "sendStatus" in futures(exchange, bare, "sendorder", data, "", signed)()
    for cut in (1, 2):
        moved = futures(exchange, bare, "sendorder", data[:-cut], data[-cut:], signed)
        said = moved()
        assert said["error"] == "nonceBelowThreshold" and "without nonces" in said["says"]
    assert open_orders(exchange, key) == open_orders(exchange, bare) == 1
    # Nor does it make a key need nonces that never had one.
    assert "sendStatus" in futures(exchange, bare, "sendorder", f"{ORDER}&cliOrdId=b")()


def test_a_request_that_was_held_back_cannot_be_made_another_nor_end_its_key(exchange):
    """The first request arrives; the second is held back and comes with digits moved."""
    key = client(exchange, "held-back")
    assert "sendStatus" in futures(exchange, key, "sendorder", ORDER, str(NOW_MS))()
    data, nonce = f"{ORDER}&cliOrdId=a371", str(NOW_MS + 1)
    signed = futures_signed(key, data, nonce, "sendorder")
    for cut in (1, 2, 3):
        moved = futures(exchange, key, "sendorder", data[:-cut], data[-cut:] + nonce, signed)()
        assert moved["error"] == "nonceBelowThreshold"
        assert "as many digits" in moved["says"]
        shorter = futures(exchange, key, "sendorder", data + nonce[:cut], nonce[cut:], signed)()
        assert shorter["error"] == "nonceBelowThreshold"
    # A gateway that remembers nothing asks the exchange, which says the same.
    with another_gateway(exchange):
        moved = futures(exchange, key, "sendorder", data[:-1], data[-1:] + nonce, signed)()
        assert moved["error"] == "nonceBelowThreshold"
    assert "sendStatus" in futures(exchange, key, "sendorder", data, nonce, signed)()
    assert "sendStatus" in futures(exchange, key, "sendorder", ORDER, str(NOW_MS + 2))()
    assert open_orders(exchange, key) == 3


def test_a_read_with_digits_moved_does_not_end_its_key(exchange):
    key = client(exchange, "held-back-read")
    assert "sendStatus" in futures(exchange, key, "sendorder", ORDER, str(NOW_MS))()
    nonce, path = "7" + str(NOW_MS + 1), f"{V3}/openorders"
    headers = {
        "APIKey": key.public,
        "Authent": futures_signed(key, "", nonce, "openorders"),
        "Nonce": nonce,
    }
    said = httpx.get(f"{exchange.url}{path}", headers=headers, timeout=60).json()
    assert said["error"] == "nonceBelowThreshold"
    assert "sendStatus" in futures(exchange, key, "sendorder", ORDER, str(NOW_MS + 1))()


def test_a_key_that_needs_a_nonce_is_told_what_to_do(exchange):
    key = client(exchange, "told")
    assert "sendStatus" in futures(exchange, key, "sendorder", ORDER)()
    again = futures(exchange, key, "sendorder", ORDER)()
    assert again["error"] == "nonceDuplicate" and "own order name" in again["says"]
    key = client(exchange, "told-with")
    assert "sendStatus" in futures(exchange, key, "sendorder", ORDER, str(NOW_MS))()
    bare = futures(exchange, key, "sendorder", f"{ORDER}&cliOrdId=b")()
    assert bare["error"] == "nonceBelowThreshold" and "nonce_optional" in bare["says"]


def test_a_key_made_nonce_optional_repeats_for_ever_and_uses_no_row(exchange):
    key = exchange.keys["endless"] = replace(client(exchange, "endless"), nonce_optional=True)
    before = requests_used(exchange)
    for _ in range(12):
        assert "sendStatus" in futures(exchange, key, "sendorder", ORDER)()
    assert open_orders(exchange, key) == 12
    assert requests_used(exchange) == before


def requests_used(exchange):
    """Return how many requests without a nonce the journal has used up."""
    reader = Reader(Files(exchange.home))
    blocks = reader.read(DurableMark(Files(exchange.home)).block)
    used = sum(int((one.rows[:, 0] == UseRequest.number).sum()) for one in blocks)
    reader.close()
    return used


def test_c11_the_gateways_names_come_from_the_journal_whatever_the_clock_says(
    exchange, monkeypatch
):
    key = client(exchange, "clock")
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() - 3_600 * 10**9)
    with another_gateway(exchange):
        assert spot(exchange, key, "AddOrder", NOW_MS, LIMIT)()["error"] == []
    monkeypatch.setattr(time, "time_ns", lambda: real() - 2 * 3_600 * 10**9)
    with another_gateway(exchange):
        assert spot(exchange, key, "AddOrder", NOW_MS + 1, LIMIT)()["error"] == []


def test_a_gateway_whose_door_another_opened_says_so_and_trades_no_more(exchange):
    key = client(exchange, "fenced")
    with another_gateway(exchange, slot=3):
        assert spot(exchange, key, "AddOrder", NOW_MS, LIMIT)()["error"] == []
        exchange.venue.open_door(Sender.GATEWAY + 3)
        said = spot(exchange, key, "AddOrder", NOW_MS + 1, LIMIT)()
        assert said["error"] == ["EService:Unavailable"]
        health = httpx.get(f"{exchange.url}/healthz", timeout=60)
        assert health.status_code == 503 and "another gateway" in health.json()["status"]
    # The first gateway has its own slot and was never disturbed.
    assert spot(exchange, key, "AddOrder", NOW_MS + 2, LIMIT)()["error"] == []


def test_a_nonce_that_was_journaled_and_never_answered_is_used(exchange):
    """A gateway that was killed between the nonce and the order has used the nonce."""
    key = client(exchange, "killed-between")
    command = UseNonce(
        key=key_number(SPOT, key.public), nonce_hi=NOW_MS // 10**10, nonce_lo=NOW_MS % 10**10
    )
    hi = exchange.venue.open_door(Sender.GATEWAY + 4)
    assert exchange.venue.submit([Message(command, Name(Sender.GATEWAY + 4, hi, 1))])[0].accepted
    assert spot(exchange, key, "AddOrder", NOW_MS, LIMIT)()["error"] == ["EAPI:Invalid nonce"]


def test_d4_a_signed_order_is_refused_after_the_writer_started_anew(tmp_path):
    from pilothouse.venue.client import VenueClient
    from tests.trading_api.running import START_S, Exchange

    exchange = Exchange(tmp_path, VenueClient(tmp_path, patience_s=START_S))
    with writer_process(tmp_path):
        seed(exchange)
        with gateway_thread(exchange):
            key = client(exchange, "both-restart")
            bare = client(exchange, "both-restart-bare")
            add = spot(exchange, key, "AddOrder", NOW_MS, LIMIT)
            assert add()["error"] == []
            assert "sendStatus" in futures(exchange, bare, "sendorder", ORDER)()
    with writer_process(tmp_path), gateway_thread(exchange):
        assert spot(exchange, key, "AddOrder", NOW_MS, LIMIT)()["error"] == ["EAPI:Invalid nonce"]
        assert futures(exchange, bare, "sendorder", ORDER)()["error"] == "nonceDuplicate"
        assert open_orders(exchange, bare) == 1
    assert urlsplit(exchange.url).hostname == "127.0.0.1"
    exchange.venue.close()
