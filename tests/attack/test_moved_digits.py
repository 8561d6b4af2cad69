"""Digits moved between text and nonce of a signed futures request, for every method that acts.

The signature covers both without a border. Somebody who saw a request, or holds one back, moves
digits of it: nothing more is done, and the key goes on as it signed before.
"""

from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest

from pilothouse.language.commands import UseNonce, UseRequest
from pilothouse.language.names import Sender
from pilothouse.language.refusals import KEY_NEEDS_A_NONCE, KEY_SIGNS_WITHOUT_NONCES
from pilothouse.rules.nonces import WITHOUT_NONCE_SHARE
from pilothouse.trading_api.futures import routes
from tests.attack.test_replays import (
    NOW_MS,
    ORDER,
    V3,
    another_gateway,
    client,
    futures,
    futures_signed,
    open_orders,
    requests_used,
)
from tests.attack.trading_world import outcome, trading
from tests.trading_api.running import running_exchange

BATCH = (
    '{"batchOrder":[{"order":"send","order_tag":"1","symbol":"PF_XBTUSD","side":"buy",'
    '"size":0.01,"limitPrice":19000,"orderType":"lmt"}]}'
)
TEXTS = {
    "sendorder": f"{ORDER[:-3]}0.137",
    "cancelorder": "cliOrdId=a371",
    "cancelallorders": "symbol=PF_XBTUSD&cliOrdId=371",
    "cancelallordersafter": "timeout=1371",
    "batchorder": f"json={quote(BATCH)}&cliOrdId=371",
    "transfer": "fromAccount=flex&toAccount=cash&unit=usd&amount=1.371",
}
DIGITS = 3
KINDS = ("without", "with", "optional")


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    with running_exchange(tmp_path_factory.mktemp("moved")) as made:
        yield made


def test_every_method_that_acts_has_its_text():
    assert {f"{V3}/{one}" for one in TEXTS} == set(routes.TRADES)


def nonce_of(kind, turn):
    return str(NOW_MS + turn) if kind == "with" else ""


def cuts(text, nonce):
    """Every way to move digits: out of the text, and where there is a nonce into it."""
    both = [(text[:-cut], text[-cut:] + nonce) for cut in range(1, DIGITS + 1)]
    return both + [(text + nonce[:cut], nonce[cut:]) for cut in range(1, len(nonce) + 1)]


def goes_on(exchange, key, kind, turn):
    """Trade and cancel as the key's owner does."""
    order = f"{ORDER}&cliOrdId=goes-on-{turn}"
    assert "sendStatus" in futures(exchange, key, "sendorder", order, nonce_of(kind, turn))()
    gone = futures(exchange, key, "cancelallorders", "", nonce_of(kind, turn + 1))()
    assert gone["result"] == "success"


def made(exchange, name, kind):
    key = client(exchange, name)
    if kind == "optional":
        key = exchange.keys[name] = replace(key, nonce_optional=True)
    return key


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("first", ["order", "cancel", "held back"])
@pytest.mark.parametrize("method", sorted(TEXTS))
def test_moved_digits_do_nothing_and_end_no_key(exchange, method, first, kind):
    """The request was the key's first, or followed a cancel, or an order and was held back."""
    key, turn, text = made(exchange, f"{method}-{first}-{kind}", kind), 3, TEXTS[method]
    if first == "cancel":
        assert futures(exchange, key, "cancelallorders", "", nonce_of(kind, 1))()["result"]
    if first == "held back":
        assert "sendStatus" in futures(exchange, key, "sendorder", ORDER, nonce_of(kind, 1))()
    nonce = nonce_of(kind, turn)
    signed = futures_signed(key, text, nonce, method)
    if first != "held back":
        assert futures(exchange, key, method, text, nonce, signed)()["result"] == "success"
    before = open_orders(exchange, key)
    for moved, into in cuts(text, nonce):
        said = futures(exchange, key, method, moved, into, signed)()
        assert said["result"] == "error", (moved, into, said)
        assert said["error"] in ("nonceBelowThreshold", "nonceDuplicate"), said
        if kind == "without":
            assert "sign without a nonce, or use another key" in said["says"]
        if kind == "optional":
            assert "nonce_optional" in said["says"]
    assert open_orders(exchange, key) == before
    goes_on(exchange, key, kind, turn + 1)


