"""A console whose market moves between its last rehearsal and its command.

`python -m tests.stories.moving_console HOME PORT ASSET`: the way in puts an index that is lower by
two per cent, from every source, before each command of a change, in the same block.
"""

import sys
from contextlib import ExitStack
from pathlib import Path

from pilothouse.console import process
from pilothouse.language.commands import SetIndexPrice
from pilothouse.language.names import Name
from pilothouse.language.rows import Message

OWN_SENDER = 40
SOURCES = range(1, 9)
FALL_PPM = 20_000


class FallingMarket:
    """A way in that lets the market fall first."""

    def __init__(self, home, asset):
        from pilothouse.venue.client import VenueClient

        self.client, self.asset, self.sent = VenueClient(home), asset, 0

    def submit(self, messages):
        """Send the fall and the messages together; answer the messages' receipts."""
        falls = [self._fall(source) for source in SOURCES]
        return self.client.submit([*falls, *messages])[len(falls) :]

    def _fall(self, source):
        self.sent += 1
        command = SetIndexPrice(asset=self.asset, source=source, price_e12=self._lower())
        return Message(command, Name(OWN_SENDER, 1, self.sent))

    def _lower(self):
        from pilothouse.console import exchange
        from pilothouse.venue.views.assets import asset

        with exchange.machine() as machine:
            index_e12 = asset(machine, self.asset).index_e12
        return index_e12 - index_e12 * FALL_PPM // 1_000_000


def main(home, port, asset):
    """Serve until a signal."""
    process.set_up(home)
    with ExitStack() as running:
        process.connect(home, running, FallingMarket(home, asset))
        process.serve(port, "127.0.0.1")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
