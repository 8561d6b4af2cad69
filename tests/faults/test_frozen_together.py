"""All parts stand still together, as in a machine that is paused, and go on: P29.

Timers compared the clock on the wall with the steady one, and after the pause every one fired at
once. Here no part is accused, and nobody is liquidated by an old price; that one hour is paid, and
that each alert is told once, stand with the funding and with the notices.
"""

import os
import signal
import time

import pytest

from pilothouse.journal import steady
from pilothouse.language.kinds import Side
from pilothouse.language.refusals import INDEX_IS_STALE
from pilothouse.language.rows import from_event_row
from pilothouse.watch import watchman
from pilothouse.wiring.supervision import SILENT_S
from tests.attack.index_world import ALL, COIN, PRICE, REDUCE_ONLY, SECOND_US, IndexWorld
from tests.engine.protected import NO_ROWS
from tests.faults.whole import Whole, health, until

pytestmark = pytest.mark.timeout(900)
PAUSE_S = 600
PARTS = ("traffic", "console", "gateway", "writer")


@pytest.fixture
def world():
    """An account that a fall of 15 % would ruin."""
    made = IndexWorld()
    made.all_tell(PRICE)
    made.poor = made.account(3_000)
    made.long(made.poor)
    made.live(30, dict.fromkeys(ALL, PRICE))
    return made


def settle(world):
    """Write a block without a command, as the writer does when nobody speaks."""
    stepped = world.machine.step(NO_ROWS, world.time)
    world.happened += [from_event_row(row) for row in stepped.events]


@pytest.mark.parametrize("fall", [0.85, 0.5])
def test_p29_nobody_is_liquidated_before_prices_are_fresh_again(world, fall):
    world.cancel_all(world.maker)
    world.order(world.maker, Side.BUY, PRICE * 0.8, 10 * COIN, flags=REDUCE_ONLY)
    world.time += PAUSE_S * SECOND_US
    for _ in range(5):
        settle(world)
    assert not world.liquidated() and world.held(world.poor) == COIN
    assert world.order(world.client, Side.BUY, PRICE * 0.99) == INDEX_IS_STALE
    # One source alone is back, and then all: the first prices still liquidate nobody.
    world.live(5, {1: PRICE * fall})
    assert not world.liquidated()
    world.live(9, dict.fromkeys(ALL, PRICE * fall))
    assert not world.liquidated(), "for ten seconds, or a minute where the step is large"


def test_p29_afterwards_everything_goes_on(world):
    world.order(world.maker, Side.BUY, PRICE * 0.8, 10 * COIN, flags=REDUCE_ONLY)
    world.time += PAUSE_S * SECOND_US
    world.live(15, dict.fromkeys(ALL, PRICE * 0.85))
    assert world.poor in world.liquidated()
    assert world.order(world.client, Side.BUY, PRICE * 0.84) == 0


def test_p29_monitoring_measures_by_the_clock_that_counts_a_pause():
    # One that stands still in a suspended machine would call each pause a jump of the other.
    assert watchman.steady_us is steady.steady_us
    assert (
        abs(steady.steady_us() - time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000) < SECOND_US
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    made = Whole(tmp_path_factory.mktemp("whole") / "home").up()
    yield made
    assert made.stop() == 0, "".join(made.said)


def test_p29_no_part_is_accused_after_all_stood_still_together(whole, client):
    until(lambda: all(whole.pid(part) for part in PARTS), "all run")
    before = {part: whole.pid(part) for part in PARTS}
    everybody = [whole.process.pid, *before.values()]
    for pid in everybody:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(SILENT_S + 5)
    for pid in reversed(everybody):
        os.kill(pid, signal.SIGCONT)
    whole.tried += 1
    client.goes_on(5)
    until(lambda: health(whole.trading).get("ready") is True, "the gateway is ready")
    until(lambda: health(whole.console).get("ready") is True, "the console is ready")
    assert {part: whole.pid(part) for part in PARTS} == before
    assert not [one for one in health(whole.trading)["said"] if one["cause"] == "clock_held"]
