"""A console whose market moves between its last rehearsal and its command.

`python -m tests.stories.moving_console HOME PORT ASSET`: before each command of a change the way
in puts another index, from every source, in the same block: the smallest move by which more
accounts are hit than was signed.
"""

import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from pilothouse.console import process
from pilothouse.language.commands import SetIndexPrice
from pilothouse.language.names import Name
from pilothouse.language.refusals import IMPACT_ABOVE_WHAT_WAS_SIGNED
from pilothouse.language.rows import Message, to_rows

OWN_SENDER = 40
SOURCES = range(1, 9)
MOVES_PPM = [sign * step * 2_500 for step in range(1, 25) for sign in (-1, 1)]


class MovingMarket:
    """A way in that lets the market move first."""

    def __init__(self, home, asset):
        from pilothouse.venue.client import VenueClient

        self.client, self.asset, self.sent = VenueClient(home), asset, 0

    def submit(self, messages):
        """Send the move and the messages together; answer the messages' receipts."""
        moves = self._moves(self._alarming(messages))
        return self.client.submit([*moves, *messages])[len(moves) :]

    def _alarming(self, messages):
        from pilothouse.console import exchange

        with exchange.machine() as machine:
            spare = machine.copy()
        for move_ppm in MOVES_PPM:
            tried = spare.copy()
            rows = [to_rows(one) for one in [*self._moves(move_ppm), *messages]]
            receipts = tried.step(np.concatenate(rows), tried.time).receipts
            if receipts[-1, 1] == IMPACT_ABOVE_WHAT_WAS_SIGNED:
                return move_ppm
        raise AssertionError("no move of the market hits more accounts than was signed")

    def _moves(self, move_ppm):
        from pilothouse.console import exchange
        from pilothouse.venue.views.assets import asset

        with exchange.machine() as machine:
            index_e12 = asset(machine, self.asset).index_e12
        moved = index_e12 + index_e12 * move_ppm // 1_000_000
        return [self._told(source, moved) for source in SOURCES]

    def _told(self, source, price_e12):
        self.sent += 1
        command = SetIndexPrice(asset=self.asset, source=source, price_e12=price_e12)
        return Message(command, Name(OWN_SENDER, 1, self.sent))


def main(home, port, asset):
    """Serve until a signal."""
    process.set_up(home)
    with ExitStack() as running:
        process.connect(home, running, MovingMarket(home, asset))
        process.serve(port, "127.0.0.1")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
