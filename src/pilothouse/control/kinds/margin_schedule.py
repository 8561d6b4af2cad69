"""Margin schedule: how much collateral a contract's positions need, by size, class and cohort.

Raising it protects the venue and can liquidate clients: the ceiling travels in the command.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

import numpy as np

from pilothouse.control import forms, margin_reach, market_subject
from pilothouse.control.kinds.kind import (
    Alternative,
    Ceiling,
    Counts,
    Difference,
    Direction,
    Fields,
    FormField,
    PlannedStep,
    Question,
    Reversible,
    Unreadable,
    Weight,
)
from pilothouse.control.margin_reach import Group, Schedules, Scope
from pilothouse.control.margin_tiers import Tiers, blend, floors, share, tiers_of
from pilothouse.control.policy import UNFINISHED
from pilothouse.control.ports import Reader
from pilothouse.control.refusals import BUNDLED_LOOSENING, Reason, of_the_engine
from pilothouse.language import refusals
from pilothouse.language.commands.margin_schedule import MarginTier, SetMarginSchedule
from pilothouse.language.kinds import ClientClass, MarketKind
from pilothouse.language.numbers import ppm_to_percent
from pilothouse.rules.margin import cohort_refusal, schedule_refusal

NAME: Final = "margin_schedule"
TITLE: Final = "Margin schedule"
WORD: Final = SetMarginSchedule
SUBJECT: Final = market_subject.NAME
MANAGED_BY: Final = market_subject.MANAGED_BY
PROTECTS_DIRECTION: Final = (
    "higher margin protects the venue; it can liquidate clients, which cannot be undone"
)
UNIT: Final = "micro-dollars"
QUESTIONS: Final = (
    Question("accounts_below_initial", "accounts newly below initial margin", limited=True),
    Question(
        "accounts_below_maintenance", "accounts newly below maintenance margin", limited=True
    ),
    Question("notional_below_initial", "notional newly below initial", UNIT, limited=True),
    Question("notional_below_maintenance", "notional newly below maintenance", UNIT, limited=True),
    Question("orders_to_cancel", "orders to be cancelled"),
)
ENGINE_COUNTS: Final = tuple(one.name for one in QUESTIONS if one.limited)
"""What the engine counts in the command itself, and the command can limit."""

TIERS_MAX: Final = 16
LARGE_STEP: Final = 3
"""A share that becomes more than this many times larger weighs class D."""
RAMP_STEPS: Final = 3
RAMP_STEP: Final = timedelta(days=1)
WISHED: Final = {"tightens": 1, "loosens": -1}
PREMIUM: Final = "largest premium of the mark, for all of the contract"
COHORT_LEAD: Final = timedelta(hours=1)
"""New positions only: the moment lies this far ahead, for the signatures take time and the
exchange refuses a cohort that begins in the past."""


def subjects(reader: Reader) -> tuple[tuple[str, str], ...]:
    """Return the contracts."""
    return market_subject.contracts(reader)


def describe(reader: Reader, subject: str) -> tuple[FormField, ...]:
    """Return the form: scope, and the tiers that hold now for everyone."""
    market = market_subject.number(subject)
    scope: Fields = {"market": market, "client_class": 0, "jurisdiction": 0, "opened_from": 0}
    tiers = before(scope, reader)["tiers"]
    made = [
        FormField(
            "client_class",
            "Client class",
            choices=tuple((one.name.lower(), one.name.lower()) for one in ClientClass),
            value="any",
        ),
        FormField("jurisdiction", "Country", "ISO 3166 number", value="0", hint="0 for all"),
        FormField("opened_from", "Positions opened from", "UTC", hint="empty for all positions"),
    ]
    for number, tier in enumerate(tiers, 1):
        made += _tier_fields(number, tier)
    return tuple(made)


def _tier_fields(number: int, tier: dict[str, int]) -> list[FormField]:
    initial, maintenance = tier["initial_ppm"], tier["maintenance_ppm"]
    return [
        FormField(f"tier_{number}_floor", "From notional", "USD", value=str(tier["floor_usd"])),
        FormField(f"tier_{number}_initial", "Initial", "%", value=ppm_to_percent(initial)),
        FormField(
            f"tier_{number}_maintenance", "Maintenance", "%", value=ppm_to_percent(maintenance)
        ),
    ]


def parse(form: Mapping[str, str]) -> Fields:
    """Return the wish a form means: tiers 1 to 16, a tier with an empty floor ends them."""
    tiers: Tiers = []
    for number in range(1, TIERS_MAX + 1):
        if not form.get(f"tier_{number}_floor", "").strip():
            break
        tiers.append(
            {
                "floor_usd": forms.number(form, f"tier_{number}_floor"),
                "initial_ppm": forms.percent(form, f"tier_{number}_initial"),
                "maintenance_ppm": forms.percent(form, f"tier_{number}_maintenance"),
            }
        )
    try:
        client_class = ClientClass[form.get("client_class", "any").upper()]
    except KeyError:
        raise Unreadable("client_class", "not a known class") from None
    return {
        "market": forms.number(form, "market"),
        "client_class": int(client_class),
        "jurisdiction": forms.number(form, "jurisdiction", absent="0"),
        "opened_from": forms.moment_us(form, "opened_from"),
        "tiers": tiers,
    }


def title(fields: Fields, reader: Reader) -> str:
    """Return the wish as a heading: the contract and the first tier's shares."""
    market = reader.market(fields["market"])
    symbol = market.symbol if market else f"contract {fields['market']}"
    changes = [one for one in difference(fields, reader) if one.effect in WISHED]
    if not fields["tiers"] or not changes:
        return f"{symbol}: margin schedule of {margin_reach.scope_words(_scope(fields))}"
    first = f"{changes[0].name} {changes[0].before} to {changes[0].after}"
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    return f"{symbol}: {first}{more}"


