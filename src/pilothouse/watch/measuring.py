"""Measures: from a reading and what was heard to one whole number for each measure and scope.

Each function returns the number in the unit of its definition, or None where it cannot be taken.
Quotients are rounded down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from pilothouse.control import heads, rounds
from pilothouse.control.watched import MEASURES, Taken
from pilothouse.language.numbers import E12, MARK_DECIMALS, MICRO_USD, PPM
from pilothouse.records.archive.turns import EXPLANATIONS, TURNS
from pilothouse.venue.views.assets import IndexSourceView
from pilothouse.venue.views.capacity import TableView
from pilothouse.venue.views.markets import MarketView
from pilothouse.watch.hearing import Heard
from pilothouse.watch.normal import Normal
from pilothouse.watch.rules import EXCHANGE, scope_of, scope_of_table
from pilothouse.watch.taking import MarketReading, Reading

log = structlog.get_logger()
_failing: set[str] = set()
"""What fails now: the log is told once, not every second."""
NO_DEPTH_PPM: Final = 100 * PPM
MILLISECOND_US: Final = 1_000
NEAR_BAND: Final = "1.25"
"""The band of margin health that begins a quarter above maintenance."""

Key = tuple[str, str]
"""A measure's name and its scope."""
Values = dict[Key, int | None]


@dataclass(frozen=True)
class Seen:
    """Everything that a measure of one market is made of."""

    reading: Reading
    of: MarketReading
    heard: Heard
    normal: Normal

    @property
    def market(self) -> MarketView:
        """Return the market."""
        return self.of.market


def spread(market: MarketView) -> int | None:
    """Return best ask less best bid in ppm of the bid; None when a side is empty."""
    if not market.bid or not market.ask:
        return None
    return (market.ask - market.bid) * PPM // market.bid


def depth(of: MarketReading) -> int | None:
    """Return what the thinner side's near orders are worth in micro-dollars."""
    if not of.quote_usd_e12:
        return None
    if of.near is None:
        return 0
    scale: int = 10 ** (of.market.price_decimals + of.market.quantity_decimals)
    thinner = min(
        sum(price * size for price, size in side) for side in (of.near.bids, of.near.asks)
    )
    return thinner * MICRO_USD * of.quote_usd_e12 // (scale * E12)


def notional(market: MarketView, quantity: int) -> int:
    """Return the value of a quantity of a contract at its mark, micro-dollars, cut to zero."""
    scale: int = 10 ** (market.quantity_decimals + market.price_decimals + MARK_DECIMALS)
    value = abs(quantity) * market.mark * MICRO_USD // scale
    return value if quantity >= 0 else -value


def live_sources(seen: Seen) -> int:
    """Return how many sources are live and agree, so that the index can be made of them."""
    return sum(one.is_live(seen.reading.time) and not one.left_out for one in seen.of.sources)


def _last_trade_age(seen: Seen) -> int | None:
    traded_us = seen.heard.last_trade_us.get(seen.market.number)
    return None if traded_us is None else (seen.reading.time - traded_us) // MILLISECOND_US


