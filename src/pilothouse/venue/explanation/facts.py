"""What an explanation is made of: figures with their unit, lines, comparisons, sections."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pilothouse.language.numbers import format_decimal, trim
from pilothouse.language.schema import Event
from pilothouse.venue.views.books import BookView
from pilothouse.venue.views.margin import MarginView
from pilothouse.venue.views.markets import MarketView

USD_DECIMALS = 6
CENT_DECIMALS = 2
MICRO_USD_A_CENT = 10_000


class What(StrEnum):
    """What is explained."""

    LIQUIDATION = "liquidation"
    REFUSAL = "refusal"
    CANCELLATION = "cancellation"
    FEE = "fee"


@dataclass(frozen=True)
class Figure:
    """An exact number: an integer at so many decimals, in a unit."""

    value: int
    decimals: int = 0
    unit: str = ""

    @property
    def text(self) -> str:
        """Return it for people: no zeros that say nothing, thousands apart."""
        whole, dot, rest = trim(format_decimal(self.value, self.decimals)).partition(".")
        sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
        return f"{sign}{int(digits):,}{dot}{rest} {self.unit}".strip()


@dataclass(frozen=True)
class Line:
    """One line of the arithmetic: what it is, how it is made, and what it comes to."""

    name: str
    figure: Figure
    how: str = ""
    total: bool = False


@dataclass(frozen=True)
class Comparison:
    """Two figures, how they were compared, and whether that is what decided."""

    left: Line
    sign: str
    right: Line
    decided: bool = True

    @property
    def text(self) -> str:
        """Return it as one line."""
        one, other = self.left, self.right
        return f"{one.name} {one.figure.text} {self.sign} {other.name} {other.figure.text}"


@dataclass(frozen=True)
class Section:
    """Lines that belong together."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Moment:
    """Where something happened: its block, its place among the block's events (-1: none told),
    its position and its time (microseconds).
    """

    block: int
    event: int
    position: int
    time: int


@dataclass(frozen=True)
class Deed:
    """What an account did, or what happened to it; `said` is how people read it."""

    time: int
    position: int
    said: str
    event: Event


@dataclass(frozen=True)
class Before:
    """What an account did, and what happened to it, up to a moment, oldest first.

    It was looked from the block `block` on, whose first command has `position`, at `time`
    (microseconds). `sealed` tells that an older engine release wrote what was before.
    """

    deeds: tuple[Deed, ...]
    block: int
    position: int
    time: int
    sealed: bool = False

    @property
    def is_whole(self) -> bool:
        """Tell whether it was looked from the journal's beginning on."""
        return self.block <= 1


@dataclass(frozen=True)
class Explanation:
    """Why something happened to an account. `faults` names sums that do not agree: there are none.

    `said` is what happened, `because` why, both for the client; `outcome` what came of it in that
    block, in sentences; `listed` is its market as it then was, `markets` those it depended on.
    """

    what: What
    account: int
    moment: Moment
    where: str
    said: str
    because: str
    comparisons: tuple[Comparison, ...]
    sections: tuple[Section, ...]
    margin: MarginView
    market: int
    listed: MarketView | None
    markets: tuple[int, ...]
    book: BookView | None
    before: Before
    refusal: int = 0
    order: int = 0
    client_order_id: str = ""
    step: int = 0
    reason: int = 0
    trade: int = 0
    faults: tuple[str, ...] = ()
    outcome: tuple[str, ...] = ()


def usd(micro_usd: int) -> Figure:
    """Return an amount of micro-dollars as a figure."""
    return Figure(micro_usd, USD_DECIMALS, "USD")


def cents(micro_usd: int) -> Figure:
    """Return an amount of micro-dollars as clients read it: in cents, cut towards zero."""
    whole = abs(micro_usd) // MICRO_USD_A_CENT
    return Figure(whole if micro_usd >= 0 else -whole, CENT_DECIMALS, "USD")


def told_apart(one: int, other: int) -> tuple[str, str]:
    """Return two amounts of micro-dollars in cents, or exact where the cents read alike."""
    texts = cents(one).text, cents(other).text
    if one != other and texts[0] == texts[1]:
        return usd(one).text, usd(other).text
    return texts


def percent(ppm: int) -> Figure:
    """Return a share in ppm as a percentage."""
    return Figure(ppm, 4, "%")
