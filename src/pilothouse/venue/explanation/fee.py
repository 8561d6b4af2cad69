"""A fee: the volume of thirty days before the fill, the tier, the rate, and the rounding.

Within one command or examination an account's volume grows with each of its fills; the volume
shown is the one that chose the tier of this fill.
"""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.engine import reading
from pilothouse.engine.machine import Machine
from pilothouse.language.events import OrderFilled
from pilothouse.language.kinds import FillKind
from pilothouse.language.numbers import MICRO_USD
from pilothouse.language.rows import Happened
from pilothouse.venue.explanation import units
from pilothouse.venue.explanation.facts import (
    Comparison,
    Figure,
    Line,
    Section,
    cents,
    percent,
    usd,
)
from pilothouse.venue.explanation.liquidation import Told
from pilothouse.venue.halting import Halt
from pilothouse.venue.views.fees import fee_tiers


@dataclass(frozen=True)
class Charged:
    """A fee with what it was made of (volume in micro-dollars, value in quote base units)."""

    maker: bool
    volume: int
    tier: int
    rate_ppm: int
    value: int
    amount: int


def charged(halt: Halt, account: int, place: int, fills: list[Happened]) -> Charged:
    """Return the fee of an account's side of `fills[place]`, the fills of one halt in order."""
    event = fills[place].event
    assert isinstance(event, OrderFilled)
    maker = fills[place].account != account
    volume = _volume(halt, account, place, fills)
    number = int(halt.machine.state.markets[event.market]["fee_schedule"])
    tiers = fee_tiers(halt.machine, number)
    tier = max(
        (k for k, one in enumerate(tiers) if volume // MICRO_USD >= one.volume_from_usd),
        default=0,
    )
    rate = 0
    if tiers:
        rate = tiers[tier].maker_ppm if maker else tiers[tier].taker_ppm
    if event.fill_kind == FillKind.LIQUIDATION and not maker:
        rate = int(halt.machine.state.markets[event.market]["liquidation_fee_ppm"])
    if event.fill_kind == FillKind.UNWIND:
        rate = 0
    amount = event.maker_fee if maker else event.taker_fee
    return Charged(maker, volume, tier, rate, event.value, amount)


def fee_taken(halt: Halt, account: int, place: int, fills: list[Happened]) -> Told:
    """Explain the fee of an account's side of a fill."""
    event = fills[place].event
    assert isinstance(event, OrderFilled)
    made = charged(halt, account, place, fills)
    machine, market = halt.machine, units.market_of(halt.machine, event.market)
    value = units.amount(machine, market.quote, made.value)
    amount = units.amount(machine, market.quote, made.amount)
    side = "maker (the order rested)" if made.maker else "taker (the order came)"
    special = event.fill_kind == FillKind.LIQUIDATION and not made.maker
    if special:
        side = "liquidation fee of the contract"
    price = units.price(machine, market, event.price).text
    size = units.quantity(machine, market, event.quantity).text
    full = int(reading.read_fee(made.value, made.rate_ppm))
    lines = [
        Line("Value of the trade", value, f"{size} at {price}, rounded down"),
        Line("Rate", percent(made.rate_ppm), side),
        Line("Fee", amount, "value times rate, rounded up", total=True),
    ]
    sections = [Section("Fee", tuple(lines))]
    if not special:
        sections.insert(0, _tier_section(machine, event, made))
    capped = made.amount < full
    if capped:
        lines.append(Line("Capped", amount, "the order keeps the value of its rest"))
        sections[-1] = Section("Fee", tuple(lines))
    wrong = f"the fee was {made.amount}, shown is {full}"
    allowed = made.amount == full or (capped and not market.clearing_account)
    said = f"A fee of {amount.text} was charged on a trade of {size} in {market.symbol}."
    because = f"The trade was worth {value.text} and the rate was {percent(made.rate_ppm).text}"
    because += f" as {side}."
    if not special:
        because += f" The tier follows from a thirty-day volume of {cents(made.volume).text}."
    compared = () if special else (_compared(machine, event, made),)
    return Told(
        said, because, compared, tuple(sections), event.market, () if allowed else (wrong,)
    )


def _tier_section(machine: Machine, event: OrderFilled, made: Charged) -> Section:
    number = int(machine.state.markets[event.market]["fee_schedule"])
    lines = [Line("Volume of thirty days", usd(made.volume), "before this trade")]
    for k, tier in enumerate(fee_tiers(machine, number)):
        rates = f"maker {percent(tier.maker_ppm).text}, taker {percent(tier.taker_ppm).text}"
        name = f"Tier {k + 1}" + (", reached" if k == made.tier else "")
        lines.append(Line(name, Figure(tier.volume_from_usd, 0, "USD"), rates))
    return Section("Tier", tuple(lines))


def _compared(machine: Machine, event: OrderFilled, made: Charged) -> Comparison:
    tiers = fee_tiers(machine, int(machine.state.markets[event.market]["fee_schedule"]))
    start = tiers[made.tier].volume_from_usd if tiers else 0
    tier = Line(f"start of tier {made.tier + 1}", Figure(start, 0, "USD"))
    return Comparison(Line("Volume", usd(made.volume)), "≥", tier)


def _volume(halt: Halt, account: int, place: int, fills: list[Happened]) -> int:
    # A maker's first fill is judged by the volume as it stood; everything later by one from which
    # the days that are too old have fallen out.
    assert halt.after is not None
    mine = [k for k, one in enumerate(fills) if account in _sides(one)]
    if fills[place].account != account and mine[0] == place:
        return int(halt.machine.state.accounts[account]["volume_micro_usd"])
    left = int(halt.after.state.accounts[account]["volume_micro_usd"])
    return left - sum(_micro_usd(halt, fills[k]) for k in mine if k >= place)


def _sides(one: Happened) -> tuple[int, int]:
    assert isinstance(one.event, OrderFilled)
    return one.account, one.event.maker_account


def _micro_usd(halt: Halt, one: Happened) -> int:
    event = one.event
    assert isinstance(event, OrderFilled)
    if event.fill_kind == FillKind.UNWIND:
        return 0
    quote = int(halt.machine.state.markets[event.market]["quote"])
    return int(reading.read_volume(halt.machine.arena.state, quote, event.value))
