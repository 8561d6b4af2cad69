"""From an order's number, or its client's name for it, to what became of it.

What an archive knows of it is taken from there. The journal is read only behind the archive's end,
and of that no more than one answer may take.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.journal.blocks import Block
from pilothouse.language.commands import PlaceOrder
from pilothouse.language.events import OrderCancelled, OrderFilled
from pilothouse.language.rows import Rows, from_event_row, from_rows, split
from pilothouse.venue.explanation.before import about
from pilothouse.venue.explanation.explain import explain_command, explain_event
from pilothouse.venue.explanation.facts import Explanation
from pilothouse.venue.explanation.looking import NotExplained, Spent, within
from pilothouse.venue.past import Past
from pilothouse.venue.views.orders import order as open_order

_ASKER: Final = PlaceOrder.layout.slot("account").start
_TOUCHING: Final = (OrderCancelled.number, OrderFilled.number)


class Known(Protocol):
    """What is known of orders without the journal: all up to a block and its last command."""

    @property
    def block(self) -> int:
        """Return the last block of which all is known, 0 for none."""

    @property
    def position(self) -> int:
        """Return the last command of which all is known, 0 for none."""

    def named(self, account: int, client_order_id: str) -> int:
        """Return the position of an account's last order of a name, 0 if none is known."""

    def touched(self, order: int) -> int:
        """Return the time (us) of the block that last filled or cancelled an order, 0 if none."""


@dataclass(frozen=True)
class NothingKnown:
    """Where no archive is: the journal is read from its beginning, or from the order, on."""

    block: int = 0
    position: int = 0

    def named(self, account: int, client_order_id: str) -> int:
        """Return 0."""
        return 0

    def touched(self, order: int) -> int:
        """Return 0."""
        return 0


NOTHING_KNOWN: Final = NothingKnown()


def find_order(
    past: Past, order: int, known: Known = NOTHING_KNOWN, *, account: int = 0
) -> Explanation:
    """Explain what became of an order: its refusal, its cancellation, or its last fill's fee.

    Raises NoSuchMoment, PastIsSealed, NotExplained where nothing became of it, or if it is another
    account's than `account`, and NotLookedFurther.
    """
    halt = past.before_command(order)
    asked: Any = from_rows(halt.command).command
    if not isinstance(asked, PlaceOrder):
        raise NotExplained(f"command {order} placed no order")
    if account not in (0, asked.account):
        raise NotExplained(f"order {order} is not account {account}'s")
    if halt.outcome:
        return explain_command(past, order, asked.account)
    trail = _Trail(order, asked.account)
    for blocks in _where(past, order, known):
        if trail.ends_in(within(blocks)):
            break
    if trail.last is None:
        raise NotExplained(f"order {order} is open: nothing of it was filled or cancelled yet")
    made = explain_event(past, *trail.last, asked.account)
    return replace(made, because=f"{made.because}{trail.said}")


def find_client_order(
    past: Past, account: int, client_order_id: str, known: Known = NOTHING_KNOWN
) -> Explanation:
    """Explain what became of the last order that an account gave a name of its own.

    Raises what `find_order` raises.
    """
    blocks = past.blocks_behind(known.block)
    found = _last_named(blocks, account, client_order_id) or known.named(account, client_order_id)
    if not found:
        raise NotExplained(f"account {account} sent no order called {client_order_id}")
    return find_order(past, found, known, account=account)


class _Trail:
    """What became of an order, as far as blocks were looked at: its last event's block and place.

    `said` tells what is left of it after a fill.
    """

    def __init__(self, order: int, account: int) -> None:
        self.last: tuple[int, int] | None = None
        self.said = ""
        self._order, self._account = order, account

    def ends_in(self, blocks: Iterable[tuple[Machine, Block]]) -> bool:
        """Step blocks until the order is closed: nothing becomes of it later."""
        for machine, block in blocks:
            rows = machine.step(np.array(block.rows), block.header.time).events
            places = self._touching(rows)
            if not places:
                continue
            self.last = block.header.number, places[-1]
            if int(rows[places[-1], 0]) == OrderCancelled.number:
                self.said = ""
                return True
            if open_order(machine, self._order) is None:
                self.said = f" With this trade order {self._order} was filled completely."
                return True
            self.said = f" The rest of order {self._order} stayed open."
        return False

    def _touching(self, rows: Rows) -> list[int]:
        if not len(rows):
            return []
        mine = about(rows, self._account) & np.isin(rows[:, 0], _TOUCHING)
        places = np.flatnonzero(mine).tolist()
        return [k for k in places if self._order in _orders_of(from_event_row(rows[k]).event)]


def _where(past: Past, order: int, known: Known) -> Iterator[Iterable[tuple[Machine, Block]]]:
    """Yield what is to be stepped: the blocks of its last known event, then those not known of."""
    if order > known.position:
        yield past.blocks_from_command(order)
        return
    time = known.touched(order)
    if time:
        yield _at(past.blocks_from_time(time), time)
    yield past.blocks_from_block(known.block + 1)


def _at(blocks: Iterable[tuple[Machine, Block]], time: int) -> Iterator[tuple[Machine, Block]]:
    for machine, block in blocks:
        if block.header.time != time:
            return
        yield machine, block


def _last_named(blocks: Iterable[Block], account: int, client_order_id: str) -> int:
    found, spent = 0, Spent()
    for block in blocks:
        spent.on(block)
        rows = block.rows
        if not ((rows[:, 0] == PlaceOrder.number) & (rows[:, _ASKER] == account)).any():
            continue
        for position, one in enumerate(split(np.asarray(rows)), block.header.first_position):
            if int(one[0, 0]) == PlaceOrder.number and int(one[0, _ASKER]) == account:
                asked: Any = from_rows(one).command
                found = position if asked.client_order_id == client_order_id else found
    return found


def _orders_of(event: Any) -> tuple[int, ...]:
    if isinstance(event, OrderFilled):
        return event.taker_order, event.maker_order
    return (event.order,)
