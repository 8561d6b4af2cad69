"""One client with several accounts against the insurance pool: what is left keeps its margin.

What one account of his gives another in one contract is nobody's loss as long as the rest of what
it holds, and what its orders may still open, keeps its margin.
"""

import pytest

from pilothouse.language import refusals as no
from pilothouse.language.commands import CancelAllOrders, MarginTier, SetMarginSchedule, Transfer
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.events import InsurancePaid, OrderCancelled, ProtectionStepTaken
from pilothouse.language.kinds import CancelReason, OrderType, Side, TimeInForce, Wallet
from pilothouse.venue.views.margin import margin
from tests.attack.index_world import BITCOIN, COIN, CONTRACT, ETHER, OTHER, SECOND_US, IndexWorld
from tests.engine import protected
from tests.engine.protected import BUY, DOLLAR, E6, POOL, SELL, Exchange

ONE, POOL_USD = 10_000, 200_000
IOC = {"time_in_force": TimeInForce.IOC}
CLOSE = IOC | {"flags": REDUCE_ONLY}


def equity(world, account):
    return margin(world.machine, account).equity


def test_no_account_is_filled_at_the_mark_without_margin_for_what_it_adds():
    world = Exchange(clients=2, pool_usd=POOL_USD)
    gives, takes = world.first, world.first + 1
    world.fund(takes, DOLLAR, 200_000 * E6)
    world.fund(gives, DOLLAR, 15_700 * E6)
    opened = world.say(
        world.order(takes, 2, SELL, 100 * ONE, 30_000),
        world.order(gives, 2, BUY, 100 * ONE, 30_000),
        world.order(gives, 1, BUY, 8 * ONE, 600_000),
    )
    assert not opened[:, 1].any()
    world.settle()
    low = 30_000 - 1_560
    world.say(
        world.order(takes, 2, BUY, 100 * ONE, low),
        world.order(gives, 2, SELL, 100 * ONE, low, **CLOSE),
        world.order(takes, 1, SELL, 8 * ONE, 600_000, **IOC),
    )
    world.settle()
    world.say(world.order(takes, 1, BUY, 8 * ONE, 598_500))
    world.settle()
    assert not world.machine.broken_invariants()
    assert equity(world, POOL) >= POOL_USD * E6, "no price has moved"