def objects(fields: Fields) -> tuple[str, ...]:
    """Return what it touches: a contract's schedules share one version, so they are one object."""
    return (f"market:{fields['market']}:margin_schedule",)


def markets(fields: Fields) -> tuple[int, ...]:
    """Return the one market."""
    return (fields["market"],)


def base_version(fields: Fields, reader: Reader) -> int:
    """Return the version of the contract's schedules."""
    market = reader.market(fields["market"])
    return market.schedule_version if market else 0


def check(fields: Fields, reader: Reader, now: datetime) -> Reason | None:
    """Return the first reason why it cannot be: the exchange's own law, then the house's."""
    market = reader.market(fields["market"])
    if market is None:
        return of_the_engine(refusals.UNKNOWN_MARKET)
    if market.kind != MarketKind.PERPETUAL_LINEAR:
        return of_the_engine(refusals.NOT_A_CONTRACT)
    own = _own(fields, reader)
    number = _refusal_of_the_rules(fields, market.liquidation_fee_ppm, own is not None, now)
    if number:
        return of_the_engine(number)
    if (own or []) == fields["tiers"]:
        return of_the_engine(refusals.NOTHING_TO_CHANGE)
    if weight(fields, reader).direction is Direction.NEUTRAL:
        return BUNDLED_LOOSENING if _moves(fields, reader) == {-1, 1} else None
    return None


def _refusal_of_the_rules(fields: Fields, fee_ppm: int, is_known: bool, now: datetime) -> int:
    # A scope's own schedule may also be removed, which needs no tiers.
    tiers = fields["tiers"]
    if not tiers:
        return 0 if any(_scope(fields)) else refusals.NOTHING_TO_CHANGE
    floors_usd, initial_ppm, maintenance_ppm = (
        np.array([tier[name] for tier in tiers], np.int64)
        for name in ("floor_usd", "initial_ppm", "maintenance_ppm")
    )
    columns, count = (floors_usd, initial_ppm, maintenance_ppm), len(tiers)
    return int(
        cohort_refusal(fields["opened_from"], forms.microseconds(now), is_known)
        or schedule_refusal(*columns, count, fee_ppm, fields["client_class"])
    )


def plan(fields: Fields, reader: Reader, now: datetime) -> tuple[PlannedStep, ...]:
    """Return the one step."""
    return (PlannedStep(fields),)


