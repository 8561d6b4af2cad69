"""A market as what a kind of change is about: in a form, its number stands under `NAME`."""

from __future__ import annotations

from typing import Final

from pilothouse.access.roles import Right
from pilothouse.control.ports import Reader
from pilothouse.language.kinds import MarketKind

NAME: Final = "market"
MANAGED_BY: Final[Right | None] = None
"""Whoever may propose and apply changes may change a market: no other right is asked for."""


def trading(reader: Reader) -> tuple[tuple[str, str], ...]:
    """Return every market that trades, by symbol."""
    return _named(reader, frozenset(MarketKind))


def contracts(reader: Reader) -> tuple[tuple[str, str], ...]:
    """Return every contract that trades, by symbol."""
    return _named(reader, frozenset({MarketKind.PERPETUAL_LINEAR}))


def _named(reader: Reader, kinds: frozenset[MarketKind]) -> tuple[tuple[str, str], ...]:
    found = [one for one in reader.markets() if one.tradeable and one.kind in kinds]
    named = sorted(found, key=lambda one: one.symbol)
    return tuple((str(one.number), one.symbol) for one in named)


def number(subject: str) -> int:
    """Return the market's number; 0, which no market has, where the subject is none."""
    return int(subject) if subject.isdecimal() else 0
