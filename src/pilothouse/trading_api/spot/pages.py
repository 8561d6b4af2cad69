"""Cutting long answers: Kraken's `start`, `end` and `ofs`, fifty entries a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from pilothouse.trading_api.spot.arguments import Arguments

PAGE: Final = 50
T = TypeVar("T")


def between(arguments: Arguments, found: Sequence[T], time_of: Callable[[T], int]) -> list[T]:
    """Return what happened after `start` and not after `end`."""
    start, end = arguments.moment("start"), arguments.moment("end")
    return [
        one
        for one in found
        if (start is None or time_of(one) > start) and (end is None or time_of(one) <= end)
    ]


def page(arguments: Arguments, found: Sequence[T]) -> Sequence[T]:
    """Return the page that begins at `ofs`."""
    at = arguments.integer("ofs", 0, 0, 1 << 62)
    return found[at : at + PAGE]
