"""Event rows as named tuples: the fast way to read many events of one kind.

`language.rows.from_event_row` makes one typed object a row; a fold that follows the exchange reads
thousands of rows a second and names their words instead.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any, Final

from pilothouse.language.events import (
    Deposited,
    FundingRateSet,
    MarketListed,
    MarkSet,
    OrderCancelled,
    OrderFilled,
    OrderPlaced,
    Transferred,
)
from pilothouse.language.schema import EVENT_HEAD, Event

Words = Any
"""An event's words under their names: kind, position, time, account, then the event's fields."""


def _reader(cls: type[Event]) -> Callable[[list[int]], Words]:
    names = [slot.name for slot in cls.layout.slots]
    made = namedtuple(cls.__name__, [*EVENT_HEAD, *names], rename=False)  # type: ignore[misc]
    words = len(EVENT_HEAD) + len(names)
    return lambda row: made._make(row[:words])


placed: Final = _reader(OrderPlaced)
filled: Final = _reader(OrderFilled)
cancelled: Final = _reader(OrderCancelled)
market_listed: Final = _reader(MarketListed)
deposited: Final = _reader(Deposited)
transferred: Final = _reader(Transferred)
mark_set: Final = _reader(MarkSet)
funding_rate_set: Final = _reader(FundingRateSet)
