"""An unmodified ccxt.pro.krakenfutures, given our addresses and a key, follows what happens."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

import ccxt.pro
import pytest

from tests.trading_api.conftest import credentials, futures_client
from tests.trading_api.feeds.crowd import Crowd
from tests.trading_api.feeds.test_ccxt_spot_streams import soon, until
from tests.trading_api.running import Exchange, Key

PAIR = "BTC/USD:USD"
UPDATES = int(os.environ.get("PILOTHOUSE_FEED_UPDATES", "10000"))


class KrakenFutures(ccxt.pro.krakenfutures):  # type: ignore[misc]
    """ccxt looks at no number of the book's messages: they are looked at beside it."""

    messages = 0

    def handle_order_book(self, client: Any, message: dict[str, Any]) -> None:
        super().handle_order_book(client, message)
        assert self.last is None or message["seq"] == self.last + 1, message
        self.last = message["seq"]
        self.messages += 1

    last: int | None = None

    def handle_order_book_snapshot(self, client: Any, message: dict[str, Any]) -> None:
        super().handle_order_book_snapshot(client, message)
        self.last = message["seq"]


@asynccontextmanager
async def streaming(exchange: Exchange, key: Key | None = None) -> Any:
    url = exchange.url
    api = {
        "public": f"{url}/derivatives/api/",
        "private": f"{url}/derivatives/api/",
        "charts": f"{url}/api/charts/",
        "history": f"{url}/api/history/",
        "ws": url.replace("http", "ws", 1) + "/ws/v1",
    }
    given = {"urls": {"api": api}, "enableRateLimit": False, "newUpdates": True}
    client = KrakenFutures(given | credentials(key))
    try:
        yield client
    finally:
        await client.close()


def test_trades_ticker_orders_fills_positions_and_balance(
    exchange: Exchange, rich: Callable[[], Key]
) -> None:
    mine, other = rich(), rich()
    maker, taker = futures_client(exchange.url, mine), futures_client(exchange.url, other)

    async def follow() -> None:
        async with streaming(exchange, mine) as client:
            await client.load_markets()
            ticker = await soon(client.watch_ticker(PAIR))
            assert (ticker["symbol"], ticker["markPrice"]) == (PAIR, 20_000)
            balance = await soon(client.watch_balance({"account": "flex_futures"}))
            assert balance["USD"]["total"] == 500_000
            assert await soon(client.watch_positions()) == []
            watching = {
                name: asyncio.ensure_future(one)
                for name, one in (
                    ("trades", client.watch_trades(PAIR)),
                    ("orders", client.watch_orders()),
                    ("fills", client.watch_my_trades()),
                    ("positions", client.watch_positions()),
                )
            }
            await soon(watching["trades"])
            await soon(watching["fills"])
            made = await asyncio.to_thread(maker.create_order, PAIR, "limit", "sell", 0.5, 20_050)
            orders = await soon(watching["orders"])
            assert [(one["id"], one["remaining"]) for one in orders] == [(made["id"], 0.5)]
            trades = asyncio.ensure_future(client.watch_trades(PAIR))
            fills = asyncio.ensure_future(client.watch_my_trades())
            await asyncio.to_thread(taker.create_order, PAIR, "limit", "buy", 0.5, 20_050)
            trade = (await soon(trades))[-1]
            assert (trade["price"], trade["amount"], trade["side"]) == (20_050, 0.5, "buy")
            fill = (await soon(fills))[-1]
            assert (fill["order"], fill["takerOrMaker"]) == (made["id"], "maker")
            position = (await soon(watching["positions"]))[-1]
            assert (position["side"], position["contracts"]) == ("short", 0.5)
            assert position["entryPrice"] == 20_050
            await until(lambda: client.orders[-1]["status"] == "closed")
            assert (client.orders[-1]["filled"], client.orders[-1]["remaining"]) == (0.5, 0)
            await until(lambda: client.tickers[PAIR]["last"] == 20_050)

    asyncio.run(follow())


@pytest.mark.timeout(900)
def test_the_book_without_one_gap_and_after_a_cut(
    exchange: Exchange, rich: Callable[[], Key]
) -> None:
    crowd = Crowd(exchange, "PF_XBTUSD", [rich().account for _ in range(2)])
    crowd.fill(price=20_000, step=1, quantity=10)

    async def follow() -> None:
        async with streaming(exchange) as client:
            await client.load_markets()
            await soon(client.watch_order_book(PAIR))
            trading = asyncio.ensure_future(
                asyncio.to_thread(crowd.trade_until, lambda: client.messages >= UPDATES)
            )
            cuts = 0
            while not trading.done():
                watching = asyncio.ensure_future(client.watch_order_book(PAIR))
                await asyncio.wait({watching, trading}, return_when=asyncio.FIRST_COMPLETED)
                if watching.done() and watching.exception() is not None:
                    assert isinstance(watching.exception(), ccxt.NetworkError) and cuts
                if client.messages > UPDATES // 2 and not cuts:
                    cuts += 1
                    for one in list(client.clients.values()):
                        one.connection._conn.transport.abort()  # the wire is cut, unannounced
            await trading
            await until(lambda: _plain(client.orderbooks[PAIR]) == _rest(exchange))
            assert cuts == 1 and client.messages >= UPDATES

    asyncio.run(follow())
    crowd.leave()


def _plain(book: Any) -> Any:
    return {side: [list(level) for level in book[side]] for side in ("bids", "asks")}


def _rest(exchange: Exchange) -> Any:
    return _plain(futures_client(exchange.url).fetch_order_book(PAIR))
