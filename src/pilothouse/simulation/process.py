"""Traffic on a running exchange: the crowd as a process of its own, at a settable rate."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from pilothouse.gate.small_file import is_whole, object_in
from pilothouse.language.doors import Doorway
from pilothouse.language.names import Name, Receipt, Sender
from pilothouse.language.rows import Message
from pilothouse.language.schema import Command
from pilothouse.simulation.crowd import Crowd
from pilothouse.simulation.following import follow_replay
from pilothouse.simulation.opening import QUOTES, stages
from pilothouse.simulation.prices import Prices
from pilothouse.venue.client import VenueClient, WriterIsAway

RATE: Final = 500
"""Orders and cancellations a second."""
BEATS: Final = 10
"""Beats a second; each brings one asset's prices."""
AWAY_S: Final = 0.5
PRICES_FILE: Final = "traffic-prices.json"


class Exchange(Protocol):
    """What traffic needs of a venue client."""

    def submit(self, messages: Sequence[Message]) -> list[Receipt]:
        """Send messages; return their receipts."""
        ...


class Traffic:
    """A crowd that trades through a client under names of its own.

    It knows the opening that another process sent, because the same seed makes it again.
    """

    def __init__(self, exchange: Exchange, seed: int, hi: int) -> None:
        """Names are (`hi`, 1, 2, …); `hi` must be above that of any traffic before."""
        self.crowd = Crowd(seed)
        for _ in stages(self.crowd):
            pass
        self._exchange, self._hi, self._lo = exchange, hi, 0

    def start(self) -> None:
        """Take back whatever the makers left from before, tell all prices, and quote anew."""
        self.send(self.crowd.makers.withdraw())
        self.send(self.crowd.prices.all())
        for grid in self.crowd.grids:
            quotes = [self.crowd.makers.quote(grid, self.crowd.prices) for _ in range(QUOTES)]
            self.send(quotes)

    def beat(self, orders: int) -> None:
        """Let one beat pass."""
        self.send(self.crowd.beat(orders))

    def send(self, commands: Sequence[Command]) -> None:
        """Send commands as one batch and let the crowd hear the receipts."""
        messages = [self._message(one) for one in commands]
        for command, receipt in zip(commands, self._exchange.submit(messages), strict=True):
            self.crowd.told(command, receipt.position, receipt.outcome)

    def _message(self, command: Command) -> Message:
        self._lo += 1
        return Message(command, Name(Sender.SIMULATION, self._hi, self._lo))


def run_traffic(
    home: Path, rate: int = RATE, seed: int = 1, alive: Callable[[], None] = lambda: None
) -> None:
    """Trade on the exchange of a folder until SIGINT or SIGTERM; wait while its writer is away.

    `alive` is called behind each beat that the exchange answered.
    """
    stop = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stop.set())
    while not stop.is_set():
        client = VenueClient(home, door=Doorway.TRAFFIC)
        try:
            traffic = Traffic(client, seed, client.open_door(Sender.SIMULATION))
        except WriterIsAway:
            stop.wait(AWAY_S)
            continue
        prices = traffic.crowd.prices
        _recall(home, prices)
        follow_replay(home, prices)
        try:
            traffic.start()
            _keep_time(traffic, rate, stop, partial(follow_replay, home, prices), alive)
        except WriterIsAway:
            stop.wait(AWAY_S)
        _remember(home, prices)


def _keep_time(
    traffic: Traffic,
    rate: int,
    stop: threading.Event,
    look: Callable[[], None],
    alive: Callable[[], None],
) -> None:
    """Beat at the rate; beats that were missed are left out, not made up for."""
    beat, owed = time.monotonic(), 0
    while not stop.is_set():
        owed += rate
        look()
        traffic.beat(owed // BEATS)
        alive()
        owed %= BEATS
        beat = max(beat + 1 / BEATS, time.monotonic() - 1)
        stop.wait(max(0.0, beat - time.monotonic()))


def _remember(home: Path, prices: Prices) -> None:
    """Write where prices stand, so that the next traffic does not begin with a jump."""
    beside = home / f"{PRICES_FILE}.new"
    beside.write_text(json.dumps({k: walk.price_e12 for k, walk in prices.walks.items()}))
    beside.replace(home / PRICES_FILE)


def _recall(home: Path, prices: Prices) -> None:
    stood = object_in(home / PRICES_FILE) or {}
    for asset, walk in prices.walks.items():
        told = stood.get(str(asset))
        if is_whole(told, least=1):
            walk.price_e12 = told
