"""A seeded world written down as a home, with what the twin says of everything in it."""

from dataclasses import dataclass, field

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.journal.appender import Appender
from pilothouse.journal.blocks import Pen
from pilothouse.journal.snapshots import write_snapshot
from pilothouse.journal.storage import Files
from pilothouse.language.events import OrderFilled
from pilothouse.language.rows import from_event_row
from pilothouse.venue.explanation.explain import BOOK_LEVELS
from pilothouse.venue.machine import present_release
from pilothouse.venue.snapshotter import snapshot_of
from tests.twin import trading
from tests.twin.comparing import differences
from tests.twin.lines import book_of, equity_of, indexes, requirements_of
from tests.twin.protection import Following
from tests.twin.seeded import blocks
from tests.twin.worlds import Sender, rows_of

SNAPSHOT_EVERY = 40
COMPARE_EVERY = 10
LINES_EVERY = 4
"""Of so many refusals one is kept with the twin's whole arithmetic."""


@dataclass(frozen=True)
class Arithmetic:
    """What the twin says of an account at a moment, line by line, and of a market's book."""

    equity: dict
    requirements: dict
    indexes: dict
    book: tuple


def arithmetic(books, account, market):
    """Return the twin's arithmetic of an account as it stands."""
    return Arithmetic(
        equity_of(books, account),
        requirements_of(books, account),
        indexes(books),
        book_of(books, market, BOOK_LEVELS) if market else (),
    )


@dataclass
class Expected:
    """What the twin says, by where it is: (block, place) of events, position of refusals."""

    steps: dict = field(default_factory=dict)
    fills: dict = field(default_factory=dict)
    refusals: dict = field(default_factory=dict)
    blocks: int = 0


class Refusing(Following):
    """Notes, for each refused command, what it was and what the twin compares."""

    def __init__(self, compare):
        super().__init__()
        self.refused, self._compare = {}, compare
        self.weighed = []

    def _do(self, message):
        outcome, made = super()._do(message)
        if outcome:
            asked = message.command
            numbers = self._compare(self, asked, outcome)
            lines = None
            if getattr(asked, "account", 0) and self.position % LINES_EVERY == 0:
                market = getattr(asked, "market", 0)
                known = market if self.books.market(market) else 0
                lines = arithmetic(self.books, asked.account, known)
            self.refused[self.position] = asked, outcome, numbers, lines
        return outcome, made

    def _step(self, one, later):
        self.weighed.append(arithmetic(self.books, one.account, one.event.market))
        return super()._step(one, later)


def live(home, seed, steps_wanted, compare, monkeypatch):
    """Live until so many protection steps were taken; return what the twin says of them all."""
    twin, machine, sender, made = Refusing(compare), Machine.empty(), Sender(), Expected()
    monkeypatch.setattr(trading, "_trade", twin.trade)
    release, storage = present_release(), Files(home)
    appender = Appender(storage, Pen(release.digest, 1), None)
    for number, (commands, time) in enumerate(blocks(seed), 1):
        messages = [sender.message(one) for one in commands]
        rows = rows_of(messages)
        header = appender.append(rows, len(messages), time)
        step(machine, twin, messages, (rows, time), number, made)
        if number % SNAPSHOT_EVERY == 0:
            write_snapshot(storage, snapshot_of(machine, header, release.digest))
        if number % COMPARE_EVERY == 0:
            assert not (apart := differences(machine, twin)), apart
        if len(made.steps) >= steps_wanted:
            break
    made.refusals, made.blocks = twin.refused, number
    return made


def step(machine, twin, messages, block, number, made):
    """Step both through a block, and note what the twin says of each step and fill."""
    done = machine.execute(*block)
    examined = machine.examine(512)
    assert machine.quiet(), "the world is to be small enough for all that can be done at once"
    twin.fills.clear()
    twin.weighed.clear()
    receipts = twin.step(messages, block[1])
    assert [tuple(int(word) for word in row) for row in done.receipts] == receipts
    told = [from_event_row(row) for row in examined]
    steps = twin.follow(told)
    weighed = iter(twin.weighed)
    for k, one in enumerate(steps, len(done.events)):
        if one is not None:
            made.steps[number, k] = told[k - len(done.events)].account, one, next(weighed)
    rows = np.concatenate([done.events, examined])
    fills = [int(k) for k in np.flatnonzero(rows[:, 0] == OrderFilled.number)]
    for place, fill in zip(fills, twin.fills, strict=True):
        made.fills[number, place] = from_event_row(rows[place]), fill
