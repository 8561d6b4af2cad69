"""Who may say what, as the journal shows it: the table of the doors, asked about a command.

The doors refuse the rest as it comes in; this reads what came in all the same.
"""

from __future__ import annotations

from typing import Final

from pilothouse.language import commands as asked
from pilothouse.language.doors import DOORS, GOVERNED, WRITERS_OWN, door_of, numbers
from pilothouse.language.names import Cause, Sender
from pilothouse.language.schema import COMMANDS

WATCHED: Final = GOVERNED | numbers(
    asked.CreateExchange,
    asked.GrowTable,
    asked.OpenAccount,
    asked.Deposit,
    asked.ListAsset,
    asked.ListMarket,
    asked.SetFeeSchedule,
    asked.RecordAuditHead,
)
"""Commands that move money from outside or change what holds: each one is looked at."""


def why_not(sender: int, number: int, cause: Cause) -> str:
    """Return why a sender may not say a command for a cause; empty if it may."""
    name = COMMANDS[number].__name__
    door = door_of(sender)
    may = WRITERS_OWN if sender == Sender.WRITER else DOORS[door].commands if door else frozenset()
    if number not in may:
        return f"sender {_named(sender)} is not allowed to send {name}"
    causes = DOORS[door].causes if door else frozenset()
    if causes and number in WATCHED and cause.kind not in causes:
        return f"sender {_named(sender)} said {name} for the cause {cause.kind.name.lower()}"
    return ""


def _named(sender: int) -> str:
    known = Sender._value2member_map_
    return f"{sender} ({known[sender].name.lower()})" if sender in known else str(sender)
