"""A spot pair's band is around its index: neither a last trade nor two accounts move it."""

import pytest

from pilothouse.language.commands import Deposit, ListMarket, SetPriceBand
from pilothouse.language.events import PriceBandSet
from pilothouse.language.kinds import MarketKind, MarketStatus, OrderType, Side, TimeInForce
from pilothouse.language.refusals import IMPACT_ABOVE_WHAT_WAS_SIGNED, PRICE_IS_OUTSIDE_THE_BAND
from tests.attack.index_world import ALL, BITCOIN, COIN, DOLLAR, E6, ETHER, PRICE, IndexWorld

SPOT, CROSS = 3, 4
"""Bitcoin against dollars, and against ether; both with a band of one percent."""
HONEST = dict.fromkeys(ALL, PRICE)


@pytest.fixture
def world():
    made = IndexWorld()
    made.say(pair("XBTUSD", DOLLAR), pair("XBTETH", ETHER))
    for account in (made.maker, made.seller, made.client):
        made.say(*[Deposit(account=account, asset=one, amount=10**13) for one in (1, 2, 3)])
    told(made, PRICE)
    return made


def pair(symbol, quote):
    return ListMarket(
        symbol=symbol, kind=MarketKind.SPOT, base=BITCOIN, quote=quote, price_decimals=1,
        quantity_decimals=8, tick=1, lot=1, band_ppm=10_000, status=MarketStatus.ONLINE,
    )  # fmt: skip


def told(world, bitcoin, ether=1_000):
    world.time += E6
    world.all_tell(bitcoin)
    world.all_tell(ether, ETHER)


def trade(world, price, market=SPOT):
    """Let two accounts trade at a price; return the outcomes."""
    sold = world.order(world.maker, Side.SELL, price, 1, market)
    bought = world.order(world.seller, Side.BUY, price, 1, market)
    world.cancel_all(world.maker)
    world.cancel_all(world.seller)
    return sold, bought


def buys(world, price, market=SPOT, side=Side.BUY):
    """Return the outcome of a client's limit order, and cancel it."""
    outcome = world.order(world.client, side, price, 1, market)
    world.cancel_all(world.client)
    return outcome


@pytest.mark.parametrize("moved", [0.8, 0.97, 1.03, 1.25])
def test_orders_at_the_index_are_taken_wherever_the_last_trade_was(world, moved):
    assert trade(world, PRICE) == (0, 0)
    told(world, PRICE * moved)
    assert buys(world, PRICE * moved) == 0
    assert buys(world, PRICE * moved, side=Side.SELL) == 0
    side = Side.BUY if moved < 1 else Side.SELL
    assert buys(world, PRICE, side=side) == PRICE_IS_OUTSIDE_THE_BAND


@pytest.mark.parametrize("way", [-1, 1])
def test_two_accounts_do_not_walk_the_reference_of_an_empty_book(world, way):
    price, outcomes = PRICE, set()
    for _ in range(30):
        price += way * PRICE // 110
        outcomes |= set(trade(world, price))
    assert outcomes == {0, PRICE_IS_OUTSIDE_THE_BAND}
    last = int(world.machine.state.markets[SPOT]["last_price"]) / 10
    assert abs(last - PRICE) <= PRICE / 100
    assert buys(world, PRICE) == 0 and buys(world, PRICE, side=Side.SELL) == 0


def test_a_market_order_stops_at_the_band_of_the_index(world):
    assert trade(world, PRICE * 1.009) == (0, 0)
    assert world.order(world.maker, Side.SELL, PRICE * 1.015, COIN, SPOT) == 0
    market = {"order_type": OrderType.MARKET, "time_in_force": TimeInForce.IOC}
    world.order(world.client, Side.BUY, 0, COIN, SPOT, **market)
    last = int(world.machine.state.markets[SPOT]["last_price"]) / 10
    assert abs(last - PRICE * 1.009) < 1, "what is beyond stays in the book"


@pytest.mark.parametrize("jump", [0, 0.5, 1.5])
def test_while_the_index_is_stale_or_held_the_last_trade_serves(world, jump):
    assert trade(world, PRICE) == (0, 0)
    told(world, PRICE * 1.03)
    if jump:
        world.tell(dict.fromkeys(ALL, PRICE * jump))
    else:
        world.live(61)
    assert buys(world, PRICE) == 0
    assert buys(world, PRICE * 1.03) == PRICE_IS_OUTSIDE_THE_BAND
    told(world, PRICE * 1.03)
    assert buys(world, PRICE * 1.03) == 0


def test_the_reference_of_a_pair_of_two_assets_is_made_of_both(world):
    # Twenty thousand dollars against a thousand: twenty.
    assert buys(world, 20.2, CROSS) == 0
    assert buys(world, 20.3, CROSS) == PRICE_IS_OUTSIDE_THE_BAND
    assert buys(world, 19.7, CROSS, Side.SELL) == PRICE_IS_OUTSIDE_THE_BAND
    told(world, PRICE, 800)
    assert buys(world, 25.2, CROSS) == 0
    assert buys(world, 24.7, CROSS, Side.SELL) == PRICE_IS_OUTSIDE_THE_BAND
    for _ in range(70):
        world.live(1, HONEST)
    assert buys(world, 900, CROSS) == 0, "no index of ether, and no trade: no reference"
    assert buys(world, PRICE * 1.02) == PRICE_IS_OUTSIDE_THE_BAND


def test_orders_outside_a_new_band_are_counted_from_the_index(world):
    assert trade(world, PRICE) == (0, 0)
    assert world.order(world.maker, Side.BUY, PRICE * 1.005, 1, SPOT) == 0
    told(world, PRICE * 0.9)
    narrower = {"market": SPOT, "band_ppm": 5_000, "base_version": 1}
    assert world.say(SetPriceBand(**narrower, orders_outside_max=0)) == [
        IMPACT_ABOVE_WHAT_WAS_SIGNED
    ]
    assert world.say(SetPriceBand(**narrower, orders_outside_max=1)) == [0]
    assert world.events(PriceBandSet)[-1].orders_outside == 1
