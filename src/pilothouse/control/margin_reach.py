"""What a margin schedule changes for whom: groups of positions by class, country and opening.

A schedule may cover clients who had different schedules before. Whether it tightens or loosens is
judged for each of them: against what holds for them now, not against what covers the whole scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pilothouse.control.margin_tiers import Tiers, floors, share
from pilothouse.control.ports import MarketFacts
from pilothouse.language.kinds import ClientClass
from pilothouse.language.numbers import PPM, SECOND_US
from pilothouse.rules.mark import premium_share_ppm

Scope = tuple[int, int, int]
"""Client class, country, and the moment of opening from which it holds (microseconds); 0 is any.

Of those that cover a position the largest holds: a class before a country before a moment."""
Schedules = Mapping[Scope, Tiers]
CLASSES: Final = tuple(int(one) for one in ClientClass if one is not ClientClass.ANY)
ANY_OTHER: Final = 0
"""A country that no schedule names."""


@dataclass(frozen=True)
class Group:
    """Positions for which one schedule gives way to another.

    `other` is the scope that gives way, or takes over when the schedule is removed; None if the
    scope had a schedule of its own, or nothing else holds there.
    """

    other: Scope | None
    was: Tiers
    becomes: Tiers

    def whom(self, tiers: Tiers) -> str:
        """Return for whom it is, as the end of a label; without `tiers` the own ones go."""
        if self.other is None:
            return ", where none holds"
        gives_way = "in place of" if tiers else "back to"
        return f", {gives_way} that of {scope_words(self.other)}"


def reached(schedules: Schedules, scope: Scope, tiers: Tiers) -> list[Group]:
    """Return the groups for which tiers, none to remove a scope's own, change what holds.

    Schedules are those in force. At least one group is returned, so that a change which reaches
    nobody is still told as what it is.
    """
    own = schedules.get(scope)
    if own is not None and tiers:
        return [Group(None, own, tiers)]
    counterparts = _counterparts(schedules, scope) or {_covering(schedules, scope)}
    ordered = sorted(counterparts, key=lambda one: one or (-1, 0, 0))
    held = [(one, schedules[one] if one is not None else []) for one in ordered]
    if own is None:
        return [Group(one, before, tiers) for one, before in held]
    return [Group(one, own, after) for one, after in held]


def premiums(
    market: MarketFacts, schedules: Schedules, scope: Scope, tiers: Tiers
) -> tuple[int, int]:
    """Return the largest premium (ppm) that a look may say, before tiers hold for a scope and
    after: the least maintenance margin of any schedule bounds it.
    """
    was, becomes = (
        min((one[0]["maintenance_ppm"] for one in held.values() if one), default=PPM)
        for held in (schedules, {**schedules, scope: tiers})
    )
    limit, fee = market.premium_max_ppm, market.liquidation_fee_ppm
    return premium_share_ppm(limit, was, fee), premium_share_ppm(limit, becomes, fee)


def in_force(schedules: Schedules, scope: Scope) -> Tiers:
    """Return the tiers of the most particular schedule that covers a whole scope."""
    found = scope if scope in schedules else _covering(schedules, scope)
    return schedules[found] if found is not None else []


def grows_beyond(times: int, groups: Iterable[Group]) -> bool:
    """Tell whether a share of any group becomes more than so many times larger."""
    return any(
        share(one.becomes, floor, name) > times * share(one.was, floor, name) > 0
        for one in groups
        for floor in floors(one.was, one.becomes)
        for name in ("initial", "maintenance")
    )


def scope_words(scope: Scope) -> str:
    """Return a scope as people read it."""
    client_class, jurisdiction, opened_from = scope
    words = []
    if client_class:
        words.append(f"{ClientClass(client_class).name.lower()} clients")
    if jurisdiction:
        words.append(f"country {jurisdiction}")
    if opened_from:
        moment = datetime.fromtimestamp(opened_from // SECOND_US, UTC)
        words.append(f"positions opened from {moment:%Y-%m-%d %H:%M}")
    return ", ".join(words) or "everyone"


def _counterparts(schedules: Schedules, scope: Scope) -> set[Scope | None]:
    # What holds without the scope wherever the scope would hold.
    client_class, country, opened_from = scope
    others = sorted((one for one in schedules if one != scope), key=_begins)
    found: set[Scope | None] = set()
    for one_class in (client_class,) if client_class else CLASSES:
        for one_country in (country,) if country else _countries(others):
            covering = [one for one in others if _covers(one, one_class, one_country)]
            found |= _beaten(covering, scope, opened_from)
    return found


def _begins(scope: Scope) -> tuple[int, int, int]:
    # Of those that begin together the largest comes first: the others never hold.
    client_class, country, opened_from = scope
    return (opened_from, -client_class, -country)


def _countries(scopes: list[Scope]) -> set[int]:
    return {ANY_OTHER, *(country for _, country, _ in scopes)}


def _covers(scope: Scope, client_class: int, country: int) -> bool:
    return scope[0] in (0, client_class) and scope[1] in (0, country)


def _beaten(covering: list[Scope], scope: Scope, opened_from: int) -> set[Scope | None]:
    # From moment to moment: the largest that has begun, until one holds instead of the scope.
    begun = [one for one in covering if one[2] <= opened_from]
    best = max(begun) if begun else None
    found: set[Scope | None] = set()
    for later in [None, *covering[len(begun) :]]:
        best = later if best is None else max(best, later or best)
        if best is not None and best > scope:
            break
        found.add(best)
    return found


def _covering(schedules: Schedules, scope: Scope) -> Scope | None:
    # The most particular schedule that covers the whole scope.
    client_class, country, opened_from = scope
    covering = [
        one
        for one in schedules
        if one != scope and _covers(one, client_class, country) and one[2] <= opened_from
    ]
    return max(covering, default=None)
