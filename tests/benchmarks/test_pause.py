"""The benchmark of pauses: held until the price is back one spares clients, opened near the low it
costs more than nothing done.
"""

import pytest

from benchmarks.pause import lived, plans
from pilothouse.simulation.crash import bars
from pilothouse.venue.index_replay.walking import Way

SEED, SPEED, RATE = 1, 6, 200
NOTHING, UNTIL_NEAR_THE_LOW, *_, UNTIL_IT_IS_BACK = plans(Way(bars()))


@pytest.fixture(scope="module")
def nothing():
    return lived(SEED, bars(), NOTHING, SPEED, RATE)


def test_a_pause_is_worth_much_if_it_is_held_until_the_price_is_back(nothing):
    back = lived(SEED, bars(), UNTIL_IT_IS_BACK, SPEED, RATE)
    assert back["still_below"] == nothing["still_below"] == 0, "both are lived to the end"
    assert back["accounts_hurt"] < nothing["accounts_hurt"]
    assert back["insurance_usd"] < nothing["insurance_usd"]


def test_one_that_opens_near_the_low_costs_more_than_nothing_done(nothing):
    near = lived(SEED, bars(), UNTIL_NEAR_THE_LOW, SPEED, RATE)
    assert near["insurance_usd"] > nothing["insurance_usd"]
