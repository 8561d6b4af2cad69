"""Loads every kernel that a small exchange uses."""

import itertools

import numpy as np

from pilothouse.language.rows import to_rows
from tests.venue.exchange import genesis, trader


def warm(release):
    """Step a little trading, so that a forked process has nothing to load."""
    machine = release.empty()
    orders = itertools.islice(trader(8, 0), 300)
    for time, one in enumerate([*genesis(), *orders], 1):
        machine.step(to_rows(one), time)
    machine.step(np.zeros((0, 16), np.int64), 10_000)
    release.from_bytes(machine.to_bytes()).fingerprint()
    assert not machine.broken_invariants()
    return machine
