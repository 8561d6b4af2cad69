"""An unmodified ccxt.kraken, given our address and a key, trades without waiting between calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import ccxt
import pytest

from pilothouse.language.kinds import MarketStatus
from tests.trading_api.conftest import spot_client
from tests.trading_api.running import Exchange, Key

PAIR = "BTC/USD"


@pytest.fixture
def maker(exchange: Exchange, rich: Callable[[], Key]) -> Iterator[Any]:
    client = spot_client(exchange.url, rich())
    yield client
    client.cancel_all_orders()


@pytest.fixture
def taker(exchange: Exchange, rich: Callable[[], Key]) -> Iterator[Any]:
    client = spot_client(exchange.url, rich())
    yield client
    client.cancel_all_orders()


def test_markets_are_loaded_with_grid_minimum_and_fees(exchange: Exchange) -> None:
    client = spot_client(exchange.url)
    markets = client.load_markets()
    btc = markets[PAIR]
    assert (btc["id"], btc["altname"], btc["wsId"]) == ("XXBTZUSD", "XBTUSD", "XBT/USD")
    assert btc["active"] is True
    assert btc["precision"] == {"amount": 1e-8, "price": 0.1}
    assert btc["limits"]["amount"]["min"] == 0.0002
    assert btc["limits"]["cost"]["min"] == 0.5
    assert (btc["taker"], btc["maker"]) == (0.0026, 0.0016)
    assert btc["margin"] is False
    assert client.currencies["BTC"]["id"] == "XXBT"
    assert client.currencies["DOGE"]["id"] == "XXDG"


def test_time_and_status(exchange: Exchange) -> None:
    client = spot_client(exchange.url)
    assert client.fetch_time() > 1_600_000_000_000
    assert client.fetch_status()["status"] == "ok"


def test_a_limit_order_rests_is_seen_and_cancelled(maker: Any) -> None:
    made = maker.create_order(PAIR, "limit", "buy", 0.5, 19_000.1)
    assert made["symbol"] == PAIR
    assert made["info"]["descr"]["order"] == "buy 0.50000000 XBTUSD @ limit 19000.1"
    (seen,) = maker.fetch_open_orders(PAIR)
    assert (seen["id"], seen["status"], seen["price"]) == (made["id"], "open", 19_000.1)
    assert (seen["amount"], seen["filled"], seen["side"]) == (0.5, 0, "buy")
    one = maker.fetch_order(made["id"])
    assert one["status"] == "open"
    cancelled = maker.cancel_order(made["id"])
    assert cancelled["info"]["result"] == {"count": 1}
    assert maker.fetch_open_orders(PAIR) == []
    one = maker.fetch_order(made["id"])
    assert (one["status"], one["filled"]) == ("canceled", 0)
    assert [order["id"] for order in maker.fetch_closed_orders(PAIR)] == [made["id"]]


def test_the_balance_shows_what_an_order_holds(maker: Any) -> None:
    maker.create_order(PAIR, "limit", "sell", 1.5, 21_000)
    balance = maker.fetch_balance()
    assert balance["BTC"] == {"free": 8.5, "used": 1.5, "total": 10.0}
    assert balance["USD"]["total"] == 500_000
    maker.cancel_all_orders()
    assert maker.fetch_balance()["BTC"]["used"] == 0


def test_a_market_order_trades_and_both_sides_see_it(maker: Any, taker: Any) -> None:
    rest = maker.create_order(PAIR, "limit", "sell", 0.25, 20_500, {"clientOrderId": "my-rest"})
    took = taker.create_order(PAIR, "market", "buy", 0.25)
    order = taker.fetch_order(took["id"])
    assert (order["status"], order["filled"], order["average"]) == ("closed", 0.25, 20_500)
    assert (float(order["fee"]["cost"]), order["fee"]["currency"]) == (13.325, "USD")
    mine = maker.fetch_order(rest["id"])
    assert (mine["status"], mine["clientOrderId"]) == ("closed", "my-rest")
    assert (float(mine["fee"]["cost"]), mine["cost"]) == (8.2, 5_125)
    (fill,) = taker.fetch_my_trades(PAIR)
    assert (fill["order"], fill["takerOrMaker"], fill["side"]) == (took["id"], "taker", "buy")
    assert (fill["price"], fill["amount"], fill["cost"]) == (20_500, 0.25, 5_125)
    assert fill["fee"] == {"cost": 13.325, "currency": "USD"}
    (other,) = maker.fetch_my_trades(PAIR)
    assert (other["takerOrMaker"], other["side"]) == ("maker", "sell")
    assert other["id"] != fill["id"]
    (again,) = taker.fetch_order_trades(took["id"], PAIR, params={"trades": [fill["id"]]})
    assert again["id"] == fill["id"]
    assert taker.fetch_balance()["BTC"]["total"] == 10.25


def test_a_fill_or_kill_over_many_makers_is_whole_and_all_its_figures_agree(
    maker: Any, taker: Any
) -> None:
    """Each fee rounds up, and the order's hold reaches all the same."""
    for client in (maker, taker):
        client.load_markets()
        client.timeout = 100_000
    terms = {"pair": "XBTUSD", "ordertype": "limit", "price": "20000.1"}
    for _ in range(40):
        maker.privatePostAddOrder(terms | {"type": "sell", "volume": "0.00100003"})
    before = taker.fetch_balance()["USD"]["total"]
    whole = {"type": "buy", "volume": "0.03900118", "timeinforce": "FOK"}
    (number,) = taker.privatePostAddOrder(terms | whole)["result"]["txid"]
    order = taker.privatePostQueryOrders({"txid": number, "trades": "true"})["result"][number]
    assert (order["status"], order["vol_exec"]) == ("closed", whole["volume"])
    trades = taker.privatePostQueryTrades({"txid": ",".join(order["trades"])})["result"].values()
    assert len(trades) == 40
    for name, of in (("cost", "cost"), ("fee", "fee"), ("vol_exec", "vol")):
        assert Decimal(order[name]) == sum(Decimal(one[of]) for one in trades), name
    paid = Decimal(order["cost"]) + Decimal(order["fee"])
    after = taker.fetch_balance()["USD"]["total"]
    assert abs(Decimal(str(before)) - Decimal(str(after)) - paid) < Decimal("0.0001")


