"""A mark that somebody moves pays him nothing: not its swing, and not what nobody can hit."""

import pytest

from pilothouse.language.commands import Transfer
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.events import InsurancePaid
from pilothouse.language.kinds import Side, Wallet
from pilothouse.rules.mark import ORDERS_LOOKED_AT
from pilothouse.venue.views.margin import margin
from tests import asking
from tests.attack.index_world import ALL, COIN, CONTRACT, E6, PRICE, SECOND_US, IndexWorld
from tests.engine.protected import DOLLAR, POOL

HONEST = dict.fromkeys(ALL, PRICE)
SWING_S = 120
GIFT = 300
"""Of the size that a mark looks at: about six hundred dollars' worth."""


def dollars(world, account):
    """What an account has in both wallets, and its positions at the index (micro-dollars)."""
    rows = world.machine.state.balances
    mine = [one for one in rows if one["account"] == account and one["asset"] == DOLLAR]
    held = sum(int(one["available"]) + int(one["held"]) for one in mine)
    for one in world.machine.state.positions:
        if one["account"] == account:
            held += int(one["quantity"]) * PRICE * E6 // COIN - int(one["entry_cost"])
    return held


@pytest.fixture
def world():
    made = IndexWorld()
    made.fund(POOL, DOLLAR, 2_000_000 * E6)
    made.live(2, HONEST)
    return made


def push(world, buyer, seller, bid, ask):
    """Quote a gift and its other side until the mark stands where that brings it."""
    assert (
        world.order(buyer, Side.BUY, bid, GIFT) == 0 == world.order(seller, Side.SELL, ask, GIFT)
    )
    world.live(SWING_S, HONEST)
    world.cancel_all(buyer), world.cancel_all(seller)
    return world.mark()


@pytest.mark.parametrize("gives", [True, False])
@pytest.mark.parametrize("losers", [1, 8])
def test_a_swing_of_the_mark_costs_the_pool_nothing(world, gives, losers):
    """One account's profit at one end, its bankruptcy at the other: the client has both."""
    high, low = world.account(1_000), world.account(1_000)
    wins = world.account(losers * 100_000)
    lose = [world.account(10_000) for _ in range(losers)]
    group = [high, low, wins, *lose]
    before = sum(dollars(world, one) for one in group)
    size = 24 * COIN
    for one in lose:
        assert world.order(wins, Side.SELL, PRICE, size) == 0
        assert world.order(one, Side.BUY, PRICE, size) == 0
    up = push(world, high, low, PRICE * 1.04, PRICE * 1.0425)
    assert up > PRICE * 1.0015, "the mark can be moved, at a cost"
    for one in lose:
        seen = margin(world.machine, one)
        assert world.say(Transfer(
            account=one, asset=DOLLAR, amount=seen.equity - seen.initial - E6,
            source=Wallet.FUTURES, target=Wallet.SPOT,
        )) == [0]  # fmt: skip
        if gives:
            give_all_but_maintenance(world, one, wins, up)
    push(world, high, low, PRICE * 0.9575, PRICE * 0.96)
    world.order(wins, Side.BUY, world.mark() * 0.9978, -world.held(wins))
    for _ in range(60 + 10 * losers):
        world.say()
    world.cancel_all(wins)
    world.live(SWING_S, HONEST)
    pool = dollars(world, POOL)
    assert not world.events(InsurancePaid) and pool >= 2_000_000 * E6
    assert sum(dollars(world, one) for one in group) <= before
    assert world.machine.broken_invariants() == []