def before(fields: Fields, reader: Reader) -> Fields:
    """Return what holds now for the scope, its own or the one it falls back to."""
    held = _schedules(fields, reader)
    return {**fields, "tiers": margin_reach.in_force(held, _scope(fields))}


def undo(fields: Fields, reader: Reader) -> Fields:
    """Return the wish that brings the scope back: its own schedule, or none of its own."""
    return {**fields, "tiers": _own(fields, reader) or []}


def _scope(of: Fields) -> Scope:
    return (of["client_class"], of["jurisdiction"], of["opened_from"])


def _schedules(fields: Fields, reader: Reader) -> Schedules:
    return {
        (int(one.client_class), one.jurisdiction, one.opened_from): tiers_of(one)
        for one in reader.schedules(fields["market"])
    }


def _own(fields: Fields, reader: Reader) -> Tiers | None:
    return _schedules(fields, reader).get(_scope(fields))


def _reached(fields: Fields, reader: Reader) -> list[Group]:
    return margin_reach.reached(_schedules(fields, reader), _scope(fields), fields["tiers"])


def reversible(fields: Fields, reader: Reader) -> Reversible:
    """Return that the margins before can be set again; whom they liquidated stays liquidated."""
    return Reversible.PARTLY


def difference(fields: Fields, reader: Reader) -> tuple[Difference, ...]:
    """Return what changes, share by share at every floor of either schedule, for each group of
    positions that had another schedule before, or will have.
    """
    groups, tiers = _reached(fields, reader), fields["tiers"]
    whom = [group.whom(tiers) if len(groups) > 1 else "" for group in groups]
    shares = [_shares(group, one) for group, one in zip(groups, whom, strict=True)]
    return (*chain(*shares), *_premium(fields, reader))


def _premium(fields: Fields, reader: Reader) -> list[Difference]:
    # Another largest premium moves the mark of everybody, whose harm the counts then include.
    market, held = reader.market(fields["market"]), _schedules(fields, reader)
    if market is None:
        return []
    was, becomes = margin_reach.premiums(market, held, _scope(fields), fields["tiers"])
    effect = "narrows" if becomes < was else "widens"
    moved = Difference(PREMIUM, _percent(was), _percent(becomes), effect)
    return [moved] if becomes != was else []


def _shares(group: Group, whom: str) -> list[Difference]:
    every = floors(group.was, group.becomes)
    made = []
    for floor in every:
        for name in ("initial", "maintenance"):
            old, new = share(group.was, floor, name), share(group.becomes, floor, name)
            where = f" from ${floor:,}" if len(every) > 1 else ""
            effect = _effect(old, new, group)
            label = f"{name} margin{where}{whom}"
            made.append(Difference(label, _percent(old), _percent(new), effect))
    return made


def _percent(ppm: int) -> str:
    return f"{ppm_to_percent(ppm)} %" if ppm else "none"


def _effect(old: int, new: int, group: Group) -> str:
    if not group.was:
        # Without a schedule nobody opens a position: the first one lets them.
        return "loosens"
    return "tightens" if new > old else "loosens" if new < old else "same"


def _moves(fields: Fields, reader: Reader) -> set[int]:
    # -1 if a share falls for anybody, 1 if one rises.
    effects = {one.effect for one in difference(fields, reader)}
    return {WISHED[one] for one in effects & set(WISHED)}


def weight(fields: Fields, reader: Reader) -> Weight:
    """Return C, for margin can liquidate; D for a large step; B for new positions alone."""
    moves = _moves(fields, reader)
    direction = {frozenset({1}): Direction.PROTECTS, frozenset({-1}): Direction.LOOSENS}.get(
        frozenset(moves), Direction.NEUTRAL
    )
    if margin_reach.grows_beyond(LARGE_STEP, _reached(fields, reader)):
        reason = f"a margin becomes more than {LARGE_STEP} times larger"
        return Weight("D", (reason,), direction)
    # A cohort that is known already may have begun: then positions of it are open.
    is_new = fields["opened_from"] and _own(fields, reader) is None
    if is_new and direction is Direction.PROTECTS:
        return Weight("B", ("it applies only to positions opened later",), direction)
    if direction is Direction.LOOSENS:
        return Weight("C", ("lower margin lets clients take more risk",), direction)
    return Weight("C", ("higher margin can liquidate clients",), direction)