def test_the_public_sees_ticker_book_and_trades(
    exchange: Exchange, maker: Any, taker: Any
) -> None:
    maker.create_order(PAIR, "limit", "buy", 2, 19_500)
    maker.create_order(PAIR, "limit", "sell", 3, 20_700)
    maker.create_order(PAIR, "limit", "sell", 1, 20_600)
    taker.create_order(PAIR, "limit", "buy", 0.5, 20_600, {"timeInForce": "IOC"})
    public = spot_client(exchange.url)
    _wait_for(lambda: public.fetch_ticker(PAIR)["last"] == 20_600)
    ticker = public.fetch_ticker(PAIR)
    assert (ticker["bid"], ticker["bidVolume"], ticker["ask"]) == (19_500, 2, 20_600)
    assert ticker["askVolume"] == 0.5
    assert ticker["baseVolume"] >= 0.5
    assert PAIR in public.fetch_tickers()
    book = public.fetch_order_book(PAIR)
    assert [level[:2] for level in book["asks"]] == [[20_600, 0.5], [20_700, 3]]
    assert [level[:2] for level in book["bids"]] == [[19_500, 2]]
    trade = public.fetch_trades(PAIR)[-1]
    assert (trade["price"], trade["amount"], trade["side"]) == (20_600, 0.5, "buy")
    assert trade["type"] == "limit"
    candle = public.fetch_ohlcv(PAIR)[-1]
    assert candle[4] == 20_600


def test_orders_are_found_by_the_clients_own_name(maker: Any) -> None:
    name = "6d1b345e-2821-40e2-ad83-4ecb18a06876"
    made = maker.create_order(PAIR, "limit", "buy", 0.1, 18_000, {"clientOrderId": name})
    (seen,) = maker.fetch_open_orders(PAIR, params={"clientOrderId": name})
    assert (seen["id"], seen["clientOrderId"]) == (made["id"], name)
    with pytest.raises(ccxt.BadRequest, match="cl_ord_id"):
        _strictly(maker, "cl_ord_id", {"clientOrderId": name})
    maker.cancel_order("", params={"clientOrderId": name})
    assert maker.fetch_order(made["id"])["status"] == "canceled"


def _strictly(client: Any, field: str, params: dict[str, Any]) -> None:
    # ccxt knows no class of its own for this argument, so its general one is narrowed here.
    try:
        client.create_order(PAIR, "limit", "buy", 0.1, 18_000, params)
    except ccxt.ExchangeError as error:
        raise ccxt.BadRequest(str(error)) from error


