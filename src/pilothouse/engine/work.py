"""Work: how many rows of tables a block may visit, whoever sends what.

A count of things bounds no time, since one thing may mean many rows. So each piece of work that
time does in a block counts the rows it visits in `scratch.work` and stops at its share; what is
left goes on in the next block. Shares are parted, so that no kind of work waits for another:
a busy hour of funding delays no liquidation. The budget is looked at before a step, so a block
may pass it by what one step visits.

A command counts too, in `scratch.command_work`: fills, cancels and triggers of one command are
bounded by their number. The counting pass of a governed change (a margin schedule, a status, a
band) is the named exception: it counts everybody concerned at once, against its signed ceiling.
"""

from __future__ import annotations

from pilothouse.engine.state import State
from pilothouse.rules.compiled import inlined

FUNDING_WORK = 4_096
TRIGGER_WORK = 8_192
DEBT_WORK = 2_048
EXAMINATION_WORK = 24_576
BLOCK_WORK = FUNDING_WORK + TRIGGER_WORK + DEBT_WORK + EXAMINATION_WORK
STEP_WORK = 12_288
"""More than one step visits: one examination of an account in some hundred contracts."""
WORK_MOST = BLOCK_WORK + STEP_WORK
"""After every block `work` is at most this."""
MATCH_WORK = 6_144
"""Rows that one order visits while it matches: its fills, and the margin of whom they cost."""
RANKING_WORK = 8_192
"""Rows that one examination visits to rank counterparties for an unwind."""


@inlined
def visit(s: State, rows: int) -> None:
    """Count rows that were visited."""
    s.scratch[0].work += rows


@inlined
def has_work_left(s: State) -> bool:
    """Tell whether a block may begin one more examination."""
    return s.scratch[0].work < BLOCK_WORK


@inlined
def finish_command(s: State, before: int) -> None:
    """Take what a command visited out of the work of time, and remember the largest command."""
    work = s.scratch[0]
    work.command_work = max(work.command_work, work.work - before)
    work.work = before
