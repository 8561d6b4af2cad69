"""The ways into the exchange: who may come in by each, and what may be said there.

A door belongs to one part. Whatever is not in its row of `DOORS` is refused there, also from a
part that was taken over.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pilothouse.language import commands as asked
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import GATEWAYS, INDEX_SOURCES, Sender
from pilothouse.language.schema import COMMANDS, Command


class Doorway(StrEnum):
    """A door, called as its socket."""

    FOUNDING = "founding"
    IMPORT = "import"
    CONSOLE = "console"
    AUDIT = "audit"
    INDEX = "index"
    TRAFFIC = "traffic"
    GATEWAY = "gateway"


@dataclass(frozen=True)
class Powers:
    """What one door may say: its senders, its commands, and the causes of those that are governed.

    No causes means that nothing it may say is governed.
    """

    senders: frozenset[int]
    commands: frozenset[int]
    causes: frozenset[int] = frozenset()


def numbers(*commands: type[Command]) -> frozenset[int]:
    """Return the numbers of commands."""
    return frozenset(one.number for one in commands)


LISTS: Final = (
    asked.ListAsset,
    asked.ListMarket,
    asked.SetFeeSchedule,
    asked.SetMarginSchedule,
)
TRADES: Final = (
    asked.PlaceOrder,
    asked.CancelOrder,
    asked.CancelAllOrders,
    asked.Transfer,
)
GOVERNED: Final = frozenset(number for number, one in COMMANDS.items() if one.governed)
GENESIS: Final = frozenset({int(CauseKind.GENESIS)})
CHANGES: Final = frozenset({int(CauseKind.CHANGE)})
WRITERS_OWN: Final = numbers(asked.RecordFingerprint, asked.GrowTable)
"""What only the writer says; it needs no door."""

DOORS: Final[dict[Doorway, Powers]] = {
    Doorway.FOUNDING: Powers(
        frozenset({Sender.GENESIS}),
        numbers(
            asked.CreateExchange,
            asked.OpenAccount,
            asked.Deposit,
            asked.SetIndexPrice,
            *LISTS,
            *TRADES,
        ),
        GENESIS,
    ),
    Doorway.IMPORT: Powers(frozenset({Sender.IMPORT}), numbers(asked.OpenDoor, *LISTS), GENESIS),
    Doorway.CONSOLE: Powers(frozenset({Sender.CONTROL}), GOVERNED, CHANGES),
    Doorway.AUDIT: Powers(frozenset({Sender.AUDIT}), numbers(asked.RecordAuditHead)),
    Doorway.INDEX: Powers(
        frozenset({Sender.INDEX, *INDEX_SOURCES}), numbers(asked.OpenDoor, asked.SetIndexPrice)
    ),
    Doorway.TRAFFIC: Powers(
        frozenset({Sender.SIMULATION}),
        # Invented holders who lost all bring new money; where money is real this door is shut.
        numbers(asked.OpenDoor, asked.SetIndexPrice, asked.Deposit, *TRADES),
    ),
    Doorway.GATEWAY: Powers(
        frozenset(GATEWAYS),
        numbers(asked.OpenDoor, asked.UseNonce, asked.UseRequest, *TRADES),
    ),
}


def door_of(sender: int) -> Doorway | None:
    """Return the door a sender comes in by, None if it has none."""
    return next((door for door, one in DOORS.items() if sender in one.senders), None)
