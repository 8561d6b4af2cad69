"""What became of one order, as the archive has it: placed, filled, cancelled or refused.

Three fixed statements over all that was archived. Whoever asks holds a turn (`turns`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pilothouse.records.archive import running
from pilothouse.records.archive.connection import rows_of

FILLS_MOST: Final = 100
FOUND_MOST: Final = 50
_ENDS: Final = """
SELECT time_us, position, deed::VARCHAR, account, market, side::VARCHAR, order_type::VARCHAR,
       time_in_force::VARCHAR, post_only, reduce_only, price, quantity, reason::VARCHAR,
       refusal::VARCHAR, user_ref, client_order_id
FROM orders
WHERE order_number = $1 OR (deed = 'refused' AND position = $1)
ORDER BY position LIMIT 10"""
_FILLS: Final = """
SELECT time_us, position, trade, fill_kind::VARCHAR, price, quantity, value,
       taker_order = $1 AS took, CASE WHEN taker_order = $1 THEN taker_fee ELSE maker_fee END
FROM fills
WHERE taker_order = $1 OR maker_order = $1
ORDER BY position, trade LIMIT $2"""
_SUMS: Final = """
SELECT count(*), sum(quantity)::BIGINT, sum(value)::BIGINT,
       sum(CASE WHEN taker_order = $1 THEN taker_fee ELSE maker_fee END)::BIGINT
FROM fills
WHERE taker_order = $1 OR maker_order = $1"""
_NAMED: Final = """
SELECT CASE WHEN order_number > 0 THEN order_number ELSE position END AS number, account, market,
       min(time_us), string_agg(DISTINCT deed::VARCHAR, ', ' ORDER BY deed::VARCHAR)
FROM orders
WHERE client_order_id = $1
GROUP BY ALL ORDER BY min(time_us) DESC LIMIT $2"""


@dataclass(frozen=True)
class End:
    """One thing that became of an order; prices and quantities in its market's units."""

    time: int
    position: int
    deed: str
    account: int
    market: int
    side: str
    order_type: str
    time_in_force: str
    post_only: int
    reduce_only: int
    price: int
    quantity: int
    reason: str | None
    refusal: str | None
    user_ref: int
    client_order_id: str | None

    @property
    def why(self) -> str:
        """Return why it was cancelled or refused, in words; empty for neither."""
        return (self.reason or self.refusal or "").replace("_", " ")


@dataclass(frozen=True)
class Fill:
    """One fill of an order: `fee` is its own side's, in the quote's base units."""

    time: int
    position: int
    trade: int
    kind: str
    price: int
    quantity: int
    value: int
    took: bool
    fee: int


@dataclass(frozen=True)
class Story:
    """All of it: at most FILLS_MOST fills, and the sums of them all."""

    ends: tuple[End, ...]
    fills: tuple[Fill, ...]
    fills_count: int
    filled: int
    value: int
    fees: int


@dataclass(frozen=True)
class Named:
    """An order that a client gave a name."""

    number: int
    account: int
    market: int
    time: int
    deeds: str


def story_of(number: int) -> Story | None:
    """Return what the archive has of an order, None if it has nothing; raises NoArchive."""
    ends = [End(*row) for row in _rows(_ENDS, number)]
    if not ends:
        return None
    fills = tuple(Fill(*row) for row in _rows(_FILLS, number, FILLS_MOST))
    ((count, filled, value, fees),) = _rows(_SUMS, number)
    return Story(tuple(ends), fills, count, filled or 0, value or 0, fees or 0)


def orders_named(client_order_id: str) -> list[Named]:
    """Return the newest orders that clients gave this name; raises NoArchive."""
    return [Named(*row) for row in _rows(_NAMED, client_order_id, FOUND_MOST)]


def _rows(question: str, *asked: Any) -> list[tuple[Any, ...]]:
    return rows_of(running.archive().home, question, list(asked))
