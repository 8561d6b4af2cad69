"""Private channels: a token opens them, what changes is told, the key's end ends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.trading_api.conftest import spot_client
from tests.trading_api.feeds.sockets import Socket, socket
from tests.trading_api.running import Exchange, Key

PAIR = "BTC/USD"


def token_of(client: Any) -> str:
    made = client.private_post_getwebsocketstoken()["result"]
    assert int(made["expires"]) == 900
    return str(made["token"])


@contextmanager
def subscribed(exchange: Exchange, client: Any, channel: str, **options: Any) -> Iterator[Socket]:
    with socket(exchange.url) as one:
        answer = one.subscribe(channel, token=token_of(client), **options)
        assert answer["success"], answer
        yield one


def test_an_order_from_new_to_filled(exchange: Exchange, rich: Callable[[], Key]) -> None:
    maker, taker = (spot_client(exchange.url, rich()) for _ in range(2))
    with subscribed(exchange, maker, "executions") as one:
        assert one.seen[-1]["result"] == {
            "channel": "executions",
            "snap_orders": True,
            "snap_trades": False,
        }
        snapshot = one.next()
        assert (snapshot["type"], snapshot["data"], snapshot["sequence"]) == ("snapshot", [], 1)
        order = maker.create_order(
            PAIR, "limit", "sell", 0.03, 20_020, {"userref": 7, "postOnly": True}
        )
        pending, new = one.next(), one.next()
        assert [pending["sequence"], new["sequence"]] == [2, 3]
        (row,) = new["data"]
        assert pending["data"][0]["exec_type"] == "pending_new"
        assert (row["exec_type"], row["order_status"]) == ("new", "new")
        assert (row["order_id"], row["order_userref"]) == (order["id"], 7)
        assert (row["limit_price"], row["post_only"]) == (Decimal("20020.0"), True)
        assert (row["order_qty"], row["time_in_force"]) == (Decimal("0.03"), "GTC")
        taker.create_order(PAIR, "limit", "buy", 0.01, 20_020)
        (row,) = one.next()["data"]
        assert (row["exec_type"], row["order_status"]) == ("trade", "partially_filled")
        assert (row["last_qty"], row["cum_qty"]) == (Decimal("0.01"), Decimal("0.01"))
        assert (row["liquidity_ind"], row["cost"]) == ("m", Decimal("200.2"))
        assert row["fees"][0]["asset"] == "USD"
        assert row["fee_usd_equiv"] == row["fees"][0]["qty"] > 0
        taker.create_order(PAIR, "market", "buy", 0.02)
        trade, filled = one.next()["data"][0], one.next()["data"][0]
        assert (trade["exec_type"], trade["cum_qty"]) == ("trade", Decimal("0.03"))
        assert (filled["exec_type"], filled["order_status"]) == ("filled", "filled")
        assert filled["cum_cost"] == Decimal("600.6")
        assert filled["avg_price"] == Decimal("20020")
    with subscribed(exchange, maker, "executions", snap_trades=True) as one:
        trades, orders = one.next(), one.next()
        assert [row["last_qty"] for row in trades["data"]] == [Decimal("0.02"), Decimal("0.01")]
        assert trades["data"][0]["exec_id"] == trade["exec_id"]
        assert (trades["sequence"], orders["sequence"], orders["data"]) == (1, 2, [])


def test_a_cancellation_and_its_reason(exchange: Exchange, rich: Callable[[], Key]) -> None:
    client = spot_client(exchange.url, rich())
    order = client.create_order(PAIR, "limit", "buy", 0.01, 15_000, {"clientOrderId": "mine"})
    with subscribed(exchange, client, "executions", order_status=False) as one:
        (row,) = one.next()["data"]
        assert (row["order_id"], row["exec_type"], row["cl_ord_id"]) == (
            order["id"],
            "new",
            "mine",
        )
        client.cancel_order(order["id"])
        (row,) = one.next()["data"]
        assert (row["exec_type"], row["order_status"]) == ("canceled", "canceled")
        assert row["reason"] == row["cancel_reason"] == "User requested"
        # Without order_status nobody hears of what is only pending.
        client.create_order(PAIR, "limit", "buy", 0.01, 15_001)
        (row,) = one.next()["data"]
        assert row["exec_type"] == "new"
    client.cancel_all_orders()


def test_balances_and_every_entry(exchange: Exchange, rich: Callable[[], Key]) -> None:
    key = rich()
    maker, taker = spot_client(exchange.url, key), spot_client(exchange.url, rich())
    with subscribed(exchange, maker, "balances") as one:
        held = {row["asset"]: row["balance"] for row in one.next()["data"]}
        assert held == {"BTC": 10, "USD": 500_000}
        maker.create_order(PAIR, "limit", "sell", 0.01, 20_015)
        maker.create_order(PAIR, "limit", "sell", 0.02, 20_016)
        taker.create_order(PAIR, "limit", "buy", 0.03, 20_016)
        rows = one.next()["data"]
        while len(rows) < 4:
            rows += one.next()["data"]
        for row in rows:
            held[row["asset"]] += row["amount"] - row["fee"]
            assert row["balance"] == held[row["asset"]], row
            assert (row["type"], row["wallet_type"]) == ("trade", "spot")
        assert [row["amount"] for row in rows[::2]] == [Decimal("-0.01"), Decimal("-0.02")]
        assert len({row["ledger_id"] for row in rows}) == 4
        assert len({row["ref_id"] for row in rows}) == 2
        exchange.to_futures(key, 1_000 * 10**6)
        (row,) = one.next()["data"]
        assert (row["type"], row["asset"], row["amount"]) == ("transfer", "USD", -1_000)
        assert row["balance"] == held["USD"] - 1_000
    rest = maker.fetch_balance()
    assert rest["BTC"]["total"] == float(held["BTC"])
    taker.cancel_all_orders()


def test_another_account_hears_nothing(exchange: Exchange, rich: Callable[[], Key]) -> None:
    mine, other = (spot_client(exchange.url, rich()) for _ in range(2))
    with subscribed(exchange, mine, "executions") as one:
        one.next()
        other.create_order(PAIR, "limit", "buy", 0.01, 15_000)
        order = mine.create_order(PAIR, "limit", "buy", 0.01, 15_000)
        assert one.next()["data"][0]["order_id"] == order["id"]
    mine.cancel_all_orders()
    other.cancel_all_orders()


@pytest.mark.parametrize("token", ["", "wrong", "x" * 500])
def test_without_a_token_nothing_is_told(exchange: Exchange, token: str) -> None:
    with socket(exchange.url) as one:
        for channel in ("executions", "balances"):
            answer = one.subscribe(channel, token=token)
            assert answer["error"] == "ESession:Invalid session"
            assert (answer["channel"], answer["status"]) == (channel, "error")
        assert one.subscribe("balances", 9)["error"] == "Token field must be a string"


def test_p44_a_revoked_key_ends_its_connections(
    exchange: Exchange, rich: Callable[[], Key]
) -> None:
    key = rich()
    client = spot_client(exchange.url, key)
    token = token_of(client)
    with subscribed(exchange, client, "balances") as one:
        one.next()
        del exchange.keys[key.public]
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                one.next()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
            1008,
            "ESession:Invalid session",
        )
    with socket(exchange.url) as one:
        assert one.subscribe("balances", token=token)["error"] == "ESession:Invalid session"
