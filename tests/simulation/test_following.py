"""While a replay leads an asset's index, the traffic is silent about it and its traders follow."""

import pytest

from pilothouse.simulation.chance import Chance
from pilothouse.simulation.following import follow_replay
from pilothouse.simulation.grid import grids
from pilothouse.simulation.prices import Prices
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.index_replay import run as files
from pilothouse.venue.index_replay.bars import read_bars
from pilothouse.venue.index_replay.begin import Present, Wish, begin
from pilothouse.venue.index_replay.run import Progress, State
from tests.venue.bar_files import write_bars

SOL, LOW = 4, 100 * 10**12


@pytest.fixture
def led(tmp_path):
    """Begin a replay that stands at a price; return how its progress is written."""
    bars = read_bars(write_bars(tmp_path / "bars"))
    begin(tmp_path, Wish(bars, instead=True), Present("PF_SOLUSD", SOL, "SOL", LOW, (1,)), 1)

    def stand(price_e12, state=State.RUNNING, beat_us=None):
        beat = wall_clock_us() if beat_us is None else beat_us
        files.write(tmp_path, Progress(state=state, price_e12=price_e12, beat_us=beat))
        return tmp_path

    return stand


def told(prices):
    """Return the assets that one whole turn speaks of."""
    return {said.asset for _ in prices.walks for said in prices.next()}


def test_the_asset_is_left_alone_and_traders_see_the_replays_price(led):
    prices = Prices(Chance(1))
    assert SOL in told(prices)
    follow_replay(led(LOW), prices)
    assert SOL not in told(prices) and len(told(prices)) == len(prices.walks) - 1
    assert SOL not in {said.asset for said in prices.all()}
    assert prices.of(SOL) == LOW
    contract = next(one for one in grids() if one.is_contract and one.base == SOL)
    assert contract.fair(prices) == 10_000


@pytest.mark.parametrize("end", [{"state": State.FINISHED}, {"beat_us": 1}])
def test_a_replay_that_ended_or_fell_silent_leaves_the_walk_where_it_was(led, end):
    prices = Prices(Chance(1))
    follow_replay(led(LOW), prices)
    follow_replay(led(LOW, **end), prices)
    assert prices.of(SOL) == LOW and SOL in told(prices)
    assert abs(prices.of(SOL) - LOW) < LOW // 1000


def test_a_folder_without_a_replay_changes_nothing(tmp_path):
    prices, same = Prices(Chance(2)), Prices(Chance(2))
    for _ in range(20):
        follow_replay(tmp_path, prices)
        assert prices.next() == same.next()
