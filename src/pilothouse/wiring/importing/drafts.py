"""What translating collects: assets, fee schedules and markets, numbered as the engine will do.

The engine counts assets and markets from one in the order in which they are listed, so an import
knows every number before the first command is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from pilothouse.language.commands import FeeTier, ListAsset, SetFeeSchedule
from pilothouse.language.numbers import NotExact, parse_decimal
from pilothouse.language.schema import Command
from pilothouse.wiring.importing.answers import Refused

DECIMALS_LEAST: Final = 6
DOLLAR: Final = "ZUSD"
DOLLAR_DECIMALS: Final = 6
"""The machine reckons margin in dollars of exactly six decimals, its unit of valuation."""
DISPLAY: Final = {"XBT": "BTC", "XDG": "DOGE"}
"""Where clients see another name than Kraken's short one."""
LEGACY_X: Final = frozenset(
    {"ETC", "ETH", "LTC", "MLN", "REP", "XBT", "XDG", "XLM", "XMR", "XRP", "ZEC"}
)
LEGACY_Z: Final = frozenset({"AUD", "CAD", "EUR", "GBP", "JPY", "USD"})
"""Short names that stand behind an X or a Z in Kraken's names of assets."""


@dataclass(frozen=True)
class Known:
    """What the exchange has already: numbers by symbol, and how many fee schedules."""

    assets: Mapping[str, int] = field(default_factory=dict)
    decimals: Mapping[str, int] = field(default_factory=dict)
    markets: Mapping[str, int] = field(default_factory=dict)
    fee_schedules: int = 0


def exact(value: Decimal, decimals: int, place: str) -> int:
    """Return `value` as an integer at `decimals` places; Refused with its place if it is finer."""
    try:
        return parse_decimal(str(value), decimals)
    except NotExact as fault:
        raise Refused(place, str(fault)) from None


def places(value: Decimal) -> int:
    """Return how many decimals a figure has, without the zeros that say nothing."""
    # Without arithmetic, which would round a long figure and overflow at a large one.
    _sign, digits, exponent = value.as_tuple()
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(0, -(int(exponent) + zeros)) if value else 0


def asset_of(short_name: str) -> str:
    """Return the asset that a short name means: BTC and XBT are XXBT, USD is ZUSD, SOL is SOL."""
    short = {shown: name for name, shown in DISPLAY.items()}.get(short_name, short_name)
    if short in LEGACY_X:
        return f"X{short}"
    return f"Z{short}" if short in LEGACY_Z else short


class Assets:
    """The assets of an import: each gets as many decimals as its finest lot, at least six.

    Every lot is then a whole number of base units. The dollar alone has six whatever its lots say;
    a pair that trades dollars has the dollar's own unit for its lot. At eight decimals a balance
    holds up to 92 thousand million.
    """

    def __init__(self, known: Known) -> None:
        self._known = known
        self._decimals: dict[str, int] = {}
        self._display: dict[str, str] = {}
        self._collateral: set[str] = set()

    def name(self, symbol: str, shown: str | None = None, decimals: int = 0) -> None:
        """Note an asset, the name clients see, and how many decimals a lot of it needs."""
        before = self._decimals.get(symbol, DECIMALS_LEAST)
        self._decimals[symbol] = DOLLAR_DECIMALS if symbol == DOLLAR else max(before, decimals)
        if shown:
            self._display.setdefault(symbol, DISPLAY.get(shown, shown))

    def settles(self, symbol: str) -> None:
        """Note that contracts settle in this asset, so that the futures wallet takes it."""
        self._collateral.add(symbol)

    def decimals(self, symbol: str) -> int:
        """Return the decimals an asset has, or will have when it is listed."""
        return self._known.decimals.get(symbol, self._decimals.get(symbol, DECIMALS_LEAST))

    def numbers(self) -> dict[str, int]:
        """Return the number of every asset, those known and those to be listed."""
        made = dict(self._known.assets)
        for symbol in self._decimals:
            if symbol not in made:
                made[symbol] = len(made) + 1
        return made

    def commands(self) -> list[Command]:
        """Return the listings of the assets that are new, in the order of their numbers."""
        return [
            ListAsset(
                symbol=symbol,
                decimals=decimals,
                collateral=int(symbol in self._collateral),
                display=self._display.get(symbol, symbol),
            )
            for symbol, decimals in self._decimals.items()
            if symbol not in self._known.assets
        ]


class FeeSchedules:
    """The fee schedules of an import: equal tiers share one number."""

    def __init__(self, known: Known) -> None:
        self._first = known.fee_schedules + 1
        self._made: dict[tuple[FeeTier, ...], int] = {}

    def number(self, tiers: Iterable[FeeTier]) -> int:
        """Return the number of the schedule with these tiers."""
        return self._made.setdefault(tuple(tiers), self._first + len(self._made))

    def commands(self) -> list[Command]:
        """Return the commands that set the schedules."""
        return [
            SetFeeSchedule(fee_schedule=number, count=len(tiers), tiers=tiers)
            for tiers, number in self._made.items()
        ]
