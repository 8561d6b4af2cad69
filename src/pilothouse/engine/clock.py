"""What time does: called at the start and the end of every block, each a bounded piece of work."""

from __future__ import annotations

from pilothouse.engine.funding import funding_is_quiet, pay_some_funding, start_hour_if_due
from pilothouse.engine.liquidation import examine_next
from pilothouse.engine.state import EVENTS_PER_COMMAND, EVENTS_ROOM, State
from pilothouse.rules.compiled import entry

EXAMINATIONS_PER_BLOCK = 512
AT_REST = -1


@entry
def begin_block(s: State) -> None:
    """Do what became due since the block before: the end of an hour."""
    start_hour_if_due(s)
    pay_some_funding(s)


@entry
def end_block(s: State, left: int) -> int:
    """Examine accounts that wait, until `left` are done or the event buffer needs its host.

    Return how many of `left` remain, and AT_REST once nobody waits or every account that waits
    was looked at in vain: only a command can help it on.
    """
    in_vain = 0
    while left > 0:
        if s.scratch[0].events + EVENTS_PER_COMMAND > EVENTS_ROOM:
            return left
        if in_vain >= s.exchange[0].queue_count:
            return AT_REST
        in_vain = 0 if examine_next(s) else in_vain + 1
        left -= 1
    return 0


@entry
def is_quiet(s: State, at_rest: bool) -> bool:
    """Tell whether nothing is under way: no account could be helped on, no funding is due.

    `at_rest` says that the last look at those who wait ended so.
    """
    return (at_rest or s.exchange[0].queue_count == 0) and funding_is_quiet(s)
