"""An unmodified ccxt.pro.kraken, given our addresses and a key, follows what happens."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import ccxt.pro
import pytest

from tests.trading_api.conftest import credentials, spot_client
from tests.trading_api.feeds.crowd import Crowd
from tests.trading_api.running import Exchange, Key

PAIR = "BTC/USD"
DEPTH = 10
WAIT_S = 60
UPDATES = int(os.environ.get("PILOTHOUSE_FEED_UPDATES", "10000"))


class Kraken(ccxt.pro.kraken):  # type: ignore[misc]
    """ccxt reads numbers as floats and checks sums over texts: it is told the decimals again.

    Prices and quantities come in turn, and every other step of its own check is its own.
    """

    decimals = (1, 8)
    turn = 0
    sums = 0
    """Sums it compared."""
    mismatches = 0

    def format_number(self, data: Any) -> str:
        decimals, self.turn = self.decimals[self.turn], 1 - self.turn
        return str(super().format_number(f"{data:.{decimals}f}"))

    def crc32(self, *words: Any) -> Any:
        self.sums += 1
        return super().crc32(*words)

    def handle_order_book(self, client: Any, message: dict[str, Any]) -> None:
        if self.mismatches:
            return
        super().handle_order_book(client, message)
        # It forgets a book whose sum was not its own.
        self.mismatches += PAIR not in self.orderbooks


@asynccontextmanager
async def streaming(exchange: Exchange, key: Key | None = None, **options: Any) -> Any:
    url, ws = exchange.url, exchange.url.replace("http", "ws", 1) + "/v2"
    sockets = {"public": ws, "private": ws, "publicV2": ws, "privateV2": ws}
    api = {"public": url, "private": url, "ws": sockets}
    given = {"urls": {"api": api}, "enableRateLimit": False, "newUpdates": True}
    client = Kraken(given | options | credentials(key))
    try:
        yield client
    finally:
        await client.close()


async def soon(waiting: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(waiting, WAIT_S)


def test_trades_ticker_orders_fills_and_balance(
    exchange: Exchange, rich: Callable[[], Key]
) -> None:
    mine, other = rich(), rich()
    maker, taker = spot_client(exchange.url, mine), spot_client(exchange.url, other)

    async def follow() -> None:
        async with streaming(exchange, mine) as client, streaming(exchange, mine) as second:
            await client.load_markets()
            watching = [
                asyncio.ensure_future(one)
                for one in (
                    client.watch_trades(PAIR),
                    client.watch_orders(PAIR),
                    second.watch_my_trades(PAIR),
                )
            ]
            ticker = await soon(client.watch_ticker(PAIR))
            assert ticker["symbol"] == PAIR
            balance = await soon(client.watch_balance())
            assert balance["BTC"]["total"] == 10
            await asyncio.sleep(0.5)
            made = await asyncio.to_thread(maker.create_order, PAIR, "limit", "sell", 0.02, 20_030)
            (order,) = await soon(watching[1])
            assert (order["id"], order["status"]) == (made["id"], "open")
            await asyncio.to_thread(taker.create_order, PAIR, "limit", "buy", 0.02, 20_030)
            (trade,) = await soon(watching[0])
            assert (trade["price"], trade["amount"], trade["side"]) == (20_030, 0.02, "buy")
            (fill,) = await soon(watching[2])
            assert (fill["order"], fill["amount"], fill["price"]) == (made["id"], 0.02, 20_030)
            assert (fill["takerOrMaker"], fill["fee"]["currency"]) == ("maker", "USD")
            # What came while nobody waited is in ccxt's own caches.
            await until(lambda: client.orders[-1]["status"] == "closed")
            await until(lambda: client.balance["spot"]["BTC"]["total"] == 10 - 0.02)
            await until(lambda: client.tickers[PAIR]["last"] == 20_030)

    asyncio.run(follow())
    maker.cancel_all_orders()


def test_candles_are_watched(exchange: Exchange, rich: Callable[[], Key]) -> None:
    maker, taker = (spot_client(exchange.url, rich()) for _ in range(2))

    def trade(price: int) -> None:
        maker.create_order(PAIR, "limit", "sell", 0.02, price)
        taker.create_order(PAIR, "limit", "buy", 0.02, price)

    trade(20_040)

    async def follow() -> None:
        async with streaming(exchange) as client:
            await client.load_markets()
            known = await soon(client.watch_ohlcv(PAIR, "1d"))
            opened, volume = known[-1][0], known[-1][5]
            await asyncio.to_thread(trade, 20_045)
            # What came while nobody waited is in ccxt's own caches.
            candles = client.ohlcvs[PAIR]["1d"]
            await until(lambda: candles[-1][4] == 20_045)
            assert candles[-1][0] == opened
            assert candles[-1][5] == pytest.approx(volume + 0.02)

    asyncio.run(follow())


async def until(true: Callable[[], bool]) -> None:
    async def look() -> None:
        while not true():
            await asyncio.sleep(0.01)

    await soon(look())


@pytest.mark.timeout(900)
def test_the_book_without_one_mismatch_and_after_a_cut(
    exchange: Exchange, rich: Callable[[], Key]
) -> None:
    crowd = Crowd(exchange, "XXBTZUSD", [rich().account for _ in range(2)])
    # ccxt's own check wants ten levels on each side.
    crowd.fill(price=200_000, step=10, quantity=10**6)

    async def follow() -> None:
        options = {"options": {"watchOrderBook": {"checksum": True}}}
        async with streaming(exchange, **options) as client:
            await client.load_markets()
            book = await soon(client.watch_order_book(PAIR, DEPTH))
            trading = asyncio.ensure_future(
                asyncio.to_thread(crowd.trade_until, lambda: client.sums >= UPDATES)
            )
            cuts = 0
            while not trading.done():
                watching = asyncio.ensure_future(client.watch_order_book(PAIR, DEPTH))
                await asyncio.wait({watching, trading}, return_when=asyncio.FIRST_COMPLETED)
                if watching.done() and watching.exception() is not None:
                    assert not isinstance(watching.exception(), ccxt.ChecksumError)
                    assert isinstance(watching.exception(), ccxt.NetworkError) and cuts
                if client.sums > UPDATES // 2 and not cuts:
                    cuts += 1
                    for one in list(client.clients.values()):
                        one.connection._conn.transport.abort()  # the wire is cut, unannounced
            await trading
            watching.cancel()
            await until(lambda: _plain(client.orderbooks[PAIR]) == _rest(exchange))
            assert (cuts, client.mismatches) == (1, 0) and client.sums >= UPDATES
            assert book is client.orderbooks[PAIR]
            # The check is alive: told one decimal too few, ccxt finds a sum that is not its own.
            client.decimals = (1, 7)
            watching = asyncio.ensure_future(client.watch_order_book(PAIR, DEPTH))
            # Not every order is near enough to the best price to be told at this depth.
            trading = asyncio.ensure_future(asyncio.to_thread(crowd.trade_until, watching.done))
            with pytest.raises(ccxt.ChecksumError):
                await soon(watching)
            await trading

    asyncio.run(follow())
    print(f"{crowd.sent} commands, {UPDATES} sums of the book at depth {DEPTH}")
    crowd.leave()


def _plain(book: Any) -> Any:
    return {side: [list(level) for level in book[side]] for side in ("bids", "asks")}


def _rest(exchange: Exchange) -> Any:
    book = spot_client(exchange.url).fetch_order_book(PAIR, DEPTH)
    return {side: [level[:2] for level in book[side]] for side in ("bids", "asks")}
