"""The last events of an account in words, and where to ask why each of them happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pilothouse.language.events import (
    Deposited,
    OrderCancelled,
    OrderFilled,
    ProtectionStepTaken,
    Transferred,
)
from pilothouse.language.kinds import CancelReason
from pilothouse.language.refusals import REFUSALS
from pilothouse.records.timeline import TIMELINE, Entry
from pilothouse.venue.explanation.telling import told
from pilothouse.venue.explanation.words import REASON_WORDS, STEP_WORDS


@dataclass(frozen=True)
class Shown:
    """One event: when, in words, whether it hurt, and the address that explains it, if any."""

    time: int
    position: int
    what: str
    sentence: str
    hurt: bool
    why: str


def events_of(machine: Any, account: int) -> list[Shown]:
    """Return the last events of an account, the latest first, in the units that machine knows."""
    return [_shown(machine, account, one) for one in TIMELINE.of(account)]


def _shown(machine: Any, account: int, one: Entry) -> Shown:
    address = f"/accounts/{account}/why?"
    if one.happened is None:
        asked = told(machine, one.command, account) if one.command else ""
        sentence = f"{asked}: {REFUSALS[one.outcome].sentence}"
        why = f"{address}position={one.position}"
        return Shown(one.time, one.position, "refusal", sentence, True, why)
    event: Any = one.happened.event
    why = f"{address}block={one.block}&event={one.place}"
    what, sentence, hurt = _words(machine, account, event)
    plain = isinstance(event, Deposited | Transferred) or (
        isinstance(event, OrderCancelled) and event.reason == CancelReason.BY_CLIENT
    )
    return Shown(one.time, one.position, what, sentence, hurt, "" if plain else why)


def _words(machine: Any, account: int, event: Any) -> tuple[str, str, bool]:
    if isinstance(event, ProtectionStepTaken):
        return "liquidation", f"equity protection {STEP_WORDS[event.step]}", True
    if isinstance(event, OrderCancelled):
        reason = CancelReason(event.reason)
        return "cancellation", f"order {event.order}: {REASON_WORDS[reason]}", reason != 1
    if isinstance(event, OrderFilled):
        takes = account != event.maker_account
        order = event.taker_order if takes else event.maker_order
        return "fill", told(machine, event, account), order == 0
    return "money", told(machine, event, account), False
