"""Markets by exception: unusual ones one by one, those with the same reasons as one line.

A few normal ones follow, the farthest from their own normal first; the rest is folded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pilothouse.console.live.pulse import Pulse
from pilothouse.watch.reasons import NamedMarket

TOGETHER_FROM: Final = 4
"""From how many markets on those with the same reasons are one line."""
UNUSUAL_MOST: Final = 40
"""Lines of unusual markets; what is beyond is counted, and listed with all markets."""
ROWS: Final = 9
"""Rows that normal markets fill up to: what a screen of 900 pixels has room for."""
CHIPS_MOST: Final = 400
"""Markets that a folded list names."""


@dataclass(frozen=True)
class Together:
    """Markets with the same reasons, and how much one of them weighs."""

    sentence: str
    weight: int
    markets: tuple[NamedMarket, ...]


@dataclass(frozen=True)
class Exceptions:
    """What the control room shows of the markets of a pulse."""

    unusual: tuple[NamedMarket | Together, ...]
    more_unusual: int
    normal: tuple[NamedMarket, ...]
    folded: tuple[NamedMarket, ...]

    @property
    def rows(self) -> tuple[NamedMarket, ...]:
        """Return the markets that have a row of their own."""
        alone = (one for one in self.unusual if isinstance(one, NamedMarket))
        return (*alone, *self.normal)


def exceptions(pulse: Pulse, rows: int = ROWS) -> Exceptions:
    """Return the lines of a pulse's markets, the heaviest first, filled up to some rows."""
    lines = sorted(_lines(pulse.named), key=lambda one: -one.weight)
    shown = lines[:UNUSUAL_MOST]
    room = max(0, rows - len(shown))
    return Exceptions(
        unusual=tuple(shown),
        more_unusual=len(lines) - len(shown),
        normal=pulse.quiet[:room],
        folded=pulse.quiet[room:],
    )


def _lines(named: Iterable[NamedMarket]) -> list[NamedMarket | Together]:
    groups: dict[tuple[str, ...], list[NamedMarket]] = {}
    for one in named:
        groups.setdefault(tuple(sorted(reason.shared for reason in one.reasons)), []).append(one)
    made: list[NamedMarket | Together] = []
    for markets in groups.values():
        if len(markets) < TOGETHER_FROM:
            made += markets
        else:
            heaviest = max(markets, key=lambda one: one.weight)
            said = "; ".join(one.shared for one in heaviest.reasons)
            made.append(Together(said, heaviest.weight, tuple(markets)))
    return made
