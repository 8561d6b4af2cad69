"""Answers that list many orders: one at a time and in portions, so that others are served between.

Everybody's requests share one loop. A listing of hundreds of orders takes it for tens of
milliseconds, and many at once would take it for as many times that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

PORTION: Final = 50
"""Rows that are made without a break: one to two milliseconds."""
Found = TypeVar("Found")
Row = TypeVar("Row")


class LongAnswers:
    """Whose turn it is to list."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def rows(
        self, find: Callable[[], Sequence[Found]], made: Callable[[Found], Row]
    ) -> list[Row]:
        """Return the rows of what is found when its turn has come, in order."""
        rows: list[Row] = []
        async with self._turn:
            found = find()
            for at in range(0, len(found), PORTION):
                rows += [made(one) for one in found[at : at + PORTION]]
                await asyncio.sleep(0)
        return rows
