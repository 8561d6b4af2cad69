"""An unmodified ccxt.krakenfutures, given our addresses and a key, trades without waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import ccxt
import pytest

from tests.trading_api.conftest import futures_client, spot_client
from tests.trading_api.running import Exchange, Key

PERPETUAL = "BTC/USD:USD"


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


def test_markets_are_loaded_dated_inverse_and_index_ones_too(exchange: Exchange) -> None:
    client = futures_client(exchange.url)
    markets = client.load_markets()
    perpetual = markets[PERPETUAL]
    assert (perpetual["id"], perpetual["swap"], perpetual["active"]) == ("PF_XBTUSD", True, True)
    assert perpetual["precision"] == {"amount": 0.0001, "price": 1}
    assert perpetual["linear"] is True
    dated = [one for one in markets.values() if one["future"]]
    assert [(one["id"], one["active"]) for one in dated] == [("FI_XBTUSD_301227", False)]
    inverse = markets["BTC/USD:BTC"]
    assert (inverse["id"], inverse["active"], inverse["inverse"]) == ("PI_XBTUSD", False, True)
    assert markets["IN_XBTUSD"]["index"] is True


def test_leverage_tiers_are_those_of_the_machine(exchange: Exchange) -> None:
    tiers = futures_client(exchange.url).fetch_leverage_tiers([PERPETUAL])[PERPETUAL]
    found = [
        (one["minNotional"], one["maxLeverage"], one["maintenanceMarginRate"]) for one in tiers
    ]
    assert found == [(0, 50, 0.01), (500_000, 25, 0.02)]


def test_a_limit_order_rests_is_seen_and_cancelled(maker: Any) -> None:
    made = maker.create_order(PERPETUAL, "limit", "buy", 0.5, 19_000)
    assert (made["status"], made["amount"], made["filled"]) == ("open", 0.5, 0)
    (seen,) = maker.fetch_open_orders(PERPETUAL)
    assert (seen["id"], seen["side"], seen["status"]) == (made["id"], "buy", "open")
    assert (seen["amount"], seen["remaining"]) == (0.5, 0.5)
    assert maker.fetch_order(made["id"])["status"] == "open"
    cancelled = maker.cancel_order(made["id"])
    assert (cancelled["id"], cancelled["status"]) == (made["id"], "canceled")
    assert maker.fetch_open_orders() == []
    assert maker.fetch_order(made["id"])["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        maker.cancel_order(made["id"])


def test_a_market_order_trades_and_both_sides_have_positions(maker: Any, taker: Any) -> None:
    rest = maker.create_order(PERPETUAL, "limit", "sell", 0.25, 20_050, {"clientOrderId": "rest"})
    assert rest["clientOrderId"] == "rest"
    took = taker.create_order(PERPETUAL, "market", "buy", 0.25)
    assert (took["status"], took["filled"], took["average"]) == ("closed", 0.25, 20_050)
    order = taker.fetch_order(took["id"])
    assert (order["status"], order["filled"]) == ("closed", 0.25)
    assert maker.fetch_order(rest["id"])["clientOrderId"] == "rest"
    (fill,) = taker.fetch_my_trades(PERPETUAL)
    assert (fill["order"], fill["takerOrMaker"], fill["side"]) == (took["id"], "taker", "buy")
    assert (fill["price"], fill["amount"]) == (20_050, 0.25)
    (other,) = maker.fetch_my_trades(PERPETUAL)
    assert (other["order"], other["takerOrMaker"]) == (rest["id"], "maker")
    (mine,) = taker.fetch_positions()
    assert (mine["symbol"], mine["side"], mine["contracts"]) == (PERPETUAL, "long", 0.25)
    assert mine["entryPrice"] == 20_050
    (theirs,) = maker.fetch_positions([PERPETUAL])
    assert (theirs["side"], theirs["contracts"]) == ("short", 0.25)
    closed = taker.fetch_closed_orders(PERPETUAL)
    assert [one["id"] for one in closed] == [took["id"]]


def test_the_balance_is_the_multi_collateral_wallet(taker: Any) -> None:
    balance = taker.fetch_balance()
    assert balance["USD"]["total"] == 500_000
    flex = balance["info"]["accounts"]["flex"]
    for name in ("marginEquity", "balanceValue", "portfolioValue", "collateralValue"):
        assert float(flex[name]) == 500_000, name
    assert float(flex["currencies"]["USD"]["value"]) == 500_000
    taker.create_order(PERPETUAL, "limit", "buy", 1, 19_000)
    flex = taker.fetch_balance()["info"]["accounts"]["flex"]
    assert float(flex["initialMarginWithOrders"]) > float(flex["initialMargin"])
    assert float(flex["availableMargin"]) < 500_000


def test_the_public_sees_ticker_book_and_trades(
    exchange: Exchange, maker: Any, taker: Any
) -> None:
    maker.create_order(PERPETUAL, "limit", "buy", 2, 19_900)
    maker.create_order(PERPETUAL, "limit", "sell", 3, 20_120)
    maker.create_order(PERPETUAL, "limit", "sell", 1, 20_110)
    taker.create_order(PERPETUAL, "limit", "buy", 0.5, 20_110, {"timeInForce": "ioc"})
    public = futures_client(exchange.url)
    for _ in range(1_000):
        if public.fetch_ticker(PERPETUAL)["last"] == 20_110:
            break
    ticker = public.fetch_ticker(PERPETUAL)
    assert (ticker["bid"], ticker["bidVolume"]) == (19_900, 2)
    assert (ticker["ask"], ticker["askVolume"]) == (20_110, 0.5)
    assert ticker["indexPrice"] == 20_000
    assert ticker["markPrice"] > 0
    assert PERPETUAL in public.fetch_tickers()
    book = public.fetch_order_book(PERPETUAL)
    assert book["asks"] == [[20_110, 0.5], [20_120, 3]]
    assert book["bids"] == [[19_900, 2]]
    for method in ("historyGetMarketSymbolExecutions", "publicGetHistory"):
        trades = public.fetch_trades(PERPETUAL, params={"method": method})
        assert (trades[-1]["price"], trades[-1]["side"]) == (20_110, "buy")
    assert "fundingRate" in public.fetch_funding_rates([PERPETUAL])[PERPETUAL]


def test_orders_that_cannot_be_placed_raise_ccxts_own_exceptions(maker: Any, taker: Any) -> None:
    maker.create_order(PERPETUAL, "limit", "sell", 1, 20_130)
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        taker.create_order(PERPETUAL, "limit", "buy", 1, 20_140, {"postOnly": True})
    with pytest.raises(ccxt.OrderNotFillable):
        taker.create_order(PERPETUAL, "limit", "buy", 1, 15_000, {"timeInForce": "ioc"})
    with pytest.raises(ccxt.InsufficientFunds):
        taker.create_order(PERPETUAL, "limit", "buy", 10_000, 19_999)
    with pytest.raises(ccxt.ExchangeError, match="wouldNotReducePosition"):
        taker.create_order(PERPETUAL, "limit", "buy", 1, 19_000, {"reduceOnly": True})
    assert taker.fetch_open_orders() == []


def test_a_client_order_id_is_unique_among_open_orders(maker: Any) -> None:
    maker.create_order(PERPETUAL, "limit", "buy", 1, 18_000, {"clientOrderId": "twice"})
    with pytest.raises(ccxt.DuplicateOrderId):
        maker.create_order(PERPETUAL, "limit", "buy", 1, 18_000, {"clientOrderId": "twice"})


def test_cancel_all_leaves_spot_orders_alone(exchange: Exchange, rich: Callable[[], Key]) -> None:
    # It sends the very same order twice, without a nonce: its key was made for that.
    key = replace(rich(), nonce_optional=True)
    exchange.keys[key.public] = key
    spot, futures = spot_client(exchange.url, key), futures_client(exchange.url, key)
    kept = spot.create_order("BTC/USD", "limit", "buy", 0.1, 15_000)
    for k in range(3):
        futures.create_order(PERPETUAL, "limit", "buy", 0.1, 15_000 + k)
    assert len(futures.cancel_all_orders()) == 3
    assert futures.fetch_open_orders() == []
    assert [one["id"] for one in spot.fetch_open_orders()] == [kept["id"]]
    again = futures.create_order(PERPETUAL, "limit", "buy", 0.1, 15_000)
    spot.cancel_all_orders()
    assert [one["id"] for one in futures.fetch_open_orders()] == [again["id"]]
    futures.cancel_all_orders(PERPETUAL)
    assert futures.fetch_open_orders() == []


def test_a_batch_sends_and_cancels(maker: Any) -> None:
    asked = [
        {"symbol": PERPETUAL, "type": "limit", "side": "buy", "amount": 0.1, "price": 15_000 + k}
        for k in range(2)
    ]
    made = maker.create_orders(asked)
    assert [one["status"] for one in made] == ["open", "open"]
    assert len(maker.fetch_open_orders()) == 2
    cancelled = maker.cancel_orders([one["id"] for one in made])
    assert [one["status"] for one in cancelled] == ["canceled", "canceled"]
    assert maker.fetch_open_orders() == []


def test_a_contract_that_cannot_trade_says_so(maker: Any) -> None:
    asked = {"symbol": "PI_XBTUSD", "orderType": "lmt", "side": "buy", "size": 1}
    answer = maker.privatePostSendorder(asked | {"limitPrice": 19_000})
    assert answer["sendStatus"]["status"] == "marketInactive"


def test_a_wrong_signature_is_refused(exchange: Exchange, rich: Callable[[], Key]) -> None:
    client = futures_client(exchange.url, rich())
    client.secret = client.secret[4:]
    with pytest.raises(ccxt.AuthenticationError):
        client.fetch_balance()


def test_a_key_that_is_not_nonce_optional_cancels_first_and_trades(
    exchange: Exchange, rich: Callable[[], Key]
) -> None:
    key = replace(rich(), nonce_optional=False)
    exchange.keys[key.public] = key
    client = futures_client(exchange.url, key)
    client.cancel_all_orders()
    for price in (18_000, 18_001):
        made = client.create_order(PERPETUAL, "limit", "buy", 0.01, price)
        assert client.cancel_order(made["id"], PERPETUAL)["id"] == made["id"]
    client.cancel_all_orders()
    assert client.fetch_open_orders(PERPETUAL) == []
