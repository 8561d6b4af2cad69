"""Cutting long answers: Kraken's `start`, `end` and `ofs`, fifty entries a page.

`start` and `end` are times, or ids of entries: then the answer begins or ends at the entry itself,
whatever else happened in its moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from pilothouse.records.client_ids import number_of_txid
from pilothouse.trading_api.spot.arguments import Arguments
from pilothouse.trading_api.spot.errors import invalid

PAGE: Final = 50
T = TypeVar("T")


def between(
    arguments: Arguments,
    found: Sequence[T],
    time_of: Callable[[T], int],
    letter: str,
    number_of: Callable[[T], int],
) -> list[T]:
    """Return what happened after `start` and not after `end`; `found` has the latest first.

    `letter` is that of the entries' ids, which are made from their numbers.
    """
    numbers = [number_of(one) for one in found]
    begins, ends = (_place(arguments, name, letter, numbers) for name in ("start", "end"))
    cut = found[ends or 0 : len(found) if begins is None else begins]
    start = arguments.moment("start") if begins is None else None
    end = arguments.moment("end") if ends is None else None
    return [
        one
        for one in cut
        if (start is None or time_of(one) > start) and (end is None or time_of(one) <= end)
    ]


def _place(arguments: Arguments, name: str, letter: str, numbers: list[int]) -> int | None:
    # Ids begin with a letter, times do not.
    text = arguments.text(name)
    if text is None or not text[0].isalpha():
        return None
    number = number_of_txid(letter, text)
    if number is None or number not in numbers:
        raise invalid(name)
    return numbers.index(number)


def page(arguments: Arguments, found: Sequence[T]) -> Sequence[T]:
    """Return the page that begins at `ofs`."""
    at = arguments.integer("ofs", 0, 0, 1 << 62)
    return found[at : at + PAGE]


def counted(arguments: Arguments, found: Sequence[Any]) -> dict[str, int]:
    """Return how many entries there are in all, unless a request wants none of it."""
    return {} if arguments.flag("without_count") else {"count": len(found)}
