"""The `ticker` and `ticker_lite` feeds: all figures of a contract, at most once a second."""

from __future__ import annotations

from typing import Any, Final

from pilothouse.language.kinds import ClientClass, MarketStatus
from pilothouse.language.numbers import MARK_DECIMALS, PPM
from pilothouse.records.trades import DayStatistics
from pilothouse.trading_api.feeds.moments import Moment
from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.feeds.topics import Topics
from pilothouse.trading_api.figures import number, product, ratio
from pilothouse.trading_api.futures.instruments import is_suspended
from pilothouse.trading_api.futures.prices import TAGS
from pilothouse.trading_api.listing import Market
from pilothouse.venue.catalogue import to_json
from pilothouse.venue.views.margin import schedules
from pilothouse.venue.views.markets import listed

RATE_DECIMALS: Final = 12
LITE: Final = ("bid", "ask", "change", "premium", "volume", "tag", "pair", "dtm", "maturityTime")
"""What `ticker_lite` says, besides feed, product and the volume in quote currency."""

Row = dict[str, Any]


class TickerFeed:
    """Tickers of contracts. A change is told with the next second, and with every figure."""

    def __init__(self, stream: Stream, name: str = "ticker") -> None:
        self.name = name
        self._stream = stream
        self._topics: Topics[int] = Topics(stream.flush)
        self._said: dict[int, Row] = {}

    def enter(self, market: Market, outlet: Outlet) -> None:
        """Send an outlet the figures of a contract."""
        self._topics.add(market.number, outlet)

    def leave(self, market: Market, outlet: Outlet) -> None:
        """Send it none any more."""
        self._topics.remove(market.number, outlet)

    def snapshot(self, market: Market) -> bytes:
        """Return the figures that hold now."""
        with self._stream.door.follower.machine() as machine:
            row = self._row(machine, market)
        self._said.setdefault(market.number, row)
        return self._message(row)

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Figures wait for the next second."""

    def tick(self) -> None:
        """Publish the figures that changed."""
        topics = list(self._topics)
        if not topics:
            return
        with self._stream.door.follower.machine() as machine:
            markets = self._stream.door.listing(machine).markets
            rows = {one: self._row(machine, markets[one]) for one in topics}
        for topic, row in rows.items():
            if self._said.get(topic) != row:
                self._said[topic] = row
                self._topics.publish(topic, self._message(row))

    def _message(self, row: Row) -> bytes:
        if self.name == "ticker":
            row = {"time": self._stream.door.time // 1_000, **row}
        return to_json(row)

    def _row(self, machine: Any, one: Market) -> Row:
        figures = self._stream.door.history.statistics(one.number, self._stream.door.time)
        made = _figures(machine, one, figures)
        if self.name != "ticker":
            made = {name: made[name] for name in (*LITE, "volumeQuote") if name in made}
        return {"feed": self.name, "product_id": one.symbol, **made}


def _figures(machine: Any, one: Market, figures: DayStatistics) -> Row:
    live = listed(machine, one.number)
    made: Row = {
        "dtm": 0,
        "index": number(live.index, one.price_decimals + MARK_DECIMALS),
        "premium": number(ratio(100 * (live.mark - live.index), live.index, 1), 1),
        "suspended": is_suspended(live),
        "tag": TAGS[one.kind],
        "pair": f"{one.base.short}:{one.quote.short}",
        "openInterest": number(live.open_interest, one.quantity_decimals),
        "markPrice": number(live.mark, one.price_decimals + MARK_DECIMALS),
        "maturityTime": 0,
        "post_only": live.status == MarketStatus.POST_ONLY,
    }
    return (
        made
        | _best(one, live)
        | _day(one, figures)
        | _funding(one, live)
        | _leverage(machine, one)
    )


def _best(one: Market, live: Any) -> Row:
    made: Row = {}
    for name in ("bid", "ask"):
        if getattr(live, name):
            quantity = getattr(live, f"{name}_quantity")
            made[name] = number(getattr(live, name), one.price_decimals)
            made[f"{name}_size"] = number(quantity, one.quantity_decimals)
    return made


def _day(one: Market, figures: DayStatistics) -> Row:
    last, day = figures.last, figures.day
    made: Row = {"volume": 0, "volumeQuote": 0, "change": 0}
    if last is not None:
        made["last"] = number(last.price, one.price_decimals)
    if day is not None:
        made["volume"] = number(day.volume, one.quantity_decimals)
        made["volumeQuote"] = number(
            day.price_quantity, one.price_decimals + one.quantity_decimals
        )
        made["change"] = number(ratio(100 * (day.close - day.open), day.open, 2), 2)
        made["open"] = number(day.open, one.price_decimals)
        made["high"], made["low"] = (
            number(price, one.price_decimals) for price in (day.high, day.low)
        )
    return made


def _funding(one: Market, live: Any) -> Row:
    # A rate of zero is not said, as with Kraken; the absolute one is in quote for one contract.
    index = number(live.index, one.price_decimals + MARK_DECIMALS)
    made: Row = {"next_funding_rate_time": live.next_funding_time // 1_000}
    rates = {"": live.funding_rate_e12, "_prediction": live.funding_next_rate_e12}
    for name, rate in rates.items():
        if rate:
            relative = number(rate, RATE_DECIMALS)
            made[f"funding_rate{name}"] = product(relative, index)
            made[f"relative_funding_rate{name}"] = relative
    return made


def _leverage(machine: Any, one: Market) -> Row:
    general = [
        schedule
        for schedule in schedules(machine, one.number)
        if schedule.client_class == ClientClass.ANY
        and not schedule.jurisdiction
        and not schedule.opened_from
    ]
    if not general or not general[0].tiers:
        return {}
    return {"leverage": f"{PPM // general[0].tiers[0].initial_ppm}x"}
