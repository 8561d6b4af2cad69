"""Private futures feeds: a signed challenge opens them; orders, fills, positions, money."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from pilothouse.language.commands import SetIndexPrice
from pilothouse.language.names import Sender
from pilothouse.language.numbers import E12
from pilothouse.trading_api.futures.websocket.challenges import signed
from tests.trading_api.conftest import futures_client
from tests.trading_api.feeds.sockets import Socket, socket
from tests.trading_api.running import BTC_USD, Exchange, Key

PAIR = "BTC/USD:USD"
PATH = "/ws/v1"


def _challenged(one: Socket, key: Key) -> dict[str, str]:
    one.send(event="challenge", api_key=key.public)
    answer = one.until(lambda message: message.get("event") == "challenge")
    challenge = str(answer["message"])
    return {
        "api_key": key.public,
        "original_challenge": challenge,
        "signed_challenge": signed(key.secret, challenge),
    }


def _subscribed(one: Socket, key: Key, feed: str, **more: Any) -> dict[str, Any]:
    one.send(event="subscribe", feed=feed, **_challenged(one, key), **more)
    assert one.next() == {"event": "subscribed", "feed": feed}
    return one.next()


def test_a_wrong_signature_opens_nothing(exchange: Exchange, rich: Callable[[], Key]) -> None:
    key, other = rich(), rich()
    with socket(exchange.url, PATH) as one, socket(exchange.url, PATH) as two:
        right = _challenged(one, key)
        wrong = [
            right | {"signed_challenge": signed(other.secret, right["original_challenge"])},
            right | {"api_key": other.public},
            right | {"api_key": "nobody"},
            right | {"original_challenge": "invented"},
            right | {"signed_challenge": "?"},
            right | {"signed_challenge": 7},
        ]
        for fields in wrong:
            one.send(event="subscribe", feed="fills", **fields)
            answer = one.next()
            assert answer["message"] == "Failed to subscribe to authenticated feed", fields
        # A challenge belongs to the connection that was given it.
        two.next()
        two.send(event="subscribe", feed="fills", **right)
        assert two.next()["message"] == "Failed to subscribe to authenticated feed"
        one.send(event="subscribe", feed="fills", **right)
        assert one.next() == {"event": "subscribed", "feed": "fills"}


def test_orders_and_fills(exchange: Exchange, rich: Callable[[], Key]) -> None:
    mine, other = rich(), rich()
    maker, taker = futures_client(exchange.url, mine), futures_client(exchange.url, other)
    with socket(exchange.url, PATH) as orders, socket(exchange.url, PATH) as fills:
        snapshot = _subscribed(orders, mine, "open_orders")
        assert (snapshot["feed"], snapshot["orders"]) == ("open_orders_snapshot", [])
        assert _subscribed(fills, mine, "fills")["fills"] == []
        made = maker.create_order(
            PAIR, "limit", "sell", 0.03, 20_020, {"clientOrderId": "seventh"}
        )
        placed = orders.next()
        assert (placed["is_cancel"], placed["reason"]) == (False, "new_placed_order_by_user")
        order = placed["order"]
        assert (order["order_id"], order["cli_ord_id"]) == (made["id"], "seventh")
        assert (order["direction"], order["qty"]) == (1, Decimal("0.03"))
        taker.create_order(PAIR, "limit", "buy", 0.01, 20_020)
        partly = orders.next()
        assert (partly["reason"], partly["order"]["filled"]) == ("partial_fill", Decimal("0.01"))
        assert partly["order"]["qty"] == Decimal("0.02")
        (fill,) = fills.next()["fills"]
        assert (fill["fill_type"], fill["buy"], fill["seq"]) == ("maker", False, 0)
        assert (fill["qty"], fill["remaining_order_qty"]) == (Decimal("0.01"), Decimal("0.02"))
        assert (fill["order_id"], fill["cli_ord_id"]) == (made["id"], "seventh")
        assert (fill["fee_currency"], fill["order_type"]) == ("USD", "lmt")
        taker.create_order(PAIR, "market", "buy", 0.02)
        whole = orders.next()
        assert (whole["is_cancel"], whole["reason"]) == (True, "full_fill")
        order = whole["order"]
        assert (order["order_id"], order["cli_ord_id"]) == (made["id"], "seventh")
        assert (order["qty"], order["filled"]) == (0, Decimal("0.03"))
        assert orders.next() == {
            "feed": "open_orders",
            "order_id": made["id"],
            "cli_ord_id": "seventh",
            "is_cancel": True,
            "reason": "full_fill",
        }
        assert fills.next()["fills"][0]["taker_order_type"] == "market"
        again = maker.create_order(PAIR, "limit", "sell", 0.01, 21_000)
        orders.next()
        maker.cancel_order(again["id"])
        ended = orders.next()
        assert (ended["order_id"], ended["reason"]) == (again["id"], "cancelled_by_user")
    with socket(exchange.url, PATH) as one:
        rows = _subscribed(one, mine, "fills")["fills"]
        assert [row["seq"] for row in rows] == [0, 1]
        assert rows[0]["fill_id"] == fill["fill_id"]
        assert _subscribed(one, mine, "open_orders_verbose")["orders"] == []
        assert "message" not in one.seen[-1]
    rest = [one["fill_id"] for one in maker.private_get_fills()["fills"]]
    assert {fill["fill_id"]} <= set(rest)


def test_positions_and_money_move_with_fills_and_marks(
    exchange: Exchange, rich: Callable[[], Key]
) -> None:
    mine, other = rich(), rich()
    maker, taker = futures_client(exchange.url, mine), futures_client(exchange.url, other)
    with socket(exchange.url, PATH) as one, socket(exchange.url, PATH) as two:
        assert _subscribed(one, mine, "open_positions")["positions"] == []
        wallet = _subscribed(two, mine, "balances")
        assert wallet["feed"] == "balances_snapshot"
        flex = wallet["flex_futures"]
        assert flex["currencies"]["USD"]["quantity"] == 500_000
        assert flex["portfolio_value"] == flex["margin_equity"] == 500_000
        maker.create_order(PAIR, "limit", "sell", 1, 20_100)
        taker.create_order(PAIR, "limit", "buy", 1, 20_100)
        message = one.until(lambda message: bool(message.get("positions")))
        (position,) = message["positions"]
        assert (position["instrument"], position["balance"]) == ("PF_XBTUSD", -1)
        assert position["entry_price"] == 20_100
        # The mark is the index and the average of a basis that earlier orders may have left.
        assert abs(position["mark_price"] - BTC_USD) < 1
        assert position["pnl"] == 20_100 - position["mark_price"]
        assert position["initial_margin"] > position["maintenance_margin"] > 0
        assert two.until(lambda message: "flex_futures" in message)["feed"] == "balances"
        try:
            _set_index(exchange, BTC_USD - 1_000)
            moved = one.until(
                lambda message: message["positions"][0]["index_price"] == BTC_USD - 1_000
            )
            (position,) = moved["positions"]
            assert position["mark_price"] < BTC_USD and position["pnl"] > 100
            assert moved["seq"] > message["seq"]
        finally:
            _set_index(exchange, BTC_USD)
        taker.create_order(PAIR, "limit", "sell", 1, 20_100)
        maker.create_order(PAIR, "limit", "buy", 1, 20_100)
        assert one.until(lambda message: message.get("positions") == [])
    maker.cancel_all_orders()
    taker.cancel_all_orders()


def _set_index(exchange: Exchange, dollars: int) -> None:
    asset = exchange.assets["XXBT"]
    commands = [
        SetIndexPrice(asset=asset, source=source, price_e12=dollars * E12) for source in (1, 2, 3)
    ]
    exchange.ask(Sender.INDEX, commands)


def test_p44_a_revoked_key_ends_its_connection(
    exchange: Exchange, rich: Callable[[], Key]
) -> None:
    key = rich()
    with socket(exchange.url, PATH) as one:
        _subscribed(one, key, "fills")
        del exchange.keys[key.public]
        with pytest.raises(ConnectionClosed) as closed:
            one.next()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008