def test_a_post_only_order_that_would_trade_is_taken_and_cancelled(maker: Any, taker: Any) -> None:
    maker.create_order(PAIR, "limit", "sell", 1, 20_800)
    made = taker.create_order(PAIR, "limit", "buy", 1, 20_900, {"postOnly": True})
    order = taker.fetch_order(made["id"])
    assert (order["status"], order["filled"], order["postOnly"]) == ("canceled", 0, True)
    assert order["info"]["reason"] == "Post only order"


def test_cancel_all_leaves_nothing(maker: Any) -> None:
    for k in range(3):
        maker.create_order(PAIR, "limit", "buy", 0.1, 17_000 + k)
    (answer,) = maker.cancel_all_orders()
    assert answer["info"]["result"] == {"count": 3}
    assert maker.fetch_open_orders() == []


def test_many_orders_at_once(maker: Any) -> None:
    asked = [
        {"symbol": PAIR, "type": "limit", "side": "buy", "amount": 0.1, "price": 15_000 + k}
        for k in range(3)
    ]
    made = maker.create_orders(asked)
    assert len({one["id"] for one in made}) == 3
    maker.cancel_orders([one["id"] for one in made[:2]])
    assert [one["id"] for one in maker.fetch_open_orders()] == [made[2]["id"]]


def test_fees_follow_the_schedule(taker: Any) -> None:
    fee = taker.fetch_trading_fee(PAIR)
    assert (fee["taker"], fee["maker"]) == (0.0026, 0.0016)


def test_no_spot_position_is_an_empty_list(taker: Any) -> None:
    assert taker.fetch_positions() == []


def test_money_moves_between_the_wallets(exchange: Exchange, taker: Any) -> None:
    before = taker.fetch_balance()["USD"]["total"]
    taker.transfer("USD", 1_000, "spot", "swap")
    assert taker.fetch_balance()["USD"]["total"] == before - 1_000


@pytest.mark.parametrize(
    ("amount", "price", "expected"),
    [
        (0.0001, 19_000, ccxt.InvalidOrder),
        (1_000, 19_000, ccxt.InsufficientFunds),
    ],
)
def test_refusals_are_ccxts_own_exceptions(
    maker: Any, amount: float, price: float, expected: type[Exception]
) -> None:
    maker.load_markets()
    with pytest.raises(expected):
        maker.create_order(PAIR, "limit", "buy", amount, price)


def test_an_unknown_order_is_not_found(maker: Any) -> None:
    with pytest.raises(ccxt.OrderNotFound):
        maker.cancel_order("OAAAAA-AAAAA-AAAAAA")
    with pytest.raises(ccxt.InvalidOrder):
        maker.fetch_order("OAAAAA-AAAAA-AAAAAA")


def test_another_accounts_order_is_unknown(maker: Any, taker: Any) -> None:
    made = maker.create_order(PAIR, "limit", "buy", 0.1, 18_000)
    with pytest.raises(ccxt.OrderNotFound):
        taker.cancel_order(made["id"])
    with pytest.raises(ccxt.InvalidOrder):
        taker.fetch_order(made["id"])


def test_a_key_that_may_only_read_cannot_trade(exchange: Exchange) -> None:
    key = exchange.client("reader", {"ZUSD": 10**9}, may_trade=False)
    client = spot_client(exchange.url, key)
    assert client.fetch_balance()["USD"]["total"] == 1_000
    with pytest.raises(ccxt.PermissionDenied):
        client.create_order(PAIR, "limit", "buy", 0.1, 18_000)


def test_a_halted_market_says_so(exchange: Exchange, maker: Any) -> None:
    exchange.set_status("XDGEUR", MarketStatus.POST_ONLY)
    try:
        maker.load_markets()
        with pytest.raises(ccxt.OnMaintenance):
            maker.create_order("DOGE/EUR", "limit", "buy", 100, 0.1)
        assert spot_client(exchange.url).load_markets()["DOGE/EUR"]["active"] is False
    finally:
        exchange.set_status("XDGEUR", MarketStatus.ONLINE)


def _wait_for(true: Callable[[], bool]) -> None:
    # Public reads trail by a block: they promise nothing about a client's own last receipt.
    for _ in range(1_000):
        if true():
            return
    raise AssertionError("it never became true")
