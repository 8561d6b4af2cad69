"""What an account did before a moment: seen on the way to it, and looked for further back.

On the way from the nearest snapshot to the moment everything is seen that the account did there.
If that is little, the journal is gone back snapshot by snapshot, until enough is found or as much
work was looked at as an answer may take. The answer says how far it looked.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any, Final

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.journal.blocks import Block, Header
from pilothouse.language.events import FundingPaid, OrderFilled
from pilothouse.language.rows import Happened, Rows, from_event_row
from pilothouse.venue.explanation.facts import Before, Deed, Explanation
from pilothouse.venue.explanation.telling import told
from pilothouse.venue.ladder import work_of
from pilothouse.venue.machine import Stepped
from pilothouse.venue.moments import said
from pilothouse.venue.past import Past, PastIsSealed

DEEDS_KEPT: Final = 40
"""So many deeds an answer has at most: the last ones."""
DEEDS_ENOUGH: Final = 10
"""With so many nobody looks further back. Funding comes every hour and is no deed."""
LOOK_BACK_WORK: Final = 1_000_000
"""Work, as the ladder counts it, that is looked at in any case: about eighty minutes of an idle
exchange, and about a second. A snapshot's distance more is what it can become."""
ACCOUNT: Final = 3
"""The word of an event in which its account stands."""
_MAKER: Final = OrderFilled.layout.slot("maker_account").start


class Seen:
    """What an account did, and what happened to it, on the way to a moment."""

    def __init__(self, account: int) -> None:
        self._account = account
        self._first: Header | None = None
        self._rows: deque[Any] = deque(maxlen=DEEDS_KEPT)

    def watch(self, block: Block, stepped: Stepped) -> None:
        """Take in a block."""
        self._first = self._first or block.header
        self.take(stepped.events)

    def take(self, rows: Rows) -> None:
        """Take in events."""
        if len(rows):
            # They are read at the end: a busy account has a million of them on the way.
            self._rows.extend(rows[np.flatnonzero(about(rows, self._account))[-DEEDS_KEPT:]])

    def before(self, at: Header, machine: Machine) -> Before:
        """Return what was seen on the way into a block, in the symbols of a machine behind it."""
        first = self._first or at
        deeds = tuple(_deed(machine, from_event_row(row), self._account) for row in self._rows)
        return Before(deeds, first.number, first.first_position, first.time)


def looked_back(past: Past, made: Explanation) -> Explanation:
    """Return an explanation that knows enough of what the account did before, if it did enough."""
    before = made.before
    end = work_of(made.moment.block, made.moment.position)
    while not (_is_enough(before) or before.is_whole or before.sealed):
        if end - work_of(before.block, before.position) >= LOOK_BACK_WORK:
            break
        before = _further(past, made.account, before)
    return replace(made, before=before)


def how_far(before: Before) -> str:
    """Say how much of it is told, or since when there was nothing else."""
    if len(before.deeds) == DEEDS_KEPT:
        return f"the last {DEEDS_KEPT}"
    if before.is_whole:
        return "since the journal began"
    since = f"since {said(before.time, '%Y-%m-%d %H:%M:%S')}, block {before.block:,}"
    return f"{since}, the first of this engine release" if before.sealed else since


def nothing_in(before: Before) -> str:
    """Say that nothing was found, and how far was looked; "" if something was."""
    if before.deeds:
        return ""
    end = "" if before.is_whole or before.sealed else "; it was not looked further back"
    return f"Nothing {how_far(before)}{end}."


def accounts_of(row: Any) -> tuple[int, ...]:
    """Return the accounts an event is about: of a fill both sides."""
    if int(row[0]) == OrderFilled.number:
        return int(row[ACCOUNT]), int(row[_MAKER])
    return (int(row[ACCOUNT]),)


def about(rows: Rows, account: int) -> Any:
    """Return which events are about an account, as a mask."""
    made = (rows[:, 0] == OrderFilled.number) & (rows[:, _MAKER] == account)
    return (rows[:, ACCOUNT] == account) | made


def _deed(machine: Machine, one: Happened, account: int) -> Deed:
    return Deed(one.time, one.position, told(machine, one.event, account), one.event)


def _is_enough(before: Before) -> bool:
    deeds = (one for one in before.deeds if not isinstance(one.event, FundingPaid))
    return len(list(deeds)) >= DEEDS_ENOUGH


def _further(past: Past, account: int, before: Before) -> Before:
    seen = Seen(account)
    try:
        earlier = seen.before(*past.lead_up_to(before.block, seen.watch))
    except PastIsSealed:
        return replace(before, sealed=True)
    return replace(earlier, deeds=(earlier.deeds + before.deeds)[-DEEDS_KEPT:])
