"""A crash of our own invention hurts someone at a known rate, and a calm day hurts nobody."""

import pytest

from pilothouse.language.kinds import Side
from pilothouse.simulation.crash import LEVELS_PPM, as_csv, bars, crash_way, live_through
from pilothouse.simulation.genesis import BAND_PPM
from pilothouse.simulation.markets import asset_number
from pilothouse.simulation.world import World
from pilothouse.venue.harm import HarmCount
from pilothouse.venue.index_replay.bars import part, read_bars

SOL, ORDERS = asset_number("SOL"), 30
LONGS_MOST = 80


def lived(seed):
    """Return what a calm minute did and what the crash after it did, and the fingerprint."""
    world, counts = World(seed), []
    step = world.step

    def counted(rows):
        stepped = step(rows)
        counts[-1].add(stepped.events)
        return stepped

    world.step = counted
    counts.append(HarmCount())
    world.open()
    counts.append(HarmCount())
    world.run(300, ORDERS)
    counts.append(HarmCount())
    live_through(world, SOL, crash_way(world.crowd.prices.of(SOL)), ORDERS, steps_a_beat=2)
    assert world.machine.broken_invariants() == []
    return world, counts[1].harm(), counts[2].harm()


@pytest.fixture(scope="module")
def first():
    return lived(1)


def test_the_calm_hurts_nobody_and_the_crash_hurts_longs(first):
    world, calm, crash = first
    assert calm.accounts_examined == calm.liquidated_micro_usd == calm.insurance_micro_usd == 0
    longs = [one for one in world.crowd.population.holders if one.side == Side.BUY]
    on_sol = [one for one in longs if world.crowd.holders._contracts[one.perpetual].base == SOL]
    assert len(on_sol) // 5 < crash.accounts_hurt < LONGS_MOST
    assert crash.liquidated_micro_usd > 100_000 * 10**6
    assert crash.insurance_micro_usd > 0
    assert 0 < crash.first_us <= world.time


def test_a_crash_is_its_seed(first):
    world, _, crash = first
    again, _, same = lived(1)
    assert (again.machine.fingerprint(), same) == (world.machine.fingerprint(), crash)


def test_frightened_makers_stand_away_and_are_calm_again(first):
    world, _, _ = first
    contract = next(one for one in world.crowd.grids if one.is_contract and one.base == SOL)
    prices = world.crowd.prices

    def distance():
        quotes = [world.crowd.makers.quote(contract, prices) for _ in range(50)]
        fair = contract.fair(prices)
        return min(abs(one.price - fair) for one in quotes) * 10**6 // fair

    def calm_down():
        for _ in range(2_000):
            prices.follow(SOL, prices.of(SOL))
        assert prices.fear_ppm(SOL) == 0 and distance() < 2_000

    calm_down()
    prices.follow(SOL, prices.of(SOL) * 97 // 100)
    assert prices.fear_ppm(SOL) < -19_000 and 35_000 < distance() < BAND_PPM
    calm_down()


def test_the_invented_bars_are_a_file_that_could_be_replayed(tmp_path):
    made = bars(3)
    (tmp_path / "crash.csv").write_text(as_csv(made))
    read = read_bars(tmp_path / "crash.csv")
    assert list(part(read)) == made and len(made) == len(LEVELS_PPM)
    assert min(one.low_e12 for one in made) < made[0].open_e12 * 67 // 100