def test_a_liquidation_leaves_the_other_positions_their_margin(monkeypatch):
    more = {3: (protected.ETHER, 3_000), 4: (protected.ETHER, 3_000)}
    monkeypatch.setattr(protected, "CONTRACTS", protected.CONTRACTS | more)
    world = Exchange(clients=2, pool_usd=POOL_USD)
    gives, takes = world.first, world.first + 1
    world.fund(gives, DOLLAR, 41_000 * E6)
    world.fund(takes, DOLLAR, 400_000 * E6)
    held = {1: (91_000, 600_000)} | dict.fromkeys((2, 3, 4), (160 * ONE, 30_000))
    for market, (quantity, price) in held.items():
        sold = world.order(takes, market, SELL, quantity, price)
        assert not world.say(sold, world.order(gives, market, BUY, quantity, price))[:, 1].any()
    world.settle()
    now = margin(world.machine, gives)
    price = 600_000 - (int(now.equity - now.maintenance) // E6 + 580) * 10
    world.say(
        world.order(takes, 1, BUY, ONE, price), world.order(gives, 1, SELL, ONE, price, **CLOSE)
    )
    world.settle()
    world.prices({1: 59_950, 2: 2_999})
    world.settle()
    offers = [one.price for one in world.events(ProtectionStepTaken) if one.market == 1]
    world.say(world.order(takes, 1, BUY, 81_000, offers[-1] + 10))
    world.settle()
    world.say(*[world.order(takes, one, BUY, 160 * ONE, 29_916) for one in (2, 3, 4)])
    world.settle()
    assert not world.machine.broken_invariants()
    assert equity(world, gives) + equity(world, takes) <= 441_000 * E6, "the client has gained"


def test_what_rests_on_a_silent_index_is_given_to_nobody_by_a_trade():
    # Without the trade the pool pays nothing: the account could bear the fall.
    (world, gives, other, friend), price = silent(), 17_000
    world.order(friend, Side.BUY, 19_010, 31 * COIN, OTHER)
    world.order(gives, Side.SELL, 19_010, 31 * COIN, OTHER, **CLOSE)
    words = {"asset": DOLLAR, "source": Wallet.FUTURES, "target": Wallet.SPOT}
    away = Transfer(account=friend, amount=100_000 * E6, **words)
    world.say(away)
    _live(world, 90, price)
    world.order(other, Side.BUY, price, 10 * COIN)
    _live(world, 30, price)
    assert sum(one.amount for one in world.events(InsurancePaid)) == 0


COINS = {CONTRACT: 10 * COIN, OTHER: 31 * COIN}


def silent(gives_usd=40_000, held=COINS):
    """Return a world in which an account is long in two contracts, and bitcoin has fallen silent.

    It comes with the account, the one that sold, and a friend who sold nothing.
    """
    world = IndexWorld()
    world.fund(POOL, DOLLAR, 2_000_000 * E6)
    world.all_tell(20_000)
    world.all_tell(20_000, ETHER)
    gives, other, friend = (world.account(one) for one in (gives_usd, 200_000, 100_000))
    for market, quantity in held.items():
        assert world.order(other, Side.SELL, 20_000, quantity, market) == 0
        assert world.order(gives, Side.BUY, 20_000, quantity, market) == 0
    _live(world, 65, 0)
    return world, gives, other, friend


def sold(world, account, to, price, quantity, market):
    """Sell to an account that bids, and say whether it was all sold."""
    before = world.held(account, market)
    world.order(to, Side.BUY, price, quantity, market, flags=REDUCE_ONLY * (market == CONTRACT))
    world.order(account, Side.SELL, price, quantity, market, **CLOSE)
    world.cancel_all(to)
    return before - world.held(account, market) == quantity


@pytest.mark.parametrize("price", [19_999, 19_950, 19_900])
def test_elsewhere_an_honest_client_closes_near_the_mark(price):
    world, gives, _, friend = silent()
    near = price >= 19_950, "the liquidation fee is a quarter of a percent"
    assert sold(world, gives, friend, price, 31 * COIN, OTHER) == near[0], near[1]


def test_who_could_bear_a_whole_step_trades_elsewhere_as_ever():
    world, gives, other, _ = silent(gives_usd=200_000)
    assert sold(world, gives, other, 19_500, 31 * COIN, OTHER)
    assert world.order(gives, Side.BUY, 20_000, COIN, OTHER) == 0


def test_who_could_not_opens_nothing_elsewhere_but_closes():
    world, gives, *_ = silent()
    assert world.order(gives, Side.BUY, 20_000, COIN, OTHER) == no.INDEX_IS_STALE
    assert world.order(gives, Side.SELL, 20_000, COIN, OTHER) == 0, "it reduces"
    world.cancel_all(gives)
    assert world.order(gives, Side.SELL, 20_000, COIN, OTHER, flags=REDUCE_ONLY) == 0


def test_a_quote_that_only_what_is_in_doubt_would_bear_ends_when_it_is_met_and_says_so():
    world = IndexWorld()
    world.all_tell(20_000)
    world.all_tell(20_000, ETHER)
    doubtful, sound, other = (world.account(one) for one in (40_000, 200_000, 200_000))
    assert world.order(other, Side.SELL, 20_000, 10 * COIN) == 0
    assert world.order(doubtful, Side.BUY, 20_000, 10 * COIN) == 0
    for account in (doubtful, sound):
        assert world.order(account, Side.BUY, 19_990, COIN, OTHER) == 0
    _live(world, 65, 0)
    assert world.order(other, Side.SELL, 19_990, 1, OTHER, **IOC) == 0
    (ended,) = [one for one in world.happened if isinstance(one.event, OrderCancelled)]
    assert (ended.account, ended.event.reason) == (doubtful, CancelReason.STALE_INDEX)
    assert (world.held(doubtful, OTHER), world.held(sound, OTHER)) == (0, 1)


@pytest.mark.parametrize("price", [17_100, 16_000])
def test_on_the_silent_index_a_position_closes_piece_by_piece_at_what_it_is_worth(price):
    world, gives, other, _ = silent(held={CONTRACT: 10 * COIN})
    for _ in range(10):
        assert sold(world, gives, other, price, COIN, CONTRACT)
    assert world.held(gives) == 0


def test_on_the_silent_index_no_piece_is_given_away_at_the_cost_of_the_rest():
    world, gives, other, _ = silent(held={CONTRACT: 10 * COIN})
    assert not sold(world, gives, other, 13_000, 5 * COIN, CONTRACT), (
        "the rest would be worth less"
    )
    assert world.held(gives) == 10 * COIN


@pytest.mark.parametrize("dollars", [4_000, 70_000])
def test_a_bid_on_the_silent_index_is_hit_only_if_its_account_could_bear_a_step(dollars):
    world = IndexWorld()
    world.all_tell(20_000)
    long, bidder = world.account(40_000), world.account(dollars)
    world.long(long, price=20_000, quantity=10 * COIN)
    assert world.order(bidder, Side.BUY, 19_990, 9 * COIN) == 0
    world.cancel_all(world.maker)
    _live(world, 65, 0)
    assert world.order(long, Side.SELL, 19_990, 9 * COIN, **CLOSE) == 0
    assert world.held(bidder) == (9 * COIN if dollars == 70_000 else 0)


def test_how_far_the_sources_deny_an_index_counts_where_it_is_more_than_a_step():
    world, gives, other, _ = silent(gives_usd=120_000)
    assert sold(world, gives, other, 19_900, COIN, OTHER), "60,000 dollars for a step are there"
    world.all_tell(20_000)
    world.all_tell(8_000)
    assert not sold(world, gives, other, 19_900, COIN, OTHER), "120,000 are not"
    assert sold(world, gives, other, 19_950, COIN, OTHER)


def test_what_turns_a_position_has_the_margin_of_new_ones():
    world = Exchange(clients=2, pool_usd=POOL_USD)
    turns, other = world.first, world.first + 1
    world.fund(turns, DOLLAR, 4_000 * E6)
    world.fund(other, DOLLAR, 400_000 * E6)
    world.say(world.order(other, 1, SELL, ONE, 600_000), world.order(turns, 1, BUY, ONE, 600_000))
    assert world.say(steep(world))[0, 1] == 0
    turning = world.order(turns, 1, SELL, 2 * ONE, 600_000)
    assert world.say(turning)[0, 1] == no.INSUFFICIENT_MARGIN
    assert world.say(world.order(turns, 1, SELL, ONE + ONE // 4, 600_000))[0, 1] == 0
    world.say(world.order(other, 1, BUY, ONE + ONE // 4, 600_000))
    world.settle()
    assert not world.events(ProtectionStepTaken)


def test_a_bid_at_the_mark_waits_in_vain_once_its_money_is_gone():
    world = Exchange(clients=2, pool_usd=POOL_USD)
    gives, takes = world.first, world.first + 1
    world.fund(gives, DOLLAR, 13_000 * E6)
    world.fund(takes, DOLLAR, 200_000 * E6)
    world.say(
        world.order(takes, 2, SELL, 10 * ONE, 30_000),
        world.order(gives, 2, BUY, 10 * ONE, 30_000),
        world.order(gives, 1, BUY, 8 * ONE, 600_000),
        world.order(takes, 2, BUY, 10 * ONE, 27_000),
        world.order(gives, 2, SELL, 10 * ONE, 27_000, **CLOSE),
    )
    assert equity(world, gives) < 12_000 * E6
    world.say(world.order(takes, 1, SELL, 8 * ONE, 600_000, **IOC))
    world.settle()
    assert {one.reason for one in world.events(OrderCancelled)} <= {
        CancelReason.FUNDS, CancelReason.MARGIN, CancelReason.IMMEDIATE_REST,
    }  # fmt: skip
    assert equity(world, gives) >= margin(world.machine, gives).maintenance


def _live(world, seconds, price, ether=20_000):
    for _ in range(seconds):
        world.time += SECOND_US
        if price:
            world.all_tell(price)
        world.all_tell(ether, ETHER)


# On a silent index a fill leaves nothing alone that the account may need.
def hedged(at=20_000):
    """Return a silent world in which an account is long bitcoin and short as much ether."""
    world = IndexWorld()
    world.fund(POOL, DOLLAR, 2_000_000 * E6)
    world.all_tell(at)
    world.all_tell(1_000, ETHER)
    both, friend, other = (world.account(one) for one in (50_000, 500_000, 500_000))
    assert world.order(other, Side.SELL, at, 50 * COIN) == 0
    assert world.order(both, Side.BUY, at, 50 * COIN) == 0
    assert world.order(friend, Side.BUY, 1_000, 1_000 * COIN, OTHER) == 0
    assert world.order(both, Side.SELL, 1_000, 1_000 * COIN, OTHER) == 0
    world.time += 65 * SECOND_US
    world.say(
        Transfer(account=friend, asset=DOLLAR, amount=1, source=Wallet.SPOT, target=Wallet.FUTURES)
    )
    return world, both, friend, other


def test_a_leg_that_wins_is_not_given_away_at_the_old_mark():
    world, both, friend, _ = hedged()
    world.order(friend, Side.SELL, 1_000, 1_000 * COIN, OTHER, flags=REDUCE_ONLY)
    world.order(both, Side.BUY, 1_000, 1_000 * COIN, OTHER, **CLOSE)
    assert world.held(both, OTHER) == -1_000 * COIN, "it may be what the other leg needs"
    for _ in range(30):
        world.time += SECOND_US
        world.all_tell(16_000)
        world.all_tell(800, ETHER)
    assert sum(one.amount for one in world.events(InsurancePaid)) == 0
    assert margin(world.machine, POOL).equity >= 2_000_000 * E6


def test_a_short_that_covers_collateral_is_not_given_away_either():
    world = IndexWorld()
    world.all_tell(20_000)
    account, friend = world.account(1), world.account(500_000)
    world.fund(account, BITCOIN, 20 * 10**8)
    assert world.order(friend, Side.BUY, 20_000, 20 * COIN) == 0
    assert world.order(account, Side.SELL, 20_000, 20 * COIN) == 0
    owed = world.machine.state.balances
    row = next(
        k
        for k in range(1, len(owed))
        if (owed[k]["account"], owed[k]["wallet"], owed[k]["asset"]) == (account, 2, DOLLAR)
    )
    owed[row]["available"] -= 380_000 * E6
    world.time += 65 * SECOND_US
    for quantity, filled in ((20 * COIN, 0), (2 * COIN, 2 * COIN)):
        world.order(friend, Side.SELL, 20_000, quantity, flags=REDUCE_ONLY)
        world.order(account, Side.BUY, 20_000, quantity, **CLOSE)
        world.cancel_all(friend)
        assert world.held(account) == filled - 20 * COIN, "a little of it can be borne"


def test_a_lone_position_below_its_margin_closes_at_the_old_mark():
    world, gives, other, _ = silent(gives_usd=4_000, held={CONTRACT: 10 * COIN})
    assert sold(world, gives, other, 20_000, 10 * COIN, CONTRACT)


# Who has won gives back what he has won, and who has not gives nothing.
def test_an_unwind_takes_nothing_from_who_came_after_the_fall():
    world = Exchange(clients=4, pool_usd=3_000)
    loser, winner, comer, maker = (world.first + k for k in range(4))
    for number, dollars in ((loser, 1_500), (winner, 100_000), (comer, 1_500), (maker, 100_000)):
        world.fund(number, DOLLAR, dollars * E6)
    world.say(world.order(winner, 1, SELL, ONE, 600_000), world.order(loser, 1, BUY, ONE, 600_000))
    world.settle()
    world.prices(
        {1: 55_000},
        world.order(comer, 1, SELL, ONE, 550_000),
        world.order(winner, 1, BUY, ONE, 550_000),
    )
    world.settle()
    assert equity(world, comer) >= 1_500 * E6 - 1_000_000, "it had won nothing"
    assert not world.machine.broken_invariants()


@pytest.mark.parametrize("cohort", [False, True])
def test_orders_that_only_reduce_need_no_margin_and_lose_none(cohort):
    world = Exchange(clients=2, pool_usd=POOL_USD)
    holds, other = world.first, world.first + 1
    world.fund(holds, DOLLAR, 2_000 * E6)
    world.fund(other, DOLLAR, 400_000 * E6)
    world.say(world.order(other, 1, SELL, ONE, 600_000), world.order(holds, 1, BUY, ONE, 600_000))
    if cohort:
        assert world.say(steep(world))[0, 1] == 0
    profits = [
        world.order(holds, 1, SELL, ONE, at, flags=REDUCE_ONLY) for at in (620_000, 640_000)
    ]
    assert not world.say(*profits)[:, 1].any()
    world.prices({1: 59_200})
    world.settle()
    assert not world.events(OrderCancelled)
    at_market = {"order_type": OrderType.MARKET} | CLOSE
    assert not world.say(
        world.order(other, 1, BUY, ONE, 591_900), world.order(holds, 1, SELL, ONE, 0, **at_market)
    )[:, 1].any()
    world.settle()
    assert margin(world.machine, holds).notional == 0
    assert not world.machine.broken_invariants()


def test_a_fill_or_kill_counts_what_is_opened_under_the_schedule_of_now():
    world = Exchange(clients=2, pool_usd=POOL_USD)
    makes, takes = world.first, world.first + 1
    world.fund(makes, DOLLAR, 4_000 * E6)
    world.fund(takes, DOLLAR, 400_000 * E6)
    bids = [world.order(makes, 1, BUY, ONE // 2, at) for at in (600_000, 599_990)]
    assert not world.say(*bids)[:, 1].any()
    assert world.say(steep(world))[0, 1] == 0
    world.say(world.order(takes, 1, SELL, ONE, 599_990, time_in_force=TimeInForce.FOK))
    filled = -margin(world.machine, takes).notional
    assert filled in (0, -margin(world.machine, makes).notional)
    assert not [one for one in world.events(OrderCancelled) if one.reason == CancelReason.FUNDS]


def steep(world):
    """Return a schedule of ten percent for positions opened from now on."""
    return SetMarginSchedule(
        market=1, client_class=0, jurisdiction=0, opened_from=world.time + 10_000, base_version=2,
        accounts_below_initial_max=-1, accounts_below_maintenance_max=-1,
        notional_below_initial_max=-1, notional_below_maintenance_max=-1, count=1,
        tiers=(MarginTier(floor_usd=0, initial_ppm=200_000, maintenance_ppm=100_000),),
    )  # fmt: skip


def behind_one_that_reduces(world, account, side, size, price):
    """Return an order that only reduces all of a position, and an ordinary one behind it."""
    return [
        world.order(account, 1, side, size, price, flags=REDUCE_ONLY),
        world.order(account, 1, side, size, price),
    ]


def test_what_opens_behind_an_order_that_reduces_has_initial_margin():
    world = Exchange(clients=2, pool_usd=POOL_USD)
    turns, other = world.first, world.first + 1
    world.fund(turns, DOLLAR, 12_900 * E6)
    world.fund(other, DOLLAR, 400_000 * E6)
    held = 8 * ONE
    world.say(
        world.order(other, 1, SELL, held, 600_000), world.order(turns, 1, BUY, held, 600_000)
    )
    world.say(*behind_one_that_reduces(world, turns, SELL, held, 600_100))
    world.say(world.order(turns, 1, SELL, held // 2, 600_100))
    world.say(world.order(other, 1, BUY, 3 * held, 600_100, **IOC))
    view = margin(world.machine, turns)
    assert view.equity >= view.initial
    assert not world.machine.broken_invariants()


def test_nobody_grows_beyond_the_largest_position_behind_orders_that_reduce():
    world = Exchange(clients=2, pool_usd=POOL_USD)
    grows, other = world.first, world.first + 1
    for number in (grows, other):
        world.fund(number, DOLLAR, 50_000_000 * E6)
    world.say(world.order(other, 1, SELL, ONE, 600_000), world.order(grows, 1, BUY, ONE, 600_000))
    world.machine.state.markets[1]["position_max"] = 2 * ONE
    for k in range(6):
        side, back = ((SELL, BUY), (BUY, SELL))[k % 2]
        size = abs(world.machine.state.positions["quantity"]).max()
        world.say(world.order(grows, 1, side, int(size), 600_000, flags=REDUCE_ONLY))
        world.say(world.order(grows, 1, side, int(size) + 2 * ONE, 600_000))
        world.say(world.order(other, 1, back, 4 * int(size) + 4 * ONE, 600_000, **IOC))
        world.say(CancelAllOrders(account=grows), CancelAllOrders(account=other))
    assert abs(world.machine.state.positions["quantity"]).max() <= 2 * ONE


@pytest.mark.parametrize("opens_at", [0, 1_000], ids=["near", "at the mark"])
def test_opening_and_closing_near_the_mark_gives_nothing_in_doubt_away(opens_at):
    """Each round is near the mark; a hundred of them are not. What opens gives nothing itself."""
    world = IndexWorld()
    world.fund(POOL, DOLLAR, 2_000_000 * E6)
    world.all_tell(20_000)
    world.all_tell(1_000, ETHER)
    gives, friend = world.account(1), world.account(3_000_000)
    world.fund(gives, BITCOIN, 100 * 10**8)
    size = 2_000 * COIN
    assert world.order(friend, Side.SELL, 1_000, size, OTHER) == 0
    assert world.order(gives, Side.BUY, 1_000, size, OTHER) == 0
    _live(world, 65, 0, ether=1_000)
    before = equity(world, gives)
    for k in range(20):
        side, back, price = ((Side.SELL, Side.BUY, 997.6), (Side.BUY, Side.SELL, 1_002.4))[k % 2]
        held = abs(world.held(gives, OTHER))
        world.order(gives, side, price, held, OTHER, flags=REDUCE_ONLY)
        world.order(gives, side, opens_at or price, size, OTHER)
        world.order(friend, back, opens_at or price, held + size, OTHER, **IOC)
        world.cancel_all(gives)
        world.cancel_all(friend)
        if k == 0:
            assert world.held(gives, OTHER) == 0, "who reduces near the mark goes on"
    assert before - 20_000 * E6 <= equity(world, gives) < before, "a hundredth of what it has"
