"""A console whose market moves between the last rehearsal of a change and its command.

`python -m tests.stories.moving_console HOME PORT ASSET`: after each first answer of its rehearsal
another index is put from every source, by which more accounts are hit than was signed.
"""

import sys
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from pilothouse.console import process
from pilothouse.language.commands import SetIndexPrice
from pilothouse.language.names import Name
from pilothouse.language.refusals import IMPACT_ABOVE_WHAT_WAS_SIGNED
from pilothouse.language.rows import Message, to_rows
from pilothouse.venue.client import VenueClient
from pilothouse.venue.rehearsal import Rehearsal
from pilothouse.venue.views.assets import asset
from pilothouse.wiring.people import begin_django

OWN_SENDER = 40
"""A further source of the index."""
SOURCES = range(1, 9)
STEP_PPM, STEPS = 2_500, 24


class MovingRehearsal(Rehearsal):
    """A rehearsal after which the market moves."""

    def __init__(self, follower, home, number):
        super().__init__(follower)
        self.client, self.follower = VenueClient(home, patience_s=60), follower
        self.number, self.sent = number, 0

    def impact(self, message, after=()):
        """Answer truly; then let the market move."""
        answer = super().impact(message)
        with self.follower.machine() as machine:
            spare = machine.copy()
        self.client.submit(self.moves(spare, self.alarming(spare, message)))
        return answer

    def alarming(self, spare, message):
        """The middle of the longest row of moves at which the engine would refuse."""
        rows = [[], []]
        for sign, found in zip((-1, 1), rows, strict=True):
            for step in range(1, STEPS + 1):
                if self.is_refused(spare, message, sign * step * STEP_PPM):
                    found.append(sign * step * STEP_PPM)
                elif found:
                    break
        longest = max(rows, key=len)
        assert longest, "no move of the market hits more accounts than was signed"
        return longest[len(longest) // 2]

    def is_refused(self, spare, message, move_ppm):
        """Whether the engine refuses the message for its impact after a move."""
        tried = spare.copy()
        asked = [to_rows(one) for one in [*self.moves(tried, move_ppm), message]]
        receipts = tried.step(np.concatenate(asked), tried.time).receipts
        return receipts[-1, 1] == IMPACT_ABOVE_WHAT_WAS_SIGNED

    def moves(self, machine, move_ppm):
        """Every source tells the moved price."""
        index_e12 = asset(machine, self.number).index_e12
        moved = index_e12 + index_e12 * move_ppm // 1_000_000
        return [self.told(source, moved) for source in SOURCES]

    def told(self, source, price_e12):
        """One source tells a price."""
        self.sent += 1
        command = SetIndexPrice(asset=self.number, source=source, price_e12=price_e12)
        return Message(command, Name(OWN_SENDER, 1, self.sent))


class Idle:
    """What the first console does alone: it keeps the archive, and compares journal and audit."""

    lag = SimpleNamespace(seconds=0, fault="")
    since = None

    def start(self):
        """Do nothing."""

    stop = start

    def hear(self, span):
        """Hear nothing."""

    def tick(self, now):
        """Compare nothing."""


def main(home, port, number):
    """Serve until a signal."""
    begin_django(home)
    from pilothouse.control import reconciler

    process._archive = lambda home, follower: Idle()
    reconciler.Reconciler = Idle
    with ExitStack() as running:
        process.connect(home, running, lambda follower: MovingRehearsal(follower, home, number))
        process.serve(port, "127.0.0.1")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
