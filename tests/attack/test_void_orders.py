"""Hundreds of accounts leave orders that give nothing before a liquidation: work is bounded."""

from pilothouse.engine.work import WORK_MOST
from pilothouse.language.commands import SetIndexPrice
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import TimeInForce
from tests.engine.protected import BUY, DOLLAR, E6, E12, SELL, SOURCES, Exchange

ONE, CROWD, EACH = 10_000, 600, 64
BID = 584_400


def work(world):
    return int(world.machine.state.scratch[0]["work"])


def test_an_examination_passes_a_bounded_number_of_orders_that_give_nothing():
    rows = {"orders": 65_536, "accounts": 8_000, "balances": 40_000, "positions": 20_000}
    world = Exchange(3 + CROWD, 200_000, levels=65_536, nodes=65_536, **rows)
    long, rich, taker = world.first, world.first + 1, world.first + 2
    crowd = range(world.first + 3, world.first + 3 + CROWD)
    for account, dollars in ((long, 1_250), (rich, 500_000), (taker, 10_000)):
        world.fund(account, DOLLAR, dollars * E6)
    for one in crowd:
        world.fund(one, DOLLAR, 20 * E6)
    world.say(world.order(rich, 1, SELL, ONE, 600_000), world.order(long, 1, BUY, ONE, 600_000))
    for one in crowd:
        at_once = world.order(one, 1, SELL, 1, 600_000, time_in_force=TimeInForce.IOC)
        world.say(world.order(rich, 1, BUY, 1, 600_000), at_once)
    world.settle()
    world.prices({1: 58_600})
    world.settle()
    for _ in range(EACH):
        world.say(*[world.order(one, 1, BUY, 1, BID, flags=REDUCE_ONLY) for one in crowd])
    world.settle()
    assert int(world.machine.state.exchange[0]["orders_open"]) >= CROWD * EACH
    # Each closes its position with its first order: the others give nothing from then on.
    pieces = [min(250, CROWD - done) for done in range(0, CROWD, 250)]
    sells = [world.order(taker, 1, SELL, n, BID, time_in_force=TimeInForce.IOC) for n in pieces]
    falls = [SetIndexPrice(asset=2, source=one, price_e12=58_550 * E12) for one in SOURCES]
    world.say(*sells, *falls)
    most = work(world)
    for _ in range(2_000):
        if world.machine.quiet():
            break
        world.step()
        most = max(most, work(world))
    assert most <= WORK_MOST
    assert world.machine.quiet() and not world.machine.broken_invariants()
