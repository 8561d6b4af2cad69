"""What can be watched: every measure with its unit and where it is taken. `watch` takes them.

A measure is a whole number in its unit, taken each second for the exchange, for one market, for
one source of a contract's index, or for one table of the exchange's state.
Where it cannot be taken there is no number; a rule about it then tells that data are missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pilothouse.language.numbers import format_decimal, parse_decimal, trim


class Unit(StrEnum):
    """The units of measures, as they are kept."""

    PPM = "ppm"
    MICRO_USD = "micro_usd"
    MILLISECONDS = "ms"
    COUNT = "count"
    MEBIBYTES = "mebibytes"
    DEVIATIONS_PPM = "deviations_ppm"


class Taken(StrEnum):
    """Where a measure is taken."""

    EXCHANGE = "exchange"
    MARKET = "market"
    CONTRACT = "contract"
    SOURCE = "index source"
    TABLE = "table"


SHOWN: Final[dict[Unit, tuple[int, str]]] = {
    Unit.PPM: (4, "%"),
    Unit.MICRO_USD: (6, "USD"),
    Unit.MILLISECONDS: (3, "s"),
    Unit.COUNT: (0, ""),
    Unit.MEBIBYTES: (0, "MiB"),
    Unit.DEVIATIONS_PPM: (6, "usual deviations"),
}
"""Decimals and word under which people read and write a unit."""


@dataclass(frozen=True)
class Measure:
    """One measure: its name, where it is taken, its unit, and how."""

    name: str
    taken: Taken
    unit: Unit
    title: str
    how: str


_LISTED: Final[tuple[Measure, ...]] = (
    Measure(
        "spread",
        Taken.MARKET,
        Unit.PPM,
        "Spread",
        "best ask less best bid, over the best bid, rounded down; absent when a side is empty",
    ),
    Measure(
        "depth",
        Taken.MARKET,
        Unit.MICRO_USD,
        "Depth within 1 %",
        "value of the thinner side's orders within 1 % of the middle; zero when a side is empty; "
        "absent while the quote asset has no index price",
    ),
    Measure(
        "last_trade_age",
        Taken.MARKET,
        Unit.MILLISECONDS,
        "Last trade's age",
        "time of the exchange since its last trade; absent before the first",
    ),
    Measure(
        "index_deviation",
        Taken.SOURCE,
        Unit.PPM,
        "Index source deviation",
        "distance of the source's last price from the index, over the index; absent without index",
    ),
    Measure(
        "index_age",
        Taken.SOURCE,
        Unit.MILLISECONDS,
        "Index source age",
        "age of the source's last price; absent once a source was silent for an hour",
    ),
    Measure(
        "index_sources",
        Taken.CONTRACT,
        Unit.COUNT,
        "Index sources live",
        "sources whose price is fresh enough to count in the index",
    ),
    Measure(
        "index_stopped",
        Taken.CONTRACT,
        Unit.MILLISECONDS,
        "Index stopped",
        "time since the index was last renewed by sources that agree; absent before the first",
    ),
    Measure(
        "mark_from_index",
        Taken.CONTRACT,
        Unit.PPM,
        "Mark from index",
        "distance of mark and index, over the index; absent without one of them",
    ),
    Measure(
        "open_interest",
        Taken.CONTRACT,
        Unit.MICRO_USD,
        "Open interest",
        "value of all long positions at the mark",
    ),
    Measure(
        "below_maintenance",
        Taken.CONTRACT,
        Unit.COUNT,
        "Accounts below maintenance",
        "accounts holding the contract whose equity is below maintenance margin",
    ),
    Measure(
        "near_maintenance",
        Taken.CONTRACT,
        Unit.COUNT,
        "Accounts near maintenance",
        "accounts holding the contract whose equity is at or above maintenance margin, and less "
        "than a quarter above it",
    ),
    Measure(
        "liquidation_backlog",
        Taken.CONTRACT,
        Unit.PPM,
        "Liquidation backlog of depth",
        "value of the positions of accounts below maintenance over the depth within 1 %; a "
        "hundred times it where there is no depth",
    ),
    Measure(
        "insurance_pool",
        Taken.CONTRACT,
        Unit.MICRO_USD,
        "Insurance pool",
        "what all that the contract's insurance pool holds counts for",
    ),
    Measure(
        "unlike_itself",
        Taken.MARKET,
        Unit.DEVIATIONS_PPM,
        "Distance from its normal",
        "largest of the distances of spread, depth and price move from the market's own normal, "
        "each over its usual deviation; absent while the normal is being learnt",
    ),
    Measure(
        "price_move",
        Taken.MARKET,
        Unit.PPM,
        "Price move in five minutes",
        "distance of the last price from that of five minutes ago, over the latter",
    ),
    Measure(
        "accounts_below_maintenance",
        Taken.EXCHANGE,
        Unit.COUNT,
        "Accounts below maintenance",
        "accounts of the whole exchange whose equity is below maintenance margin",
    ),
    Measure(
        "bad_debt",
        Taken.EXCHANGE,
        Unit.MICRO_USD,
        "Losses nobody paid",
        "what accounts without positions owe, since the insurance pool could not pay it",
    ),
    Measure(
        "table_use",
        Taken.TABLE,
        Unit.PPM,
        "Use of a table",
        "rows that are taken over rows that the table has, rounded down; the writer doubles a "
        "table at 75 % while memory allows",
    ),
    Measure(
        "largest_order_share",
        Taken.EXCHANGE,
        Unit.PPM,
        "Orders of one account",
        "open orders of the account that has the most, over the rows of the table of orders",
    ),
    Measure(
        "largest_request_share",
        Taken.EXCHANGE,
        Unit.PPM,
        "Requests without a nonce of one key",
        "requests that the account with the most has used without a nonce, over the rows of the "
        "table of requests; at 25 % it can only cancel and read",
    ),
    Measure(
        "reject_rate",
        Taken.EXCHANGE,
        Unit.PPM,
        "Reject rate",
        "refused among the orders and cancellations of the last ten seconds; zero when there "
        "were none",
    ),
    Measure(
        "replica_lag",
        Taken.EXCHANGE,
        Unit.MILLISECONDS,
        "Journal to replica",
        "from the stamp of the last block to the moment this process had stepped it; absent while "
        "no block comes",
    ),
    Measure(
        "door_use",
        Taken.EXCHANGE,
        Unit.PPM,
        "Fullest limit of a door",
        "connections, WebSockets, feeds, held bodies, and requests that work or wait over "
        "what a door bears, or those of its busiest sender over what one may have: the largest; "
        "absent while a door is silent",
    ),
    Measure(
        "door_refused",
        Taken.EXCHANGE,
        Unit.COUNT,
        "Refused at the doors",
        "requests and connections that both doors refused in the last ten seconds; absent while a "
        "door is silent",
    ),
    Measure(
        "socket_refused",
        Taken.EXCHANGE,
        Unit.COUNT,
        "Refused at the sockets of the parts",
        "commands, strangers and connections that the writer refused at its local sockets in the "
        "last ten seconds; absent while no writer has counted",
    ),
    Measure(
        "block_age",
        Taken.EXCHANGE,
        Unit.MILLISECONDS,
        "Last block's age",
        "time since the stamp of the last block that was read",
    ),
    Measure(
        "control_round_age",
        Taken.EXCHANGE,
        Unit.MILLISECONDS,
        "Change worker's last round",
        "time since the worker of changes last finished a round; zero where none works",
    ),
    Measure(
        "changes_held_up",
        Taken.EXCHANGE,
        Unit.COUNT,
        "Changes the worker cannot do",
        "changes that the worker could not do in its last round, and failed changes that this "
        "release cannot read",
    ),
    Measure(
        "clock_held",
        Taken.EXCHANGE,
        Unit.MILLISECONDS,
        "Clock held",
        "difference between this machine's clock and the exchange's time while that clock is not "
        "followed; zero while it is",
    ),
    Measure(
        "journal_differences",
        Taken.EXCHANGE,
        Unit.COUNT,
        "Journal differs from what was signed",
        "commands of the journal, and rows of the records, that do not agree with what people "
        "signed, and one more if the audit's chain is broken; the page of the audit names them",
    ),
    Measure(
        "heads_age",
        Taken.EXCHANGE,
        Unit.MILLISECONDS,
        "Age of the heads",
        "time since audit and journal last recorded each other's heads; zero where nobody does",
    ),
    Measure(
        "queries_waiting",
        Taken.EXCHANGE,
        Unit.COUNT,
        "Queries that wait",
        "SQL queries, or explanations if those are more, that wait for others to end; at eight "
        "the next one is refused",
    ),
    Measure(
        "disk_free",
        Taken.EXCHANGE,
        Unit.MEBIBYTES,
        "Free disk space",
        "what can still be written to the disk of the exchange's folder, rounded down",
    ),
    Measure(
        "database_log",
        Taken.EXCHANGE,
        Unit.MEBIBYTES,
        "Log of the database",
        "size of the database's write-ahead log, rounded down; above 64 MiB somebody keeps "
        "reading an old state, and the log cannot be shortened",
    ),
    Measure(
        "database_size",
        Taken.EXCHANGE,
        Unit.MEBIBYTES,
        "Size of the database",
        "size of the database with the audit, changes and incidents, rounded down; rows of the "
        "audit are never deleted, so it only grows",
    ),
    Measure(
        "parts_failing",
        Taken.EXCHANGE,
        Unit.COUNT,
        "Failures in a row of a part",
        "how often the part that fails most has failed since it ran steadily for a minute",
    ),
    Measure(
        "archive_behind",
        Taken.EXCHANGE,
        Unit.MILLISECONDS,
        "Archive behind the exchange",
        "time between the last block that was heard and the last one that is archived",
    ),
)

MEASURES: Final[dict[str, Measure]] = {one.name: one for one in _LISTED}
"""Every measure by its name."""


def shown(value: int, unit: Unit) -> str:
    """Return a value as people read it, exact and without its unit's word."""
    return trim(format_decimal(value, SHOWN[unit][0]))


def read(text: str, unit: Unit) -> int:
    """Return the value that people wrote; raises NotExact."""
    return parse_decimal(text, SHOWN[unit][0])


def word(unit: Unit) -> str:
    """Return the word that stands behind a value of a unit."""
    return SHOWN[unit][1]
