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


def events_of(account: int) -> list[Shown]:
    """Return the last events of an account, the latest first."""
    return [_shown(account, one) for one in TIMELINE.of(account)]


def _shown(account: int, one: Entry) -> Shown:
    address = f"/accounts/{account}/why?"
    if one.happened is None:
        sentence = f"{one.command.said()}: {REFUSALS[one.outcome].sentence}" if one.command else ""
        why = f"{address}position={one.position}"
        return Shown(one.time, one.position, "refusal", sentence, True, why)
    event: Any = one.happened.event
    why = f"{address}block={one.block}&event={one.place}"
    what, sentence, hurt = _words(account, one.happened.account, event)
    plain = isinstance(event, Deposited | Transferred) or (
        isinstance(event, OrderCancelled) and event.reason == CancelReason.BY_CLIENT
    )
    return Shown(one.time, one.position, what, sentence, hurt, "" if plain else why)


def _words(account: int, of: int, event: Any) -> tuple[str, str, bool]:
    if isinstance(event, ProtectionStepTaken):
        return "liquidation", f"equity protection {STEP_WORDS[event.step]}", True
    if isinstance(event, OrderCancelled):
        reason = CancelReason(event.reason)
        return "cancellation", f"order {event.order}: {REASON_WORDS[reason]}", reason != 1
    if isinstance(event, OrderFilled):
        order = event.taker_order if of == account else event.maker_order
        return "fill", f"order {order}: {event.said()}" if order else event.said(), order == 0
    return "money", event.said(), False
