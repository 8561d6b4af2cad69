"""Figures and fields that a client acts on: each is there, and as true as the exchange's own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import ccxt
import httpx
import pytest

from pilothouse.language.kinds import MarketStatus, Wallet
from pilothouse.language.numbers import E12, MICRO_USD
from pilothouse.trading_api.futures.account import flex
from pilothouse.trading_api.futures.arguments import Arguments
from pilothouse.trading_api.listing import Listing
from pilothouse.venue.catalogue import Catalogue, parse_json
from pilothouse.venue.views.accounts import BalanceView
from pilothouse.venue.views.margin import CollateralLine, MarginView
from pilothouse.wiring.importing.answers import read_pairs
from tests.trading_api import answers
from tests.trading_api.conftest import futures_client, spot_client
from tests.trading_api.running import Exchange, Key, running_exchange

PERPETUAL = "BTC/USD:USD"
V3 = "/derivatives/api/v3"


@pytest.fixture
def maker(exchange: Exchange, rich: Callable[[], Key]) -> Iterator[Any]:
    client = futures_client(exchange.url, rich())
    yield client
    client.cancel_all_orders()


@pytest.fixture
def taker(exchange: Exchange, rich: Callable[[], Key]) -> Iterator[Any]:
    client = futures_client(exchange.url, rich())
    yield client
    client.cancel_all_orders()


@pytest.fixture
def spot(exchange: Exchange, rich: Callable[[], Key]) -> Iterator[Any]:
    client = spot_client(exchange.url, rich())
    yield client
    client.cancel_all_orders()


def _instruments(exchange: Exchange) -> dict[str, Any]:
    rows = parse_json(httpx.get(f"{exchange.url}{V3}/instruments").content)["instruments"]
    return {one["symbol"]: one for one in rows}


def test_instruments_say_all_that_strict_clients_read(exchange: Exchange) -> None:
    found = _instruments(exchange)
    for one in found.values():
        assert one["mtf"] is one["tradfi"] is False
        assert (one["category"], one["tags"]) == ("", [])
    perpetual, dated = found["PF_XBTUSD"], found["FI_XBTUSD_301227"]
    assert perpetual["openingDate"] == "2022-03-22T13:18:45Z"
    assert perpetual["minimumTradeSize"] == Decimal("0.0001")
    assert perpetual["retailMarginLevels"] == perpetual["marginLevels"]
    listed = time.strptime(dated["openingDate"][:19], "%Y-%m-%dT%H:%M:%S")
    assert listed.tm_year >= 2024
    for one in (perpetual, dated, found["PI_XBTUSD"]):
        assert (one["isExpired"], one["impactMidSize"]) == (False, 1)
        assert one["marginSchedules"] == {}


def test_assets_say_what_they_count_as_collateral(exchange: Exchange) -> None:
    found = parse_json(httpx.get(f"{exchange.url}/0/public/Assets").content)["result"]
    assert found["ZUSD"]["collateral_value"] == 1
    with_value = {name for name, one in found.items() if "collateral_value" in one}
    assert all(0 <= found[name]["collateral_value"] <= 1 for name in with_value)


def test_a_pair_says_no_leverage_and_no_finer_lot_than_it_takes(tmp_path: Any) -> None:
    pairs = json.loads(answers.PAIRS)
    dollars = pairs["result"]["XXBTZUSD"] | {"altname": "USDCAD", "wsname": "USD/CAD"}
    dollars |= {"base": "ZUSD", "quote": "ZCAD", "lot_decimals": 8, "ordermin": "1"}
    pairs["result"]["ZUSDZCAD"] = dollars
    with running_exchange(tmp_path, pairs=json.dumps(pairs)) as exchange:
        found = httpx.get(f"{exchange.url}/0/public/AssetPairs").json()["result"]
        assert all(one["leverage_buy"] == one["leverage_sell"] == [] for one in found.values())
        assert found["ZUSDZCAD"]["lot_decimals"] == 6
        client = spot_client(exchange.url, exchange.client("lots", {"ZUSD": 10**9}))
        asked = {"pair": "USDCAD", "type": "sell", "ordertype": "limit", "price": "1.3"}
        client.privatePostAddOrder(asked | {"volume": "10.123456", "validate": "true"})
        with pytest.raises(ccxt.ExchangeError, match="volume"):
            client.privatePostAddOrder(asked | {"volume": "10.1234567", "validate": "true"})


def test_our_own_answer_can_be_imported_while_a_pair_is_halted(exchange: Exchange) -> None:
    exchange.set_status("XDGEUR", MarketStatus.HALTED)
    try:
        for _ in range(1_000):
            text = httpx.get(f"{exchange.url}/0/public/AssetPairs").text
            if json.loads(text)["result"]["XDGEUR"]["status"] != "online":
                break
        assert json.loads(text)["result"]["XDGEUR"]["status"] == "cancel_only"
        assert set(read_pairs(text)[0].result) == {"XXBTZUSD", "XDGEUR"}
    finally:
        exchange.set_status("XDGEUR", MarketStatus.POST_ONLY)
        exchange.set_status("XDGEUR", MarketStatus.ONLINE)


def test_an_order_without_a_reference_has_none(spot: Any) -> None:
    made = spot.create_order("BTC/USD", "limit", "buy", 0.1, 18_000)
    (seen,) = spot.fetch_open_orders("BTC/USD")
    assert (seen["info"]["userref"], seen["clientOrderId"]) == (None, None)
    assert spot.fetch_order(made["id"])["clientOrderId"] is None


def test_a_status_says_why_in_the_words_of_rest(maker: Any, taker: Any) -> None:
    resting = maker.create_order(PERPETUAL, "limit", "sell", 0.02, 20_200)["id"]
    assert _status(maker, resting) == ("ENTERED_BOOK", None)
    taken = taker.create_order(PERPETUAL, "limit", "buy", 0.01, 20_200)["id"]
    assert _status(maker, resting) == ("ENTERED_BOOK", "PARTIAL_FILL")
    assert _status(taker, taken) == ("FULLY_EXECUTED", "FULL_FILL")
    maker.cancel_order(resting)
    assert _status(maker, resting) == ("CANCELLED", "CANCELLED_BY_USER")


def _status(client: Any, order: str) -> tuple[str, Any]:
    (found,) = client.privateGetOrdersStatus({"orderIds": order})["orders"]
    return found["status"], found["updateReason"]


def test_a_time_without_a_zone_is_utc_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for zone in ("Asia/Tokyo", "America/New_York", "UTC"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        try:
            plain, zoned = (
                Arguments([("lastFillTime", text)]).date("lastFillTime")
                for text in ("2026-11-29T15:41:26.5", "2026-11-29T15:41:26.500Z")
            )
            assert plain == zoned == 1_795_966_886_500_000
        finally:
            monkeypatch.undo()
            time.tzset()


def test_what_a_reducing_order_was_cut_by_is_told(maker: Any, taker: Any) -> None:
    maker.create_order(PERPETUAL, "limit", "sell", 0.003, 20_200)
    taker.create_order(PERPETUAL, "limit", "buy", 0.003, 20_200)
    maker.create_order(PERPETUAL, "limit", "buy", 0.01, 19_900)
    said = taker.privatePostSendorder(
        {"symbol": "PF_XBTUSD", "side": "sell", "orderType": "ioc", "size": 0.01}
        | {"limitPrice": 19_900, "reduceOnly": "true"}
    )
    (event,) = said["sendStatus"]["orderEvents"]
    assert (event["type"], float(event["amount"])) == ("EXECUTION", 0.003)
    assert float(event["orderPriorExecution"]["quantity"]) == 0.01
    assert float(event["takerReducedQuantity"]) == 0.007


def test_a_wallet_of_two_assets_is_worth_their_sum() -> None:
    dollars, bitcoin = _asset(1, "ZUSD", "USD", 6), _asset(2, "XXBT", "BTC", 8)
    lines = (
        CollateralLine(1, 100_099 * 10**6, 0, 0, 100_099 * MICRO_USD),
        CollateralLine(2, 16 * 10**6, 62_517 * E12, 20_000, 9_802 * MICRO_USD),
    )
    figures = MarginView(
        equity=0, collateral=109_901 * MICRO_USD, unrealised=50 * MICRO_USD, funding=0,
        initial=0, initial_with_orders=0, maintenance=0, notional=0, lines=lines,
    )  # fmt: skip
    held = {
        1: BalanceView(Wallet.FUTURES, 1, 100_099 * 10**6, 0),
        2: BalanceView(Wallet.FUTURES, 2, 16 * 10**6, 0),
    }
    found = flex(Listing([dollars, bitcoin], [], Catalogue()), figures, held)
    assert found["currencies"]["USD"]["value"] == 100_099
    assert found["balanceValue"] == Decimal("110101.72")
    assert found["portfolioValue"] == Decimal("110151.72")
    assert found["collateralValue"] == 109_901


def _asset(number: int, symbol: str, display: str, decimals: int) -> Any:
    return SimpleNamespace(number=number, symbol=symbol, display=display, decimals=decimals)


def test_a_balance_is_valued_in_the_asset_asked_for(spot: Any) -> None:
    # 500,000 dollars and ten bitcoins at 20,000; a euro is one dollar here.
    for asset, value in (("ZUSD", "700000.0000"), ("ZEUR", "700000.0000"), ("BTC", "35.0000")):
        found = spot.privatePostTradeBalance({"asset": asset})["result"]
        assert (found["eb"], found["e"]) == (value, value), asset
    with pytest.raises(ccxt.ExchangeError, match="Index unavailable"):
        spot.privatePostTradeBalance({"asset": "XXDG"})
    with pytest.raises(ccxt.ExchangeError, match="Unknown asset"):
        spot.privatePostTradeBalance({"asset": "NOPE"})


def _batch(spot: Any, *prices: str) -> Any:
    orders = [
        {"type": "buy", "ordertype": "limit", "volume": "0.01", "price": price} for price in prices
    ]
    # This library raises for the first error of an entry: what was answered is read beneath it.
    with pytest.raises(ccxt.ExchangeError) as raised:
        spot.privatePostAddOrderBatch({"pair": "XBTUSD", "orders": orders})
    return json.loads(str(raised.value).removeprefix("kraken "))


def test_one_bad_order_of_a_batch_leaves_the_others(spot: Any) -> None:
    good, bad, below = _batch(spot, "18000", "18000.05", "0")["result"]["orders"]
    assert good["txid"]
    assert bad == {
        "error": "EOrder:Invalid price:XBTUSD price can only be specified up to 1 decimals."
    }
    assert "txid" not in below
    assert [one["id"] for one in spot.fetch_open_orders("BTC/USD")] == [good["txid"]]
    assert "Invalid price" in str(_batch(spot, "18000.05", "18000.06")["error"])
