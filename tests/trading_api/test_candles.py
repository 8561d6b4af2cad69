"""Candles of trades, marks and indices, funding rates and fees, as Kraken's clients read them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import ccxt
import httpx
import pytest

from pilothouse.language.events import FundingRateSet, MarkSet
from pilothouse.language.numbers import HOUR_US
from pilothouse.language.rows import Happened
from pilothouse.records.history import History
from pilothouse.records.marks import LINE_MINUTES, Line, Quotes
from pilothouse.records.trades import MINUTE_US, Candle, without_gaps
from pilothouse.trading_api.futures.charts import RESOLUTIONS
from pilothouse.venue.catalogue import parse_json
from tests.records.spans import span
from tests.trading_api.conftest import futures_client, spot_client
from tests.trading_api.feeds.sockets import socket
from tests.trading_api.running import Exchange, Key

PERPETUAL = "BTC/USD:USD"
CHARTS = "/api/charts/v1/"


def _candle(minute: int, price: int) -> Candle:
    return Candle(minute * MINUTE_US, price, price + 2, price - 2, price + 1, 5, 5 * price, 1)


def test_a_quiet_minute_has_a_flat_candle() -> None:
    found = without_gaps([_candle(10, 100), _candle(13, 200)], MINUTE_US, 0, 15 * MINUTE_US, 9)
    assert [one.time // MINUTE_US for one in found] == [10, 11, 12, 13, 14, 15]
    assert [one.close for one in found] == [101, 101, 101, 201, 201, 201]
    quiet = found[1]
    assert (quiet.open, quiet.high, quiet.low, quiet.volume, quiet.count) == (101, 101, 101, 0, 0)


def test_no_more_candles_are_made_than_wanted_however_long_it_was_quiet() -> None:
    years = 10**7
    found = without_gaps([_candle(1, 100)], MINUTE_US, 0, years * MINUTE_US, 3)
    assert [one.time // MINUTE_US for one in found] == [years - 2, years - 1, years]
    assert {one.close for one in found} == {101}


def test_a_line_keeps_a_day_of_minutes() -> None:
    line = Line()
    for minute in range(LINE_MINUTES + 7):
        for price in (5, 9, 3, 7):
            line.add(minute * MINUTE_US + price, price)
    rows = line.rows().tolist()
    assert len(rows) == LINE_MINUTES
    assert rows[0] == [7 * MINUTE_US, 5, 9, 3, 7]
    assert rows[-1][0] == (LINE_MINUTES + 6) * MINUTE_US


def test_quotes_are_the_same_after_they_were_kept() -> None:
    history, again = History(), Quotes()
    marked = MarkSet(market=3, mark=2_000_100, index=2_000_000)
    rated = FundingRateSet(market=3, rate_e12=12_000_000, premium_e12=5)
    now = 9 * HOUR_US + 17
    events = [Happened(marked, 1, now, 0), Happened(rated, 1, now, 0)]
    history.fold(span(1, now, [], events))
    again.recall(history.quotes.kept())
    for one in (history.quotes, again):
        assert [candle.close for candle in one.candles(3)] == [2_000_100]
        assert [candle.close for candle in one.candles(3, of_index=True)] == [2_000_000]
        (rate,) = one.funding_rates(3)
        assert (rate.time, rate.rate_e12, rate.index) == (9 * HOUR_US, 12_000_000, 2_000_000)
    assert again.kept() == history.quotes.kept()


@pytest.fixture(scope="module")
def traded(exchange: Exchange) -> Iterator[tuple[Any, Any]]:
    """Two clients between whom a contract and a pair traded."""
    money = {"ZUSD": 10**12, "XXBT": 10**9}
    keys = [exchange.client(name, money) for name in ("candle-maker", "candle-taker")]
    for key in keys:
        exchange.to_futures(key, 5 * 10**11)
    maker, taker = (futures_client(exchange.url, key) for key in keys)
    maker.create_order(PERPETUAL, "limit", "sell", 0.01, 20_070)
    taker.create_order(PERPETUAL, "limit", "buy", 0.01, 20_070)
    spots = [spot_client(exchange.url, key) for key in keys]
    spots[0].create_order("BTC/USD", "limit", "sell", 0.01, 20_080)
    spots[1].create_order("BTC/USD", "limit", "buy", 0.01, 20_080)
    yield maker, taker


def _charts(exchange: Exchange, path: str, **asked: Any) -> Any:
    return parse_json(httpx.get(exchange.url + CHARTS + path, params=asked).content)


def test_charts_say_what_they_have(exchange: Exchange) -> None:
    assert _charts(exchange, "") == ["mark", "spot", "trade"]
    for tick in ("mark", "spot", "trade"):
        assert _charts(exchange, tick) == ["PF_XBTUSD"]
        assert _charts(exchange, f"{tick}/pf_xbtusd") == list(RESOLUTIONS)
    for path, error in (
        ("noon", "invalidArgument: tickType"),
        ("noon/PF_XBTUSD/1m", "invalidArgument: tickType"),
        ("trade/PF_NOPEUSD/1m", "contractNotFound"),
        ("trade/PI_XBTUSD", "contractNotFound"),
        ("trade/PF_XBTUSD/7m", "invalidArgument: resolution"),
    ):
        assert _charts(exchange, path)["error"] == error, path


@pytest.mark.parametrize("price", ["trade", "mark", "index"])
@pytest.mark.parametrize("frame", ["1m", "1h"])
def test_an_unmodified_client_reads_candles(
    exchange: Exchange, traded: tuple[Any, Any], price: str, frame: str
) -> None:
    client = futures_client(exchange.url)
    found = client.fetch_ohlcv(PERPETUAL, frame, params={"price": price})
    assert found
    opened, high, low, close = found[-1][1:5]
    assert low <= min(opened, close) <= max(opened, close) <= high
    assert close == pytest.approx(20_000, rel=0.05)
    since = client.fetch_ohlcv(PERPETUAL, frame, since=found[0][0], params={"price": price})
    assert since[0][0] == found[0][0]


def test_candles_go_on_behind_the_last(exchange: Exchange, traded: tuple[Any, Any]) -> None:
    whole = _charts(exchange, "mark/PF_XBTUSD/1m")["candles"]
    first = whole[0]["time"] // 1_000
    assert _charts(exchange, "mark/PF_XBTUSD/1m", to=first)["candles"] == whole[:1]
    later = _charts(exchange, "mark/PF_XBTUSD/1m", **{"from": first})
    assert (later["candles"][0]["time"], later["more_candles"]) == (first * 1_000, False)


def test_without_a_candle_there_are_no_more(exchange: Exchange) -> None:
    # Nothing traded before the exchange began.
    found = _charts(exchange, "trade/PF_XBTUSD/1m", to=1)
    assert found == {"candles": [], "more_candles": False}


def test_preferences_that_nobody_can_set_are_empty(
    exchange: Exchange, rich: Callable[[], Key]
) -> None:
    client = futures_client(exchange.url, rich())
    assert client.fetch_leverage(PERPETUAL)["longLeverage"] is None
    assert client.privateGetPnlpreferences()["preferences"] == []
    assert client.privateGetNotifications()["notifications"] == []


def test_spot_candles_have_no_gaps_up_to_now(exchange: Exchange, traded: tuple[Any, Any]) -> None:
    found = httpx.get(f"{exchange.url}/0/public/OHLC", params={"pair": "XBTUSD"}).json()["result"]
    times = [one[0] for one in found["XXBTZUSD"]]
    assert all(later - one == 60 for one, later in itertools.pairwise(times))


def test_fees_of_contracts_are_the_machines(exchange: Exchange, rich: Callable[[], Key]) -> None:
    client = futures_client(exchange.url, rich())
    schedules = client.publicGetFeeschedules()["feeSchedules"]
    uids = {one["uid"] for one in schedules}
    rows = client.publicGetInstruments()["instruments"]
    assert {one["feeScheduleUid"] for one in rows if "feeScheduleUid" in one} <= uids
    assert all(one["tiers"] for one in schedules)
    volumes = client.privateGetFeeschedulesVolumes()["volumesByFeeSchedule"]
    assert set(volumes) == uids


def test_funding_rates_are_read_by_an_unmodified_client(exchange: Exchange) -> None:
    client = futures_client(exchange.url)
    assert client.fetch_funding_rate_history(PERPETUAL) == []
    with pytest.raises(ccxt.ExchangeError, match="contractNotFound"):
        client.publicGetHistoricalfundingrates({"symbol": "PF_NOPEUSD"})


def test_the_ohlc_channel_tells_the_candle_under_way(
    exchange: Exchange, rich: Callable[[], Key], traded: tuple[Any, Any]
) -> None:
    maker, taker = (spot_client(exchange.url, rich()) for _ in range(2))
    with socket(exchange.url) as one:
        answer = one.subscribe("ohlc", symbol=["BTC/USD"], interval=1440)
        asked = {"channel": "ohlc", "interval": 1440, "snapshot": True, "symbol": "BTC/USD"}
        assert answer["result"] == asked
        snapshot = one.next()
        assert (snapshot["channel"], snapshot["type"]) == ("ohlc", "snapshot")
        before = snapshot["data"][-1]
        maker.create_order("BTC/USD", "limit", "sell", 0.02, 20_090)
        taker.create_order("BTC/USD", "limit", "buy", 0.02, 20_090)
        (row,) = one.until(lambda message: message.get("type") == "update")["data"]
        assert row["interval_begin"] == before["interval_begin"]
        assert row["trades"] == before["trades"] + 1
        assert row["volume"] == before["volume"] + Decimal("0.02")
        assert (row["close"], row["interval"]) == (20_090, 1440)
        one.send(method="unsubscribe", params={"channel": "ohlc", "symbol": ["BTC/USD"]})
        assert one.until(lambda message: "success" in message)["success"] is False
        wrong = one.subscribe("ohlc", 5, symbol=["BTC/USD"], interval=7)
        assert wrong["error"] == "Subscription ohlc interval not supported"
