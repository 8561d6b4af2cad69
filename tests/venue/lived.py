"""A world that lived, written down as a home: a crash, a change before it, liquidations after."""

from decimal import Decimal

import numpy as np

from pilothouse.journal.appender import Appender
from pilothouse.journal.blocks import Pen
from pilothouse.journal.snapshots import write_snapshot
from pilothouse.journal.storage import Files
from pilothouse.language.commands import CancelOrder, RecordFingerprint
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause
from pilothouse.language.rows import split
from pilothouse.simulation import genesis, markets
from pilothouse.simulation.world import World
from pilothouse.venue.machine import present_release
from pilothouse.venue.snapshotter import snapshot_of

CONTRACT = len(markets.SPOT) + 1
CHANGE = Cause(CauseKind.CHANGE, 7)
BEAT_US = 100_000


class Lived(World):
    """A world whose crowd trades, with prices that can fall at once."""

    def fall(self, ppm, blocks=30):
        """Move every price at once and let it play out."""
        for walk in self.crowd.prices.walks.values():
            walk.move(ppm)
        self.send(self.crowd.prices.all())
        for _ in range(blocks):
            self.time += BEAT_US
            self.send([])


def raised(base_version, factor="2"):
    """Return a margin schedule so many times as high as that of the genesis."""
    factor = Decimal(factor)
    tiers = tuple(
        (floor, str(factor * Decimal(initial)), str(factor * Decimal(maintenance)))
        for floor, initial, maintenance in markets.PERPETUALS[0].tiers
    )
    return genesis.schedule(CONTRACT, tiers, base_version)


def live(seed, orders=30, beats=8):
    """Return a world in which a change is made, prices fall, and accounts are liquidated."""
    world = Lived(seed, keep=True)
    world.open()
    world.run(beats, orders)
    world.send([raised(2)], CHANGE)
    world.run(beats, orders)
    world.fall(-20_000)
    world.run(beats, orders)
    return world


def nothing():
    """Return a command that changes nothing."""
    return RecordFingerprint(position=0, hi=0, lo=0)


def never_was(blocks, change):
    """Yield the blocks of a journal in which a change, alone in its block, was never sent.

    What came later, and every order of it, has a number less by one.
    """
    for number, (rows, time) in enumerate(blocks, 1):
        yield (rows[:0] if number == change.block else _renumbered(rows, change.position)), time


def _renumbered(rows, position):
    made = rows.copy()
    place = CancelOrder.layout.slot("order").start
    later = (made[:, 0] == CancelOrder.number) & (made[:, place] > position)
    made[later, place] -= 1
    return made


def write_home(home, blocks, snapshots_after=()):
    """Write a world's blocks as the journal of a home, and snapshots after some of them."""
    release, storage = present_release(), Files(home)
    machine = release.empty()
    appender = Appender(storage, Pen(release.digest, 1), None)
    for number, (rows, time) in enumerate(blocks, 1):
        rows = np.ascontiguousarray(rows)
        header = appender.append(rows, len(split(rows)), time)
        machine.step(rows, time)
        if number in snapshots_after:
            write_snapshot(storage, snapshot_of(machine, header, release.digest))
    return release
