"""A world is its seed: the same one twice, another one otherwise, and some in it are in danger."""

from pilothouse.language.events import ProtectionStepTaken
from pilothouse.language.refusals import IMPACT_ABOVE_WHAT_WAS_SIGNED
from pilothouse.simulation.markets import PERPETUALS, SPOT
from pilothouse.simulation.world import SIGNED, World
from tests import asking

BEATS, ORDERS = 20, 50


def opened(seed):
    world = World(seed)
    world.open()
    return world


def test_the_same_seed_gives_the_same_fingerprint_and_another_one_another():
    one, same, other = opened(3), opened(3), opened(4)
    for world in (one, same, other):
        world.run(BEATS, ORDERS)
        assert world.machine.broken_invariants() == []
    assert one.machine.position > 14_000
    assert one.machine.fingerprint() == same.machine.fingerprint()
    assert one.machine.fingerprint() != other.machine.fingerprint()


def test_every_market_trades_and_few_orders_are_refused():
    world = opened(5)
    before = world.machine.position
    world.run(60, ORDERS)
    markets = world.machine.state.markets[1 : len(SPOT) + len(PERPETUALS) + 1]
    assert all(market["last_price"] > 0 for market in markets)
    assert sum(world.refused.values()) < (world.machine.position - before) // 2


def test_raising_both_margins_of_a_perpetual_really_hurts_someone():
    world = opened(6)
    outcome = int(world.send([doubled(len(SPOT) + 1, accounts_max=0)], SIGNED).receipts[0][1])
    assert outcome == IMPACT_ABOVE_WHAT_WAS_SIGNED
    stepped = world.send([doubled(len(SPOT) + 1, accounts_max=-1)], SIGNED)
    assert int(stepped.receipts[0][1]) == 0
    assert _steps_taken(stepped) > 0
    for _ in range(400):
        if world.machine.quiet():
            break
        world.send([])
    assert world.machine.quiet()
    assert world.machine.broken_invariants() == []


def _steps_taken(stepped):
    return int((stepped.events[:, 0] == ProtectionStepTaken.number).sum())


def doubled(market, accounts_max):
    return asking.schedule(
        market, *asking.DOUBLED, base_version=2, accounts_below_maintenance_max=accounts_max
    )
