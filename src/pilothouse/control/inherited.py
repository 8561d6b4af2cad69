"""Inherited signatures: an undo that was signed together with the change it undoes, and its end.

An undo that protects, or that is neutral, may be used for a day. One that loosens is signed anew
after one hour, or once the mark or the index of a market it changes has moved by 3 % since the
signature, whichever comes first: tighten fast, loosen slow.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pilothouse.control import plan, signing
from pilothouse.control.kinds.kind import Direction
from pilothouse.control.models import Change
from pilothouse.control.policy import (
    LOOSENING_UNDO_LASTS,
    LOOSENING_UNDO_MOVE_PPM,
    UNDO_LASTS,
)
from pilothouse.control.ports import Reader, ports
from pilothouse.language.numbers import PPM

Prices = dict[str, dict[str, int]]
"""By a market's number: its mark and its index, or the middle of its book where it has neither."""
MIDDLE: Final = "middle"


@dataclass(frozen=True)
class Inherited:
    """Signatures of another change that carry this one. `over` is why they do not any more."""

    change: int
    signers: tuple[str, ...]
    until: datetime
    over: str


def inherited(undo: Change, now: datetime) -> Inherited | None:
    """Return the signatures an undo inherits, over or not; None if it inherits none."""
    if undo.reverts is None or not signing.undo_is_signed(undo):
        return None
    signers = tuple(str(one.person) for one in signing.live_signatures(undo.reverts))
    return Inherited(undo.reverts.pk, signers, _until(undo), why_ended(undo, now))


def carries(undo: Change, now: datetime) -> bool:
    """Tell whether inherited signatures are all that an undo needs now."""
    found = inherited(undo, now)
    return found is not None and not found.over


def why_over(change: Change, now: datetime) -> str:
    """Return why what a change rests on has ended: its signatures, or those it inherits."""
    own = signing.live_signatures(change)
    found = inherited(change, now)
    if found is not None and not signing.is_complete(change, own):
        return found.over
    return "a signature ran out" if any(one.expires_at <= now for one in own) else ""


def prices_of(change: Change, reader: Reader) -> Prices:
    """Return the prices of the markets a change is about, as they are now."""
    markets = {one for step in change.steps.all() for one in _markets(change, step.fields)}
    return {str(number): _prices(reader.market(number)) for number in sorted(markets)}


def _markets(change: Change, fields: Any) -> tuple[int, ...]:
    return plan.kind_of(change).markets(fields)


def _prices(market: Any) -> dict[str, int]:
    if market is None:
        return {}
    known = {"mark": int(market.mark), "index": int(market.index)}
    if any(known.values()):
        return known
    return {MIDDLE: int(market.bid) + int(market.ask)}


def _until(undo: Change) -> datetime:
    assert undo.reverts is not None
    applied = [one.applied_at for one in plan.applied_steps(undo.reverts) if one.applied_at]
    ends = [max(applied) + UNDO_LASTS] if applied else []
    if undo.direction == Direction.LOOSENS:
        signed = signing.live_signatures(undo.reverts)
        ends += [one.signed_at + LOOSENING_UNDO_LASTS for one in signed]
    return min(ends, default=undo.proposed_at)


def why_ended(undo: Change, now: datetime) -> str:
    """Return why the signatures of what an undo reverts carry it no more; empty if they do."""
    assert undo.reverts is not None
    if now >= _until(undo):
        return "the signature it inherits has ended"
    if undo.direction != Direction.LOOSENS:
        return ""
    present = prices_of(undo, ports().reader)
    for one in signing.live_signatures(undo.reverts):
        moved = _moved(one.prices, present)
        if moved:
            return moved
    return ""


def _moved(then: Prices, now: Prices) -> str:
    for market, prices in now.items():
        before = then.get(market, {})
        for name in sorted(prices.keys() | before.keys()):
            was, is_now = before.get(name, 0), prices.get(name, 0)
            if was == is_now:
                continue
            if not was or abs(is_now - was) * PPM >= LOOSENING_UNDO_MOVE_PPM * was:
                return f"the {name} moved by 3 % or more since the signature it inherits"
    return ""