def _index_deviation(seen: Seen, source: IndexSourceView) -> int | None:
    told = seen.of.sources
    now = seen.reading.time
    live = [one for one in told if one.is_live(now)]
    # The middle of those that agree; where none do, the middle of them all.
    ranked = sorted(one.price_e12 for one in live if not one.left_out)
    ranked = ranked or sorted(one.price_e12 for one in live)
    if not ranked:
        return None
    low, high = ranked[(len(ranked) - 1) // 2], ranked[len(ranked) // 2]
    index = low + (high - low) // 2
    return abs(source.price_e12 - index) * PPM // index


def _index_age(seen: Seen, source: IndexSourceView) -> int:
    return (seen.reading.time - source.time) // MILLISECOND_US


def _index_stopped(seen: Seen) -> int | None:
    renewed_us = seen.of.index_time
    return (seen.reading.time - renewed_us) // MILLISECOND_US if renewed_us else None


def mark_from_index(market: MarketView) -> int | None:
    """Return the signed distance of mark and index in ppm of the index; None without one."""
    if not market.index or not market.mark:
        return None
    distance = abs(market.mark - market.index) * PPM // market.index
    return distance if market.mark >= market.index else -distance


def _mark_from_index(seen: Seen) -> int | None:
    distance = mark_from_index(seen.market)
    return None if distance is None else abs(distance)


def _below_maintenance(seen: Seen) -> int:
    return seen.of.health.below_maintenance if seen.of.health else 0


def _near_maintenance(seen: Seen) -> int:
    if seen.of.health is None:
        return 0
    near = 0
    for label, accounts, _notional in seen.of.health.bands[1:]:
        if label.startswith(NEAR_BAND):
            break
        near += accounts
    return near


def _backlog(seen: Seen) -> int | None:
    due = seen.of.health.notional_below_maintenance if seen.of.health else 0
    if not due:
        return 0
    there = depth(seen.of)
    return None if there is None else due * PPM // there if there else NO_DEPTH_PPM


OF_MARKET: Final[dict[str, Callable[[Seen], int | None]]] = {
    "spread": lambda seen: spread(seen.market),
    "depth": lambda seen: depth(seen.of),
    "last_trade_age": _last_trade_age,
    "index_sources": live_sources,
    "index_stopped": _index_stopped,
    "mark_from_index": _mark_from_index,
    "open_interest": lambda seen: notional(seen.market, seen.market.open_interest),
    "below_maintenance": _below_maintenance,
    "near_maintenance": _near_maintenance,
    "liquidation_backlog": _backlog,
    "insurance_pool": lambda seen: seen.of.pool,
    "unlike_itself": lambda seen: seen.normal.distance_ppm(spread(seen.market), depth(seen.of)),
    "price_move": lambda seen: seen.normal.price_move_ppm(),
}
OF_SOURCE: Final[dict[str, Callable[[Seen, IndexSourceView], int | None]]] = {
    "index_deviation": _index_deviation,
    "index_age": _index_age,
}
OF_EXCHANGE: Final[dict[str, Callable[[Reading, Heard], int | None]]] = {
    "accounts_below_maintenance": lambda reading, heard: reading.health.below_maintenance,
    "bad_debt": lambda reading, heard: reading.health.debt_micro_usd,
    "largest_order_share": lambda reading, heard: _share(reading, "orders", reading.most_orders),
    "largest_request_share": lambda reading, heard: _share(
        reading, "requests", reading.most_requests
    ),
    "reject_rate": lambda reading, heard: heard.reject_ppm,
    "replica_lag": lambda reading, heard: (
        None if heard.lag_us is None else max(0, heard.lag_us) // MILLISECOND_US
    ),
    "door_use": lambda reading, heard: heard.doors.use_ppm,
    "door_refused": lambda reading, heard: heard.doors.refused,
    "socket_refused": lambda reading, heard: heard.doors.at_sockets,
    "block_age": lambda reading, heard: max(0, reading.taken_us - reading.time) // MILLISECOND_US,
    "control_round_age": lambda reading, heard: rounds.age_ms(),
    "changes_held_up": lambda reading, heard: len(rounds.held_up()),
    "clock_held": lambda reading, heard: (
        abs(reading.taken_us - reading.time) // MILLISECOND_US if reading.clock_is_held else 0
    ),
    "journal_differences": lambda reading, heard: rounds.differences(),
    "heads_age": lambda reading, heard: heads.age_ms(),
    "queries_waiting": lambda reading, heard: max(TURNS.waiting, EXPLANATIONS.waiting),
    "disk_free": lambda reading, heard: reading.house.get("disk_free"),
    "database_log": lambda reading, heard: reading.house.get("database_log"),
    "database_size": lambda reading, heard: reading.house.get("database_size"),
    "parts_failing": lambda reading, heard: reading.house.get("parts_failing"),
    "archive_behind": lambda reading, heard: reading.house.get("archive_behind"),
}
OF_TABLE: Final[dict[str, Callable[[TableView], int | None]]] = {
    "table_use": lambda table: table.taken * PPM // table.rows,
}
"""How each measure is made. What is defined and what is made here are the same, tested."""


def _share(reading: Reading, table: str, taken: int) -> int:
    rows = next(one.rows for one in reading.tables if one.name == table)
    return taken * PPM // rows


def measure(reading: Reading, heard: Heard, normals: dict[int, Normal]) -> Values:
    """Return every measure of a reading, by name and scope. The normals learn from it first."""
    values: Values = {
        (name, EXCHANGE): _alone(name, made, reading, heard) for name, made in OF_EXCHANGE.items()
    }
    for table in reading.tables:
        scope = scope_of_table(table.name)
        values |= {(name, scope): _alone(name, f, table) for name, f in OF_TABLE.items()}
    for of in reading.markets:
        normal = normals.setdefault(of.market.number, Normal())
        seen = Seen(reading, of, heard, normal)
        normal.see(spread(of.market), depth(of), of.market.last_price, live_sources(seen))
        values |= _of_market(seen)
    return values


def _alone(name: str, made: Callable[..., int | None], *of: object) -> int | None:
    """Return a measure; one that fails is absent, which alerts, and takes no other with it."""
    try:
        value = made(*of)
    except Exception:
        if name not in _failing:
            _failing.add(name)
            log.exception("measure_failed", measure=name)
        return None
    _failing.discard(name)
    return value


def _of_market(seen: Seen) -> Values:
    scope = scope_of(seen.market.symbol)
    taken = (Taken.MARKET, Taken.CONTRACT) if seen.of.is_contract else (Taken.MARKET,)
    values: Values = {
        (name, scope): _alone(name, made, seen)
        for name, made in OF_MARKET.items()
        if MEASURES[name].taken in taken
    }
    return values | _of_sources(seen) if seen.of.is_contract else values


def _of_sources(seen: Seen) -> Values:
    return {
        (name, scope_of(seen.market.symbol, source.number)): _alone(name, made, seen, source)
        for name, made in OF_SOURCE.items()
        for source in seen.of.sources
    }
