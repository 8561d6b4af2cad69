"""How far is looked for what is explained: from a place in the journal on, and no further than so.

Without a bound, one question about an order of last month would step the journal of a month.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pilothouse.engine.machine import Machine
from pilothouse.journal.blocks import Block, Header
from pilothouse.venue.ladder import work_of

LOOK_WORK: Final = 1_000_000
"""Work, as the ladder counts it, of the blocks that are read or stepped in search of something:
about a second, or eighty minutes of an idle exchange."""
TOO_FAR: Final = 3050
"""The number of the refusal to look further."""


class NotExplained(LookupError):
    """What stands at that place is nothing that is explained, or is not the account's."""


class NotLookedFurther(NotExplained):
    """It was not found in as many blocks as are searched for one answer; it may be behind them."""

    def __init__(self, upto: Header) -> None:
        super().__init__(
            f"the search ended at block {upto.number:,} without an answer ({TOO_FAR}): one "
            f"question searches blocks of at most {LOOK_WORK:,} commands that are not archived, a "
            f"block counting as fifty. Name the position at which it happened, or ask again when "
            f"the archive has caught up"
        )


def within(blocks: Iterable[tuple[Machine, Block]]) -> Iterator[tuple[Machine, Block]]:
    """Yield blocks with their machines; raise NotLookedFurther once they were LOOK_WORK."""
    spent = Spent()
    for machine, block in blocks:
        spent.on(block)
        yield machine, block


class Spent:
    """The work of the blocks that were looked at."""

    def __init__(self) -> None:
        self._work = 0

    def on(self, block: Block) -> None:
        """Count a block before it is looked at. Raises NotLookedFurther."""
        if self._work >= LOOK_WORK:
            raise NotLookedFurther(block.header)
        self._work += work_of(1, block.header.commands)