def words(fields: Fields, base_version: int, ceiling: Ceiling | None) -> SetMarginSchedule:
    """Return the words the exchange will hear, with the signed ceiling in them."""
    limits = {f"{name}_max": (ceiling or {}).get(name, -1) for name in ENGINE_COUNTS}
    return SetMarginSchedule(
        market=fields["market"],
        client_class=ClientClass(fields["client_class"]),
        jurisdiction=fields["jurisdiction"],
        opened_from=fields["opened_from"],
        base_version=base_version,
        count=len(fields["tiers"]),
        tiers=tuple(MarginTier(**tier) for tier in fields["tiers"]),
        **limits,
    )


def impact(answer: Mapping[str, Any]) -> Counts:
    """Return the counts of the rehearsal's first answer."""
    return {
        "accounts_below_initial": int(answer["newly_below_initial"]),
        "accounts_below_maintenance": int(answer["newly_below_maintenance"]),
        "notional_below_initial": int(answer["notional_newly_below_initial"]),
        "notional_below_maintenance": int(answer["notional_newly_below_maintenance"]),
        "orders_to_cancel": int(answer["orders_to_cancel"]),
    } | ({UNFINISHED: 1} if answer.get(UNFINISHED) else {})


def told(event: Mapping[str, Any]) -> Counts:
    """Return what the engine counted in the very command."""
    return {name: int(event[name]) for name in ENGINE_COUNTS}


def instead(fields: Fields, reader: Reader, now: datetime) -> tuple[Alternative, ...]:
    """Return the alternatives to a raise that loosen nothing: initial only, new positions only, a
    ramp.
    """
    if weight(fields, reader).direction is not Direction.PROTECTS or fields["opened_from"]:
        return ()
    was = before(fields, reader)["tiers"]
    made = [_new_positions_only(fields, now)]
    if was and any(one.name.startswith("maintenance") for one in _raised(fields, reader)):
        made = [_initial_only(fields, was), *made, _ramp(fields, was, now)]
    return tuple(one for one in made if _all_protect(one, reader))


def _all_protect(way: Alternative, reader: Reader) -> bool:
    # What raises one scope's margin may lie below that of a stricter schedule it comes before.
    return all(weight(one.fields, reader).direction is Direction.PROTECTS for one in way.steps)


def _raised(fields: Fields, reader: Reader) -> list[Difference]:
    return [one for one in difference(fields, reader) if one.effect == "tightens"]


def _initial_only(fields: Fields, was: Tiers) -> Alternative:
    return Alternative(
        "initial_only",
        "Initial margin only",
        "initial margin now, maintenance margin unchanged: nobody is liquidated by the change",
        (PlannedStep({**fields, "tiers": blend(was, fields["tiers"], 0, 1)}),),
    )


def _new_positions_only(fields: Fields, now: datetime) -> Alternative:
    begins = (now + COHORT_LEAD).replace(second=0, microsecond=0) + timedelta(minutes=1)
    return Alternative(
        "new_positions_only",
        "New positions only",
        f"only positions opened from {begins:%Y-%m-%d %H:%M} UTC on need more",
        (PlannedStep({**fields, "opened_from": forms.microseconds(begins)}),),
    )


def _ramp(fields: Fields, was: Tiers, now: datetime) -> Alternative:
    first = PlannedStep({**fields, "tiers": blend(was, fields["tiers"], 0, RAMP_STEPS)})
    start = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    later = [
        PlannedStep(
            {**fields, "tiers": blend(was, fields["tiers"], part, RAMP_STEPS)},
            start + part * RAMP_STEP,
        )
        for part in range(1, RAMP_STEPS + 1)
    ]
    return Alternative(
        "ramp",
        "A ramp",
        f"initial margin now, maintenance margin in {RAMP_STEPS} steps over {RAMP_STEPS} days",
        (first, *later),
    )


def holds(fields: Fields, reader: Reader) -> bool:
    """Tell whether the scope has exactly these tiers of its own, or none if that was the wish."""
    wished: Tiers = fields["tiers"]
    return (_own(fields, reader) or []) == wished
