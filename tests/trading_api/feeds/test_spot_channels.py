"""Trades, tickers, instruments over a real socket: what REST says, told as it happens."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx

from pilothouse.language.kinds import MarketStatus
from tests.trading_api.conftest import spot_client
from tests.trading_api.feeds.sockets import socket
from tests.trading_api.running import Exchange, Key

PAIR = "BTC/USD"


def _rest(exchange: Exchange, method: str) -> Any:
    return httpx.get(f"{exchange.url}/0/public/{method}").json()["result"]


def test_a_trade_is_told_once(exchange: Exchange, rich: Callable[[], Key]) -> None:
    maker, taker = (spot_client(exchange.url, rich()) for _ in range(2))
    with socket(exchange.url) as one, socket(exchange.url) as other:
        result = one.subscribe("trade", symbol=[PAIR])["result"]
        assert result == {"channel": "trade", "snapshot": False, "symbol": PAIR}
        maker.create_order(PAIR, "limit", "sell", 0.01, 20_010)
        maker.create_order(PAIR, "limit", "sell", 0.02, 20_011)
        taker.create_order(PAIR, "limit", "buy", 0.03, 20_011)
        rows = one.next()["data"]
        while len(rows) < 2:
            rows += one.next()["data"]
        first, second = rows
        assert (first["side"], first["ord_type"]) == ("buy", "limit")
        assert (first["price"], first["qty"]) == (Decimal("20010.0"), Decimal("0.01000000"))
        assert (second["price"], second["qty"]) == (Decimal("20011.0"), Decimal("0.02000000"))
        assert str(second["qty"]) == "0.02000000"
        (rest,) = [
            value for key, value in _rest(exchange, "Trades?pair=XBTUSD").items() if key != "last"
        ]
        assert [row["trade_id"] for row in rows] == [row[6] for row in rest[-2:]]
        # Who comes now gets both in the snapshot, and neither a second time.
        assert other.subscribe("trade", symbol=[PAIR], snapshot=True)["result"]["snapshot"]
        snapshot = other.next()
        assert snapshot["type"] == "snapshot" and snapshot["data"][-2:] == rows
        maker.create_order(PAIR, "limit", "sell", 0.01, 20_010)
        taker.create_order(PAIR, "market", "buy", 0.01)
        (third,) = other.next()["data"]
        assert third["trade_id"] > second["trade_id"] and third["ord_type"] == "market"
    maker.cancel_all_orders()
    taker.cancel_all_orders()


def test_tickers_have_two_triggers(exchange: Exchange, rich: Callable[[], Key]) -> None:
    maker, taker = (spot_client(exchange.url, rich()) for _ in range(2))
    with socket(exchange.url) as trades, socket(exchange.url) as best:
        assert trades.subscribe("ticker", symbol=[PAIR])["result"]["event_trigger"] == "trades"
        answer = best.subscribe("ticker", symbol=[PAIR], event_trigger="bbo")
        assert answer["result"] == {
            "channel": "ticker",
            "event_trigger": "bbo",
            "snapshot": True,
            "symbol": PAIR,
        }
        for one in (trades, best):
            assert one.next()["type"] == "snapshot"
        maker.create_order(PAIR, "limit", "sell", 0.02, 20_005)
        (row,) = best.next()["data"]
        assert (row["ask"], row["ask_qty"]) == (Decimal("20005.0"), Decimal("0.02000000"))
        taker.create_order(PAIR, "limit", "buy", 0.01, 20_005)
        (row,) = trades.next()["data"]
        assert (row["last"], row["ask_qty"]) == (Decimal("20005.0"), Decimal("0.01000000"))
        (rest,) = _rest(exchange, "Ticker?pair=XBTUSD").values()
        told = [str(row[name]) for name in ("low", "high", "volume", "vwap", "trades")]
        assert told == [rest["l"][1], rest["h"][1], rest["v"][1], rest["p"][1], str(rest["t"][1])]
        opened = Decimal(rest["o"])
        assert row["change"] == row["last"] - opened
        change = 100 * row["change"] / opened
        assert abs(row["change_pct"] - change) <= Decimal("0.005")
    maker.cancel_all_orders()
    taker.cancel_all_orders()


def test_instruments_and_what_changes_of_them(exchange: Exchange) -> None:
    with socket(exchange.url) as one:
        answer = one.subscribe("instrument")
        assert answer["result"] == {"channel": "instrument", "snapshot": True}
        data = one.next()["data"]
        pairs = {row["symbol"]: row for row in data["pairs"]}
        assert set(pairs) == {PAIR, "DOGE/EUR"}
        pair = pairs[PAIR]
        assert (pair["status"], pair["price_precision"], pair["qty_precision"]) == ("online", 1, 8)
        assert (pair["qty_min"], pair["price_increment"]) == (Decimal("0.0002"), Decimal("0.1"))
        assets = {row["id"]: row for row in data["assets"]}
        assert assets["BTC"]["precision"] == 8 and set(assets) >= {"USD", "EUR", "DOGE"}
        exchange.set_status("XDGEUR", MarketStatus.POST_ONLY)
        other = pairs["DOGE/EUR"]
        update = one.until(lambda message: message.get("channel") == "instrument")
        assert update["type"] == "update" and update["data"]["assets"] == []
        assert update["data"]["pairs"] == [other | {"status": "post_only"}]
        exchange.set_status("XDGEUR", MarketStatus.ONLINE)
        update = one.until(lambda message: message.get("channel") == "instrument")
        assert update["data"]["pairs"] == [other]
        assert one.subscribe("instrument", 2)["error"] == "Already subscribed"
