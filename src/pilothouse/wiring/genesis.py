"""A new exchange: its first command, and the accounts of the house.

Capacities are state and grow only by a command; these hold an exchange of some thousand clients.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pilothouse.journal.durable import mark_found
from pilothouse.journal.mend import Damaged, judge
from pilothouse.journal.reader import BadBlock, Reader
from pilothouse.journal.storage import Files
from pilothouse.language.commands import CreateExchange, OpenAccount
from pilothouse.language.kinds import CauseKind, ClientClass, Purpose
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.refusals import describe
from pilothouse.language.rows import Message
from pilothouse.venue.client import VenueClient

ACCOUNTS: Final = 16_384
ROWS: Final = 131_072
HOUSE: Final = (
    Purpose.FEES,
    Purpose.INSURANCE,
    Purpose.CUSTODY,
    Purpose.LIQUIDATION_DESK,
    Purpose.SUSPENSE,
)
GENESIS: Final = Cause(CauseKind.GENESIS, 1)


def founding() -> list[Message]:
    """Return the commands that found an exchange, always under the same names."""
    create = CreateExchange(
        accounts=ACCOUNTS,
        balances=ROWS,
        positions=ROWS,
        orders=ROWS,
        levels=ROWS,
        nodes=ROWS,
        volumes=ACCOUNTS,
        keys=ACCOUNTS,
        requests=2 * ROWS,
    )
    house = [OpenAccount(client_class=ClientClass.HOUSE, purpose=one) for one in HOUSE]
    return [
        Message(one, Name(Sender.GENESIS, 1, k), GENESIS) for k, one in enumerate([create, *house])
    ]


class NotFounded(RuntimeError):
    """The exchange refused one of its first commands."""


def is_new(home: Path) -> bool:
    """Tell whether a folder's journal has no block, and never had one that the mark counted.

    Only looked at. A first block that was torn while it was written is none.
    """
    storage = Files(home)
    if mark_found(storage):
        return False
    reader = Reader(storage)
    try:
        return next(reader.read(), None) is None
    except BadBlock as bad:
        return _is_torn(storage, bad)
    finally:
        reader.close()


def _is_torn(storage: Files, bad: BadBlock) -> bool:
    try:
        judge(storage, bad)
    except Damaged:
        return False
    return True


def found_if_new(home: Path, client: VenueClient) -> bool:
    """Found the exchange of a folder whose journal is empty; tell whether it was."""
    if not is_new(home):
        return False
    for message, receipt in zip(founding(), client.submit(founding()), strict=True):
        if not receipt.accepted:
            raise NotFounded(f"{message.command.said()}: {describe(receipt.outcome)}")
    return True
