"""`make world SEED=…`: a long world, twice from its seed; minutes long, so not in `make test`."""

import os

import pytest

from pilothouse.simulation.world import World

SEED = int(os.environ.get("PILOTHOUSE_SEED", "1"))
BEATS, BEATS_BETWEEN_LOOKS, ORDERS = 3_000, 300, 50


def lived(seed):
    """Return the fingerprints of a world at every look; no invariant may be broken at one."""
    world, seen = World(seed), []
    world.open()
    for _ in range(BEATS // BEATS_BETWEEN_LOOKS):
        world.run(BEATS_BETWEEN_LOOKS, ORDERS)
        assert world.machine.broken_invariants() == [], f"at position {world.machine.position}"
        seen.append((world.machine.position, world.machine.fingerprint()))
    return seen


@pytest.mark.world
def test_a_world_is_its_seed_for_as_long_as_it_lives():
    first = lived(SEED)
    assert first[-1][0] > BEATS * ORDERS // 2
    assert lived(SEED) == first
    position, (hi, lo) = first[-1]
    words = f"{hi & 2**64 - 1:016x}{lo & 2**64 - 1:016x}"
    print(f"seed {SEED}: position {position}, fingerprint {words}")
