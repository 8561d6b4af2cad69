"""The spot ledger: each entry that changes a balance, under an id made from what it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pilothouse.language.events import Deposited, Transferred
from pilothouse.language.kinds import Side, Wallet
from pilothouse.language.rows import Happened
from pilothouse.records.client_ids import TRADE, txid_of
from pilothouse.records.moves import NOWHERE, Move
from pilothouse.records.orders import Execution
from pilothouse.trading_api.listing import Listing

LEDGER: Final = "L"
OF_MOVES: Final = 1 << 62
"""Ledger numbers of deposits and transfers begin here, those of fills below."""
LEGS: Final = 2
"""Entries of a fill: the base asset's, then the quote asset's with the fee."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an account's spot ledger. `amount` is before the fee, both in base units."""

    position: int
    number: int
    origin: tuple[str, int]
    """The letter and the number of what it came from."""
    asset: int
    amount: int
    fee: int
    time: int
    kind: str

    @property
    def change(self) -> int:
        """Return what the balance changed by."""
        return self.amount - self.fee

    @property
    def id(self) -> str:
        """Return the entry's id."""
        return txid_of(LEDGER, self.number)

    @property
    def reference(self) -> str:
        """Return the id of what it came from: a trade, a deposit, a transfer."""
        return txid_of(*self.origin)


def move_of(move: Happened) -> Move:
    """Return a deposit or a transfer as the records have it."""
    event, where = move.event, (move.position, move.time, move.account)
    if isinstance(event, Deposited):
        return Move(*where, event.asset, event.amount, NOWHERE, int(Wallet.SPOT))
    assert isinstance(event, Transferred)
    return Move(*where, event.asset, event.amount, int(event.source), int(event.target))


def moved(move: Move) -> Iterator[Entry]:
    """Yield the entry of a deposit, or of a transfer from or to the spot wallet."""
    if Wallet.SPOT in (move.source, move.target):
        amount = move.amount if move.target == Wallet.SPOT else -move.amount
        kind = "deposit" if move.source == NOWHERE else "transfer"
        number, origin = OF_MOVES + move.position, (LEDGER, move.position)
        yield Entry(move.position, number, origin, move.asset, amount, 0, move.time, kind)


def filled(listing: Listing, execution: Execution) -> Iterator[Entry]:
    """Yield the two entries of one side of a spot fill."""
    fill, market = execution.fill, listing.markets[execution.fill.market]
    sign = 1 if execution.side == Side.BUY else -1
    origin, number = (TRADE, execution.number), LEGS * execution.number
    legs = (
        (market.base.number, sign * fill.quantity, 0),
        (market.quote.number, -sign * fill.value, execution.fee),
    )
    for leg, known in enumerate(legs):
        yield Entry(fill.position, number + leg, origin, *known, fill.time, "trade")


def ids_of_fill(execution: Execution) -> list[str]:
    """Return the ids of a spot fill's entries."""
    return [txid_of(LEDGER, LEGS * execution.number + leg) for leg in range(LEGS)]
