"""Price band: how far from the reference an order may be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pilothouse.control import forms, market_subject
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
    Weight,
)
from pilothouse.control.ports import Reader
from pilothouse.control.refusals import Reason, of_the_engine
from pilothouse.language import refusals
from pilothouse.language.commands.price_band import SetPriceBand
from pilothouse.language.numbers import PPM, ppm_to_percent
from pilothouse.rules.price_band import band_is_allowed

NAME: Final = "price_band"
TITLE: Final = "Price band"
WORD: Final = SetPriceBand
SUBJECT: Final = market_subject.NAME
MANAGED_BY: Final = market_subject.MANAGED_BY
PROTECTS_DIRECTION: Final = (
    "a narrower band protects the venue and its clients from prices far from the reference"
)
QUESTIONS: Final = (
    Question("orders_outside_band", "resting orders outside the band", limited=True),
)

STEP_APART: Final = timedelta(hours=1)
LARGE_STEP: Final = 4
"""A band that becomes this many times wider or narrower weighs one class more."""


def subjects(reader: Reader) -> tuple[tuple[str, str], ...]:
    """Return the markets that trade."""
    return market_subject.trading(reader)


def describe(reader: Reader, subject: str) -> tuple[FormField, ...]:
    """Return the form: the band as a percentage."""
    now = reader.market(market_subject.number(subject))
    value = ppm_to_percent(now.band_ppm) if now else ""
    hint = "0 for no band, else 0.1 to 100"
    return (FormField("band_percent", "Largest distance", "%", value=value, hint=hint),)


def parse(form: Mapping[str, str]) -> Fields:
    """Return the wish a form means."""
    band_ppm = forms.percent(form, "band_percent")
    return {"market": forms.number(form, "market"), "band_ppm": band_ppm}


def title(fields: Fields, reader: Reader) -> str:
    """Return the wish as a heading."""
    market = reader.market(fields["market"])
    symbol = market.symbol if market else f"market {fields['market']}"
    return f"{symbol}: price band {_word(fields['band_ppm'])}"


def objects(fields: Fields) -> tuple[str, ...]:
    """Return what it touches."""
    return (f"market:{fields['market']}:price_band",)


def markets(fields: Fields) -> tuple[int, ...]:
    """Return the one market."""
    return (fields["market"],)


def base_version(fields: Fields, reader: Reader) -> int:
    """Return the version of the market's band."""
    market = reader.market(fields["market"])
    return market.band_version if market else 0


def check(fields: Fields, reader: Reader, now: datetime) -> Reason | None:
    """Return the first reason why it cannot be."""
    market = reader.market(fields["market"])
    band_ppm = fields["band_ppm"]
    if market is None:
        return of_the_engine(refusals.UNKNOWN_MARKET)
    if not band_is_allowed(band_ppm):
        return of_the_engine(refusals.BAND_IS_OUT_OF_RANGE)
    if market.band_ppm == band_ppm:
        return of_the_engine(refusals.NOTHING_TO_CHANGE)
    return None


def plan(fields: Fields, reader: Reader, now: datetime) -> tuple[PlannedStep, ...]:
    """Return the one step."""
    return (PlannedStep(fields),)


def before(fields: Fields, reader: Reader) -> Fields:
    """Return the band that holds now."""
    market = reader.market(fields["market"])
    return {"market": fields["market"], "band_ppm": market.band_ppm if market else 0}


def undo(fields: Fields, reader: Reader) -> Fields:
    """Return the wish for the band that holds now."""
    return before(fields, reader)


def reversible(fields: Fields, reader: Reader) -> Reversible:
    """Return that the band before can be set again."""
    return Reversible.YES


def difference(fields: Fields, reader: Reader) -> tuple[Difference, ...]:
    """Return the band before and after."""
    was, becomes = before(fields, reader)["band_ppm"], fields["band_ppm"]
    effect = "tightens" if _width(becomes) < _width(was) else "loosens"
    return (Difference("price band", _word(was), _word(becomes), effect),)


def weight(fields: Fields, reader: Reader) -> Weight:
    """Return B for a narrower band, C for a wider one or a large step."""
    was, becomes = _width(before(fields, reader)["band_ppm"]), _width(fields["band_ppm"])
    if becomes > was:
        return Weight(
            "C", ("a wider band lets prices further from the reference trade",), Direction.LOOSENS
        )
    if becomes * LARGE_STEP < was and was <= PPM:
        reason = f"the band becomes more than {LARGE_STEP} times narrower"
        return Weight("C", (reason,), Direction.PROTECTS)
    return Weight("B", ("a narrower band refuses orders",), Direction.PROTECTS)


def _width(band_ppm: int) -> int:
    # No band is wider than any band.
    return band_ppm or 2 * PPM


def words(fields: Fields, base_version: int, ceiling: Ceiling | None) -> SetPriceBand:
    """Return the words the exchange will hear, with the signed ceiling in them."""
    return SetPriceBand(
        market=fields["market"],
        band_ppm=fields["band_ppm"],
        base_version=base_version,
        orders_outside_max=(ceiling or {}).get("orders_outside_band", -1),
    )


def impact(answer: Mapping[str, Any]) -> Counts:
    """Return how many resting orders are outside the band."""
    return {"orders_outside_band": int(answer.get("orders_outside_band", 0))}


def told(event: Mapping[str, Any]) -> Counts:
    """Return how many resting orders the engine counted outside the band."""
    return {"orders_outside_band": int(event["orders_outside"])}


def instead(fields: Fields, reader: Reader, now: datetime) -> tuple[Alternative, ...]:
    """Return, for a band that narrows, half the way now and the rest an hour later."""
    was, becomes = before(fields, reader)["band_ppm"], fields["band_ppm"]
    between = (was + becomes) // 2
    if not 0 < becomes < between < was:
        return ()
    return (
        Alternative(
            "two_steps",
            "In two steps",
            f"{_word(between)} now and {_word(becomes)} after an hour, so that makers can move",
            (PlannedStep(fields | {"band_ppm": between}), PlannedStep(fields, now + STEP_APART)),
        ),
    )


def holds(fields: Fields, reader: Reader) -> bool:
    """Tell whether the market has this band."""
    market = reader.market(fields["market"])
    return market is not None and market.band_ppm == fields["band_ppm"]


def _word(band_ppm: int) -> str:
    return f"{ppm_to_percent(band_ppm)} %" if band_ppm else "none"