def give_all_but_maintenance(world, one, other, mark):
    """Reduce so far below the mark that what is left has just its maintenance margin."""
    seen, part = margin(world.machine, one), world.held(one) // 5
    spare = (seen.equity - seen.maintenance * 81 // 100) // E6
    price = max(mark - spare * COIN / part, mark * 0.953)
    assert world.order(other, Side.BUY, price, part) == 0
    assert world.order(one, Side.SELL, price, part, flags=REDUCE_ONLY) == 0


def quote(world, others):
    """Honest makers around the index, whoever has taken what stood there."""
    for one in others:
        world.cancel_all(one)
    world.order(others[0], Side.SELL, PRICE * 1.001)
    world.order(others[1], Side.BUY, PRICE * 0.999)


@pytest.mark.parametrize(
    ("before_us", "every_s", "moves"),
    [(1_000, 1, False), (740_000, 1, False), (1_000, 7, False), (1_000, 30, False),
     (1_400_000, 7, False), (1_400_000, 30, False), (750_000, 1, True), (1_500_000, 30, True)],
)  # fmt: skip
def test_what_nobody_had_time_to_hit_moves_no_mark(world, before_us, every_s, moves):
    """An ask far below the index, shown around a price alone; the buyers stand further below."""
    shows, below = world.account(20_000), world.account(20_000)
    others = [world.account(50_000_000) for _ in range(2)]
    quote(world, others)
    for _ in range(12):
        world.live(1, HONEST)
    # What stands in the way of the ask is away: its makers are taken, or gone for a moment.
    for _ in range(40):
        world.cancel_all(others[1])
        assert world.order(below, Side.BUY, PRICE * 0.955, GIFT) == 0
        world.order(others[0], Side.SELL, PRICE * 1.001)
        world.time += every_s * SECOND_US - before_us
        assert world.order(shows, Side.SELL, PRICE * 0.957, GIFT) == 0
        world.time += before_us
        world.tell(HONEST)
        world.cancel_all(shows), world.cancel_all(below)
    assert (world.mark() < PRICE) == moves


def test_what_many_samples_say_is_no_more_than_the_largest_premium(world):
    """Smoothed without a bound, a gift far away filled the premium in a few seconds."""
    push(world, world.maker, world.seller, PRICE * 1.045, PRICE * 1.048)
    most = PRICE * 0.001875
    assert PRICE + most * 0.9 < world.mark() <= PRICE + most
    premium = int(world.machine.state.markets[CONTRACT]["premium"])
    assert premium <= most * 1_000
    world.live(60, HONEST)
    assert world.mark() - PRICE < most * 0.2, "and it goes as it came"


def above(world, others, price=PRICE, quantity=5 * COIN):
    """Honest makers who quote above the index, anew after each price."""
    for one in others:
        world.cancel_all(one)
    assert world.order(others[0], Side.BUY, price * 1.0012, quantity) == 0
    assert world.order(others[1], Side.SELL, price * 1.0018, quantity) == 0


def two_quotes(world, accounts):
    """A bid and an ask of one account between those of the others."""
    world.cancel_all(accounts[0])
    assert world.order(accounts[0], Side.BUY, PRICE * 1.0014, GIFT) == 0
    assert world.order(accounts[0], Side.SELL, PRICE * 1.0016, GIFT) == 0


def dust(world, accounts):
    """Bids of two dollars in front of the others', hundreds of them."""
    for one in accounts:
        world.cancel_all(one)
        assert not any(world.order(one, Side.BUY, PRICE * 1.0014, 1) for _ in range(24))


@pytest.mark.parametrize("resting_us", [1_000, 900_000])
@pytest.mark.parametrize("shows", [two_quotes, dust])
def test_nobody_takes_an_honest_premium_out_of_the_mark(world, shows, resting_us):
    """Else its owner buys the honest longs who stand within it of their maintenance margin."""
    others = [world.account(50_000_000) for _ in range(2)]
    accounts = [world.account(20_000) for _ in range(12)]
    above(world, others)
    for _ in range(90):
        world.live(1, HONEST)
        above(world, others)
    honest = world.mark()
    assert honest > PRICE * 1.001
    for _ in range(60):
        world.time += SECOND_US - resting_us
        shows(world, accounts)
        world.time += resting_us
        world.tell(HONEST)
        for one in accounts:
            world.cancel_all(one)
        above(world, others)
    assert honest - 2 <= world.mark() <= PRICE * 1.001875


@pytest.mark.parametrize(
    ("every_us", "renews"), [(333_000, 1), (125_000, 1), (1_000_000, 1), (5_000_000, 2)]
)
def test_makers_who_quote_after_each_price_make_a_premium(world, every_us, renews):
    others = [world.account(50_000_000) for _ in range(2)]
    for k in range(150 * SECOND_US // every_us):
        if k % renews == 0:
            above(world, others)
        world.time += every_us
        world.tell(HONEST)
    assert world.mark() > PRICE * (1.0008 if every_us < 2 * SECOND_US else 1.0003)


def test_crumbs_where_it_costs_nothing_to_stand_take_no_premium_either():
    """Thousands of asks of two dollars above the index, in front of the honest one: no gift."""
    world = IndexWorld(rows=8 * ORDERS_LOOKED_AT)
    world.live(2, HONEST)
    others = [world.account(50_000_000) for _ in range(2)]
    above(world, others)
    for _ in range(60):
        world.live(1, HONEST)
        above(world, others)
    honest = world.mark()
    assert honest > PRICE * 1.0008
    each, crumbs = 128, ORDERS_LOOKED_AT + 128
    for _ in range(crumbs // each):
        one = world.account(20_000)
        asked = asking.limit(one, CONTRACT, Side.SELL, 1, int(PRICE * 10.016))
        assert world.say(*[asked] * each) == [0] * each
    for _ in range(30):
        world.live(1, HONEST)
        above(world, others)
    assert world.mark() >= honest
