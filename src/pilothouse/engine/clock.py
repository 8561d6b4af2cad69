"""What time does: called at the start and the end of every block, each a bounded piece of work."""

from __future__ import annotations

from pilothouse.engine.debts import find_some_debts
from pilothouse.engine.funding import funding_is_quiet, pay_some_funding, start_hour_if_due
from pilothouse.engine.liquidation import examine_next
from pilothouse.engine.state import EVENTS_PER_COMMAND, EVENTS_ROOM, State
from pilothouse.engine.triggers import fire_some_triggers
from pilothouse.engine.work import has_work_left
from pilothouse.rules.compiled import entry, inlined

EXAMINATIONS_PER_BLOCK = 4_096
"""More than the work of a block allows: each visits some rows."""


@entry
def begin_block(s: State, commands: int) -> None:
    """Do what became due since the block before: the end of an hour, funding, triggers, debts."""
    s.scratch[0].work = 0
    s.scratch[0].command_work = 0
    start_hour_if_due(s)
    if commands > 0 or not _walks_are_quiet(s):
        # What comes now may help on an account that was looked at in vain.
        s.scratch[0].in_vain = 0
    pay_some_funding(s)
    fire_some_triggers(s)
    find_some_debts(s)


@entry
def end_block(s: State, left: int) -> int:
    """Examine accounts that wait, until `left` or the work of a block are done or the event buffer
    needs its host.

    Return how many of `left` remain, 0 too once nothing more is to be done in this block.
    """
    in_vain = 0
    while left > 0 and in_vain < s.exchange[0].queue_count and has_work_left(s):
        if s.scratch[0].events + EVENTS_PER_COMMAND > EVENTS_ROOM:
            return left
        if examine_next(s):
            in_vain = 0
            s.scratch[0].in_vain = 0
        else:
            in_vain += 1
            s.scratch[0].in_vain += 1
        left -= 1
    return 0


@entry
def is_quiet(s: State) -> bool:
    """Tell whether nothing is under way: no walk goes on, and only a command could help on an
    account that waits, since all of them were looked at in vain, in one block or several.
    """
    return s.scratch[0].in_vain >= s.exchange[0].queue_count and _walks_are_quiet(s)


@inlined
def _walks_are_quiet(s: State) -> bool:
    x = s.exchange[0]
    return x.triggers_due == 0 and x.debt_cursor == 0 and funding_is_quiet(s)
