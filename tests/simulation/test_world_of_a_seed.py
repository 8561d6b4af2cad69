"""`make world SEED=…`: a long world, twice from its seed; minutes long, so not in `make test`."""

import os

import pytest

from pilothouse.language.refusals import IMPACT_ABOVE_WHAT_WAS_SIGNED
from pilothouse.simulation.markets import PERPETUALS, SPOT
from pilothouse.simulation.world import SIGNED, World
from tests.simulation.test_world import doubled

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
def test_raising_a_margin_hurts_someone_also_when_the_world_has_lived():
    world = World(SEED)
    world.open()
    world.run(BEATS * 3, ORDERS)
    for market in range(len(SPOT) + 1, len(SPOT) + len(PERPETUALS) + 1):
        receipts = world.send([doubled(market, accounts_max=0)], SIGNED).receipts
        assert int(receipts[0][1]) == IMPACT_ABOVE_WHAT_WAS_SIGNED


@pytest.mark.world
def test_a_world_is_its_seed_for_as_long_as_it_lives():
    first = lived(SEED)
    assert first[-1][0] > BEATS * ORDERS // 2
    assert lived(SEED) == first
    position, (hi, lo) = first[-1]
    words = f"{hi & 2**64 - 1:016x}{lo & 2**64 - 1:016x}"
    print(f"seed {SEED}: position {position}, fingerprint {words}")
