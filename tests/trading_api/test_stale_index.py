"""What clients see of an index that nobody tells any more, and of a pair that is halted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import ccxt
import httpx
import pytest

from pilothouse.language.commands import ListAsset, ListMarket, SetIndexPrice
from pilothouse.language.kinds import MarketKind, MarketStatus
from pilothouse.language.names import Sender
from pilothouse.language.numbers import E12
from pilothouse.venue.catalogue import parse_json, to_json
from pilothouse.wiring.importing.drafts import Known
from pilothouse.wiring.importing.kraken import File, translate
from tests import asking
from tests.trading_api.conftest import UNITS, futures_client
from tests.trading_api.running import START_S, Exchange, Key, running_exchange

V3 = "/derivatives/api/v3"
SYMBOL = "PF_ETHUSD"
SOON_S = 4
"""How long the index of the test's contract lasts once it was told."""


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    with running_exchange(tmp_path_factory.mktemp("stale")) as made:
        (listed,) = made.ask(Sender.GENESIS, [ListAsset(symbol="XETH", decimals=8, collateral=1)])
        made.assets["XETH"] = listed.made
        contract = ListMarket(
            symbol=SYMBOL, kind=MarketKind.PERPETUAL_LINEAR, base=listed.made,
            quote=made.assets["ZUSD"], price_decimals=1, quantity_decimals=3, tick=1, lot=1,
        )  # fmt: skip
        (listed,) = made.ask(Sender.GENESIS, [contract])
        made.numbers[SYMBOL] = listed.made
        made.ask(Sender.CONTROL, [asking.schedule(listed.made, asking.PLAIN_TIER)])
        yield made


@pytest.fixture
def client(exchange: Exchange) -> Key:
    made = exchange.client("trader", {"ZUSD": 100_000 * UNITS["ZUSD"]})
    key = replace(made, nonce_optional=True)
    exchange.keys[key.public] = key
    exchange.to_futures(key, 90_000 * UNITS["ZUSD"])
    return key


def _tell(exchange: Exchange, age_s: int) -> None:
    taken_at = (int(time.time()) - age_s) * 10**6
    told = [
        SetIndexPrice(
            asset=exchange.assets["XETH"], source=source, price_e12=1_000 * E12, taken_at=taken_at
        )
        for source in (1, 2, 3)
    ]
    exchange.ask(Sender.INDEX, told)
    # The fixture's sources would tell it again each second.
    for source in (1, 2, 3):
        exchange.told.pop((exchange.assets["XETH"], source))


def _suspended(exchange: Exchange) -> bool:
    answer = httpx.get(f"{exchange.url}{V3}/tickers/{SYMBOL}", timeout=START_S)
    return bool(parse_json(answer.content)["ticker"]["suspended"])


def test_bug18_a_stale_index_is_seen_and_takes_no_risk(exchange: Exchange, client: Key) -> None:
    door = futures_client(exchange.url, client)
    assert _suspended(exchange), "without any index nothing is taken"
    _tell(exchange, 60 - SOON_S)
    deadline = time.monotonic() + START_S
    while not _suspended(exchange):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    asked = {
        "symbol": SYMBOL,
        "side": "buy",
        "size": "0.1",
        "orderType": "lmt",
        "limitPrice": "990",
    }
    with pytest.raises(ccxt.BaseError, match="marketUnavailable"):
        door.privatePostSendorder(asked)
    _tell(exchange, 0)
    while _suspended(exchange):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    answer = door.privatePostSendorder(asked)
    assert answer["sendStatus"]["status"] == "placed"


def test_bug30_a_halted_pair_is_one_of_krakens_five_words_and_can_be_imported(
    exchange: Exchange,
) -> None:
    exchange.set_status("XXBTZUSD", MarketStatus.HALTED)
    url = f"{exchange.url}/0/public/AssetPairs"
    pairs = parse_json(httpx.get(url, timeout=START_S).content)["result"]
    deadline = time.monotonic() + START_S
    while pairs["XXBTZUSD"]["status"] == "online":
        assert time.monotonic() < deadline
        pairs = parse_json(httpx.get(url, timeout=START_S).content)["result"]
    assert pairs["XXBTZUSD"]["status"] == "cancel_only"
    text = to_json({"error": [], "result": pairs}).decode()
    made = translate(File("pairs", text), [], Known())
    listed = {one.symbol: one for one in made.commands if isinstance(one, ListMarket)}
    assert listed["XXBTZUSD"].status == MarketStatus.CANCEL_ONLY
