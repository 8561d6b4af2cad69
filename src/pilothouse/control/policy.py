"""The policy of signatures: which class needs whom and how many, in one table, and the limits.

The class is computed from the difference and raised by the measured impact; nobody chooses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pilothouse.access.roles import Role
from pilothouse.language.numbers import MICRO_USD


@dataclass(frozen=True)
class Need:
    """What a class needs: how many signatures, from whom, and who may apply it."""

    name: str
    signatures: int
    roles: frozenset[Role]
    """Roles whose signature counts; empty for every role that may sign."""
    each_of: tuple[Role, ...]
    """Roles of which every one must be among the signers."""
    applier_differs: bool
    sentence: str


NEEDS: Final[dict[str, Need]] = {
    "A": Need("standard", 0, frozenset(), (), False, "no second person"),
    "B": Need("normal", 1, frozenset(), (), False, "one signature of anyone who may sign"),
    "C": Need(
        "major",
        1,
        frozenset({Role.RISK, Role.MANAGER}),
        (),
        False,
        "one signature of risk or of a manager",
    ),
    "D": Need(
        "platform",
        2,
        frozenset({Role.RISK, Role.MANAGER}),
        (Role.RISK, Role.MANAGER),
        True,
        "two signatures, risk and a manager, and another person than the proposer applies it",
    ),
}
"""The one table of classes."""


@dataclass(frozen=True)
class Fresh:
    """How recently a person gave their second factor who does something."""

    within: timedelta


FRESH_SIGNATURE: Final = Fresh(timedelta(minutes=15))
"""To sign a change or a settlement, or to make an invitation."""
FRESH_APPLY: Final = Fresh(timedelta(hours=1))
"""To apply, arm or revert what is no stop."""
FRESH_UNMASK: Final = Fresh(timedelta(hours=1))
"""To see who the clients are in an answer of the archive or an explanation."""

D_ACCOUNTS_BELOW_MAINTENANCE: Final = 1_000
D_NOTIONAL_BELOW_MAINTENANCE: Final = 100_000_000 * MICRO_USD
"""A change that hurts more than this weighs class D, whatever its difference."""

SIGNATURE_LASTS: Final = timedelta(hours=24)
PREVIEW_LASTS: Final = timedelta(hours=1)
"""How old a preview may be when someone signs by it."""
PROPOSAL_LASTS: Final = timedelta(days=7)
STEP_WINDOW: Final = timedelta(hours=1)
"""How long after its time a step may still be sent; later it is refused, never run late."""
FARTHEST: Final = timedelta(days=366)
"""How far ahead a step may be planned."""
UNDO_LASTS: Final = timedelta(hours=24)
"""How long the undo that was signed with a change may be used without new signatures."""
LOOSENING_UNDO_LASTS: Final = timedelta(hours=1)
"""How long after the signature an undo that loosens may be used without new signatures."""
LOOSENING_UNDO_MOVE_PPM: Final = 30_000
"""A mark or index that moved so much since the signature ends it for an undo that loosens."""
READ_BACK_WITHIN: Final = timedelta(seconds=60)

UNFINISHED: Final = "unfinished"
"""Beside the counts of a preview that saw no end of what follows: what no ceiling limits is then
at least so many, and the change weighs class D."""

HEADROOM_PPM: Final = 250_000
"""A ceiling that nobody set is the first preview's count and a quarter, at least the floors."""
ACCOUNTS_FLOOR: Final = 1
NOTIONAL_FLOOR: Final = 10_000 * MICRO_USD


def class_by_impact(change_class: str, counts: Mapping[str, int]) -> tuple[str, str]:
    """Return the class after the measured impact, and why if it rose."""
    accounts = counts.get("accounts_below_maintenance", 0)
    notional = counts.get("notional_below_maintenance", 0)
    large = accounts > D_ACCOUNTS_BELOW_MAINTENANCE or notional > D_NOTIONAL_BELOW_MAINTENANCE
    if large and change_class < "D":
        return "D", f"{accounts} accounts would be newly below maintenance margin"
    if counts.get(UNFINISHED) and change_class < "D":
        return "D", "the preview did not reach the end of what follows"
    return change_class, ""


def default_ceiling(counts: Mapping[str, int], limited: tuple[str, ...]) -> dict[str, int]:
    """Return the ceiling proposed for a preview's counts: a quarter above, rounded up."""
    made = {}
    for name in limited:
        floor = NOTIONAL_FLOOR if name.startswith("notional") else ACCOUNTS_FLOOR
        count = counts.get(name, 0)
        above = -(-count * HEADROOM_PPM // 1_000_000)
        made[name] = count + max(above, floor)
    return made


def above_ceiling(counts: Mapping[str, int], ceiling: Mapping[str, int] | None) -> list[str]:
    """Return the names of what is counted above its limit."""
    limits = ceiling or {}
    return [name for name, limit in limits.items() if 0 <= limit < counts.get(name, 0)]