def test_a_gateway_that_remembers_nothing_refuses_them_too(exchange):
    key = client(exchange, "anew")
    text = TEXTS["cancelorder"]
    signed = futures_signed(key, text, "", "cancelorder")
    assert futures(exchange, key, "cancelorder", text, "", signed)()["result"] == "success"
    with another_gateway(exchange):
        for moved, into in cuts(text, ""):
            said = futures(exchange, key, "cancelorder", moved, into, signed)()
            assert "sign without a nonce" in said["says"]
        goes_on(exchange, key, "without", 1)


def test_the_exchange_refuses_what_a_gateway_does_not_know_yet():
    """Another gateway's replica may be a moment behind the request that decided."""
    machine = trading()
    door = Sender.GATEWAY
    for key, digest in ((1, 0), (2, 5)):
        assert outcome(machine, door, UseRequest(key=key, digest_hi=7, digest_lo=key)) == 0
        moved = UseNonce(key=key, nonce_hi=0, nonce_lo=371, digest_hi=digest)
        assert outcome(machine, door, moved) == KEY_SIGNS_WITHOUT_NONCES
        assert outcome(machine, door, UseRequest(key=key, digest_hi=8, digest_lo=key)) == 0


def test_all_keys_of_an_account_have_one_share_of_the_table():
    machine = trading()
    rows = machine.table_use()["requests"][1]
    share, keys = max(1, rows // WITHOUT_NONCE_SHARE), (11, 12, 13, 14, 15)

    def uses(account, digest, key):
        request = UseRequest(key=key, digest_hi=7, digest_lo=digest, account=account)
        return outcome(machine, Sender.GATEWAY, request)

    for digest in range(share):
        assert uses(1, digest, keys[digest % 5]) == 0
    assert {uses(1, share + one, one) for one in (*keys, 16)} == {KEY_NEEDS_A_NONCE}
    assert machine.table_use()["requests"][0] == share
    assert uses(2, 1_000, 21) == 0, "another account has its own"


def test_a_key_whose_first_was_a_cancel_without_is_refused_every_nonce(exchange):
    key = client(exchange, "first-cancel")
    assert futures(exchange, key, "cancelallorders", "")()["result"] == "success"
    said = futures(exchange, key, "sendorder", ORDER, str(NOW_MS))()
    assert said["error"] == "nonceBelowThreshold" and "signs without nonces" in said["says"]
    goes_on(exchange, key, "without", 1)


def test_only_the_first_cancel_takes_a_row(exchange):
    key, before = client(exchange, "rows"), requests_used(exchange)
    for _ in range(3):
        assert futures(exchange, key, "cancelallorders", "")()["result"] == "success"
        assert futures(exchange, key, "cancelorder", "cliOrdId=a")()["result"] == "success"
    assert requests_used(exchange) == before + 1


def read(exchange, key, query, nonce, signed=None):
    """Read fills; return what is refused, or nothing."""
    signed = signed or futures_signed(key, query, nonce, "fills")
    headers = {"APIKey": key.public, "Authent": signed, "Nonce": nonce}
    url = f"{exchange.url}{V3}/fills" + (f"?{query}" if query else "")
    return httpx.get(url, headers=headers, timeout=60).json().get("error", "")


@pytest.mark.parametrize("may_trade", [False, True], ids=["reading", "trading"])
def test_an_old_read_with_digits_moved_locks_no_key_out_of_a_new_gateway(exchange, may_trade):
    """Somebody repeats it where nothing is remembered: its nonce is longer than the key's own."""
    key = client(exchange, f"reads-{may_trade}")
    key = exchange.keys[key.public] = replace(key, may_trade=may_trade)
    exchange.keys[f"reads-{may_trade}"] = key
    query, old = "lastFillTime=2026-11-30T00:00:00.005", str(NOW_MS)
    signed = futures_signed(key, query, old, "fills")
    assert read(exchange, key, query, old, signed) == ""
    assert read(exchange, key, query[:-1], "5" + old, signed), "it is remembered here"
    with another_gateway(exchange):
        assert read(exchange, key, query[:-1], "5" + old, signed) == ""
        for turn, text in enumerate((query, "", query[:-1] + "4", query), start=1):
            nonce = str(NOW_MS + turn)
            assert read(exchange, key, text, nonce) == "", (turn, text)
            assert read(exchange, key, text, nonce) == "nonceDuplicate"
        assert read(exchange, key, query, old, signed) == "nonceBelowThreshold"
        assert read(exchange, key, query[:-1], "5" + old, signed) == "nonceDuplicate"
    assert read(exchange, key, query, str(NOW_MS + 9)) == ""
