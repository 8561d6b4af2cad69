"""Driving a replay that was begun, until its end or a signal; also as a process of its own."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from pilothouse.language.doors import Doorway
from pilothouse.language.names import Sender
from pilothouse.venue.client import VenueClient
from pilothouse.venue.index_replay import run as files
from pilothouse.venue.index_replay.bars import read_bars
from pilothouse.venue.index_replay.begin import CannotReplay, way_of
from pilothouse.venue.index_replay.driver import Driver, drive
from pilothouse.venue.index_replay.run import Progress, Run
from pilothouse.venue.index_replay.walking import Way


def number_of_a_replay(home: Path) -> int:
    """Open the index's door for a new replay; return the number of its names.

    Raises WriterIsAway, DoorStaysShut. Whoever drove an earlier replay is shut out.
    """
    client = VenueClient(home, door=Doorway.INDEX)
    try:
        return client.open_door(Sender.INDEX)
    finally:
        client.close()


def go_on(home: Path, alive: Callable[[], None] = lambda: None) -> Progress:
    """Go on with a folder's replay where it stands; raises CannotReplay, AnotherReplay.

    `alive` is called behind each beat.
    """
    run = files.read_run(home)
    if run is None:
        raise CannotReplay(f"no replay was begun on {home}")
    with files.wheel_of(home):
        way = way_of(run, read_bars(Path(run.path)))
        return drive_until_signalled(home, run, way, lambda progress: alive())


def drive_until_signalled(
    home: Path, run: Run, way: Way, tell: Callable[[Progress], None] = lambda progress: None
) -> Progress:
    """Drive a replay until its end, SIGINT or SIGTERM; return how far it came."""
    asked: list[int] = []
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda number, _frame: asked.append(number))
    client = VenueClient(home, door=Doorway.INDEX)
    try:
        return drive(Driver(home, run, way, client), lambda: bool(asked), tell)
    finally:
        client.close()
