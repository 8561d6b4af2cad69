"""Pages of the past that lead to its end: by the time of their last entry, or by a token.

Kraken's clients ask for the next page by the time of the last entry, which is told in
milliseconds. A page by time therefore ends between two milliseconds, never within one, and may be
longer than Kraken's. A token names the last entry itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import dropwhile
from typing import Final, TypeVar

from pilothouse.records.client_ids import number_of_uuid, uuid_of
from pilothouse.trading_api.futures.arguments import Arguments
from pilothouse.trading_api.futures.errors import invalid

TOKEN: Final = "continuation"
NAMES: Final = ("continuationToken", "continuation_token")
MILLISECOND_US: Final = 1_000
T = TypeVar("T")


def by_time(
    found: Iterable[T], time_of: Callable[[T], int], before: int | None, most: int, ceiling: int
) -> list[T]:
    """Return the first `most` of what happened before a moment, the latest first.

    Those that share the last one's millisecond belong to the page too, up to `ceiling` in all.
    """
    if before is not None:
        bound = before // MILLISECOND_US
        found = dropwhile(lambda one: time_of(one) // MILLISECOND_US >= bound, found)
    page: list[T] = []
    for one in found:
        if len(page) >= most and not _together(time_of(page[-1]), time_of(one)):
            break
        if len(page) >= ceiling:
            break
        page.append(one)
    return page


def _together(one: int, other: int) -> bool:
    return one // MILLISECOND_US == other // MILLISECOND_US


def token_of(number: int) -> str:
    """Return the token that goes on behind the entry of a number."""
    return uuid_of(TOKEN, number)


def read_token(arguments: Arguments) -> int | None:
    """Return the number of the entry that a request goes on behind, None if it sends no token."""
    text = arguments.text(*NAMES)
    if text is None:
        return None
    found = number_of_uuid(TOKEN, text)
    if found is None:
        raise invalid(NAMES[0])
    return found


def rising(arguments: Arguments) -> bool:
    """Tell whether a request wants the oldest first."""
    return arguments.text("sort") == "asc"


def behind(arguments: Arguments, found: list[T], number_of: Callable[[T], int]) -> list[T]:
    """Return what comes behind the entry that a request's token names, all without a token.

    An entry that is forgotten was older than all that is left: nothing comes behind it, or with
    the oldest first everything.
    """
    number = read_token(arguments)
    if number is None:
        return found
    at = next((k for k, one in enumerate(found) if number_of(one) == number), None)
    if at is None:
        return found if rising(arguments) else []
    return found[at + 1 :]
