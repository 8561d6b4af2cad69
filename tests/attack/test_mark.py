"""A book that nobody can trade on moves no mark, and what it said does not outlive a stop."""

import pytest

from pilothouse.language.commands import SetPriceBand, Transfer
from pilothouse.language.kinds import MarketStatus, Side, Wallet
from pilothouse.rules.mark import MARGINS_LOOKED_AT, ORDERS_LOOKED_AT
from tests.attack.index_world import ALL, COIN, CONTRACT, E6, PRICE, IndexWorld

HONEST = dict.fromkeys(ALL, PRICE)
NEAR, FAR = PRICE * 1.004, PRICE * 1.006
"""A bid 0.4 % above the index, and an ask above it."""


WIDE = (0, 60_000, 50_000)
"""A maintenance margin that lets a look at the book say the largest premium of a contract."""


@pytest.fixture
def world():
    made = IndexWorld(WIDE)
    made.all_tell(PRICE)
    made.live(1, HONEST)
    return made


def quote(world, buyer, seller, quantity=COIN, **more):
    assert world.order(buyer, Side.BUY, NEAR, quantity, **more) == 0
    assert world.order(seller, Side.SELL, FAR, quantity, **more) == 0


def test_a_book_that_can_be_traded_on_moves_the_mark(world):
    quote(world, world.maker, world.seller)
    world.live(60, HONEST)
    assert world.mark() > PRICE * 1.003


def test_a_book_moves_no_mark_before_it_has_stood_for_ten_seconds(world):
    quote(world, world.maker, world.seller)
    world.live(10, HONEST)
    assert world.mark() == PRICE
    for _ in range(20):
        # Shown for nine seconds of ten.
        world.cancel_all(world.seller)
        world.live(1, HONEST)
        assert world.order(world.seller, Side.SELL, FAR) == 0
        world.live(9, HONEST)
    assert world.mark() == PRICE


def test_orders_below_the_impact_size_move_no_mark(world):
    quote(world, world.maker, world.seller, COIN // 50)
    world.live(60, HONEST)
    assert world.mark() == PRICE


def test_a_crumb_before_a_real_order_moves_no_mark(world):
    quote(world, world.maker, world.seller)
    world.order(world.client, Side.BUY, FAR - 1, 1)
    world.live(60, HONEST)
    assert world.mark() < PRICE * 1.0041


def test_a_side_alone_moves_no_mark(world):
    world.order(world.maker, Side.BUY, NEAR, 10 * COIN)
    world.live(60, HONEST)
    assert world.mark() == PRICE


# Orders on the far side of the index are hit by nobody, or may be hit by nobody.
def without_band(world):
    before = int(world.machine.state.markets[CONTRACT]["band_version"])
    assert world.say(
        SetPriceBand(market=CONTRACT, band_ppm=0, base_version=before, orders_outside_max=-1)
    ) == [0]


@pytest.mark.parametrize("banded", [True, False])
@pytest.mark.parametrize("far", [1.0005, 1.009, 1.04, 1.06, 3, 100])
def test_an_ask_that_nobody_hits_moves_no_mark(world, banded, far):
    if not banded:
        without_band(world)
    assert world.order(world.maker, Side.BUY, PRICE * 0.9995) == 0
    assert world.order(world.seller, Side.SELL, PRICE * far) == 0
    world.live(60, HONEST)
    assert world.mark() == PRICE


@pytest.mark.parametrize("banded", [True, False])
@pytest.mark.parametrize("far", [0.9995, 0.991, 0.96, 0.94, 0.3, 0.01])
def test_a_bid_that_nobody_hits_moves_no_mark(world, banded, far):
    if not banded:
        without_band(world)
    assert world.order(world.maker, Side.SELL, PRICE * 1.0005) == 0
    assert world.order(world.seller, Side.BUY, PRICE * far) == 0
    world.live(60, HONEST)
    assert world.mark() == PRICE


@pytest.mark.parametrize("far", [1.07, 3])
def test_an_ask_beyond_the_band_is_no_side_of_a_book(world, far):
    assert world.order(world.maker, Side.BUY, NEAR) == 0
    assert world.order(world.seller, Side.SELL, PRICE * far) == 0
    world.live(60, HONEST)
    assert world.mark() == PRICE


@pytest.mark.parametrize("far", [0.93, 0.3])
def test_a_bid_beyond_the_band_is_no_side_of_a_book(world, far):
    assert world.order(world.seller, Side.SELL, PRICE * 0.996) == 0
    assert world.order(world.maker, Side.BUY, PRICE * far) == 0
    world.live(60, HONEST)
    assert world.mark() == PRICE


def test_an_ask_below_the_index_moves_the_mark_down(world):
    assert world.order(world.maker, Side.BUY, PRICE * 0.994) == 0
    assert world.order(world.seller, Side.SELL, PRICE * 0.996) == 0
    world.live(60, HONEST)
    assert PRICE * 0.9959 < world.mark() < PRICE * 0.997


def test_what_may_be_hit_is_measured_from_where_the_index_is_now(world):
    # The bid could be hit a moment ago; now the band is around another mark.
    assert world.order(world.maker, Side.BUY, PRICE * 0.952) == 0
    assert world.order(world.seller, Side.SELL, PRICE * 0.953) == 0
    world.live(30, dict.fromkeys(ALL, PRICE * 0.948))
    premium = world.mark() - PRICE * 0.948
    assert premium > PRICE * 0.001
    world.tell({1: PRICE * 1.005})
    world.live(30)
    world.tell({2: PRICE * 1.005})
    assert world.mark() - PRICE * 1.005 < premium * 0.94, "it only gets smaller"


def test_a_far_ask_takes_no_funding_from_longs(world):
    world.long(world.client, quantity=100 * COIN)
    assert world.order(world.maker, Side.BUY, PRICE * 0.9995) == 0
    assert world.order(world.seller, Side.SELL, PRICE * 3, COIN // 20) == 0
    for _ in range(240):
        world.live(1, HONEST)
        world.live(30)
    assert int(world.machine.state.markets[CONTRACT]["funding_rate_e12"]) == 0


@pytest.mark.parametrize(
    "stop", [MarketStatus.HALTED, MarketStatus.CANCEL_ONLY, MarketStatus.POST_ONLY]
)
def test_p_book_where_nothing_executes_moves_no_mark(world, stop):
    quote(world, world.maker, world.seller)
    world.live(60, HONEST)
    assert world.status(stop) == 0
    world.live(600, HONEST)
    assert abs(world.mark() - PRICE) < 0.2


def test_s03_quotes_of_a_post_only_phase_do_not_move_the_mark_at_the_reopening(world):
    # Makers quote far off while nobody can hit them; then the market executes again.
    assert world.status(MarketStatus.POST_ONLY) == 0
    quote(world, world.maker, world.seller, flags=1)
    world.live(120, HONEST)
    assert world.mark() == PRICE
    assert world.status(MarketStatus.ONLINE) == 0
    world.live(10, HONEST)
    assert world.mark() == PRICE
    world.live(60, HONEST)
    assert world.mark() > PRICE * 1.003


def test_a_short_halt_forgets_the_premium(world):
    quote(world, world.maker, world.seller)
    world.live(60, HONEST)
    assert world.status(MarketStatus.HALTED) == 0
    assert world.status(MarketStatus.REDUCE_ONLY) == 0
    world.live(1, HONEST)
    assert world.mark() == PRICE


def test_a_book_nobody_looked_at_for_long_counts_as_new(world):
    quote(world, world.maker, world.seller)
    world.live(60, HONEST)
    world.live(300)
    world.all_tell(PRICE)
    assert abs(world.mark() - PRICE) < 0.2


# Funding uses only what was seen while the market could trade and its index was live.
def premium_of(world):
    m = world.machine.state.markets[CONTRACT]
    return int(m["premium_ms"]), int(m["premium_sum_e12_ms"])


def test_a_halted_stretch_counts_for_no_funding(world):
    world.live(10, HONEST)
    before, _ = premium_of(world)
    world.status(MarketStatus.HALTED)
    world.live(600, HONEST)
    assert premium_of(world)[0] == before
    world.status(MarketStatus.REDUCE_ONLY)
    world.live(5, HONEST)
    assert 5_000 <= premium_of(world)[0] - before <= 6_000


def test_a_stale_stretch_counts_for_no_funding(world):
    before, _ = premium_of(world)
    world.live(600)
    world.all_tell(PRICE)
    assert premium_of(world)[0] - before == 60_000


def test_an_hour_that_ends_on_a_stale_index_has_no_rate(world):
    quote(world, world.maker, world.seller)
    world.live(120, HONEST)
    world.live(3_600)
    m = world.machine.state.markets[CONTRACT]
    assert int(m["funding_rate_e12"]) == 0 and int(m["funding_payment_e6"]) == 0


@pytest.mark.parametrize("halted_h", [1, 5, 100])
def test_m60_after_a_standstill_funding_is_paid_for_one_hour_at_most(world, halted_h):
    world.long(world.client, quantity=100 * COIN)
    quote(world, world.maker, world.seller)
    while not int(world.machine.state.markets[CONTRACT]["funding_rate_e12"]):
        world.live(30, HONEST)
    before = cash(world)
    world.status(MarketStatus.HALTED)
    world.time += halted_h * 3_600 * 10**6
    world.all_tell(PRICE)
    world.status(MarketStatus.REDUCE_ONLY)
    world.live(3, HONEST)
    # 0.25 % of two million dollars is the most that an hour can take.
    assert 0 < before - cash(world) <= 5_000 * 10**6


def cash(world):
    rows = world.machine.state.balances
    return sum(int(one["available"]) for one in rows if one["account"] == world.client)


# An order beyond the index counts while its account could bear its fill.
def test_a_bid_whose_money_has_left_moves_no_mark(world):
    bidder = world.account(2_800)
    world.order(world.seller, Side.SELL, PRICE * 1.045)
    assert world.order(bidder, Side.BUY, PRICE * 1.04) == 0
    world.live(20, HONEST)
    assert world.mark() > PRICE * 1.0008, "with it, it does"
    out = Transfer(
        account=bidder, asset=1, amount=1_500 * E6, source=Wallet.FUTURES, target=Wallet.SPOT
    )
    assert world.say(out) == [0], "what is left is the margin of the order, not its loss"
    world.live(90, HONEST)
    assert world.mark() < PRICE * 1.001
    assert world.order(world.seller, Side.SELL, PRICE, flags=0) == 0
    assert world.held(bidder) == 0, "nor could anybody have hit it"


def test_an_ask_whose_money_has_left_moves_no_mark(world):
    asker = world.account(2_800)
    world.order(world.maker, Side.BUY, PRICE * 0.955)
    assert world.order(asker, Side.SELL, PRICE * 0.96) == 0
    world.live(20, HONEST)
    assert world.mark() < PRICE * 0.9992
    out = Transfer(
        account=asker, asset=1, amount=1_500 * E6, source=Wallet.FUTURES, target=Wallet.SPOT
    )
    assert world.say(out) == [0]
    world.live(90, HONEST)
    assert world.mark() > PRICE * 0.999


def test_crumbs_before_an_honest_premium_take_none_of_it(world):
    """They cost a few dollars; the mark they moved would liquidate."""
    quote(world, world.maker, world.seller)
    world.live(400, HONEST)
    before = world.mark()
    spam = world.account(10_000)
    for _ in range(30):
        world.order(spam, Side.BUY, NEAR + 0.1, 1)
    world.live(60, HONEST)
    assert world.mark() == before > PRICE * 1.003
    for _ in range(300):
        world.order(spam, Side.BUY, NEAR + 0.1, 1)
    world.live(1, HONEST)
    world.cancel_all(spam)
    world.live(1, HONEST)
    assert world.mark() > PRICE + (before - PRICE) * 0.9, "they do not begin the wait anew"


def test_the_margin_of_those_who_bid_is_worked_out_for_so_many(world):
    world.order(world.seller, Side.SELL, FAR)
    for one in [world.account(450) for _ in range(60)]:
        world.order(one, Side.BUY, PRICE * 1.0019, COIN)
    world.order(world.maker, Side.BUY, NEAR, COIN)
    world.live(60, HONEST)
    assert (
        world.machine.state.scratch[0]["command_work"] < 8 * MARGINS_LOOKED_AT + ORDERS_LOOKED_AT
    )
    assert not world.machine.broken_invariants()
