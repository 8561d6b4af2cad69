"""Nobody is locked in a market that ends: the engine refuses to end what is not empty."""

import pytest

from pilothouse.language.commands import (
    CancelAllOrders,
    ListMarket,
    PlaceOrder,
    SetMarketStatus,
    Transfer,
)
from pilothouse.language.kinds import (
    MarketKind,
    MarketStatus,
    OrderType,
    Side,
    TimeInForce,
    Wallet,
)
from tests.attack.index_world import ALL, CONTRACT, PRICE, REDUCE_ONLY, IndexWorld

MARKET_IS_NOT_EMPTY = 1703
SPOT = 3


@pytest.fixture
def world():
    made = IndexWorld()
    made.all_tell(PRICE)
    return made


def test_f0_a_contract_with_positions_is_not_delisted(world):
    world.long(world.client)
    assert world.status(MarketStatus.CANCEL_ONLY) == 0
    assert world.status(MarketStatus.DELISTED) == MARKET_IS_NOT_EMPTY
    # The way out stays open: everybody closes, then the market ends.
    assert world.status(MarketStatus.REDUCE_ONLY) == 0
    sell = {"flags": REDUCE_ONLY}
    assert world.order(world.client, Side.SELL, PRICE, **sell) == 0
    assert world.order(world.maker, Side.BUY, PRICE, **sell) == 0
    assert world.held(world.client) == world.held(world.maker) == 0
    assert world.status(MarketStatus.CANCEL_ONLY) == 0
    assert world.status(MarketStatus.DELISTED) == 0


@pytest.mark.parametrize("side", list(Side))
def test_f0_a_contract_with_one_resting_order_is_not_delisted(world, side):
    price = PRICE * (0.99 if side == Side.BUY else 1.01)
    assert world.order(world.client, side, price) == 0
    assert world.status(MarketStatus.HALTED) == 0
    assert world.status(MarketStatus.CANCEL_ONLY) == 0
    assert world.status(MarketStatus.DELISTED) == MARKET_IS_NOT_EMPTY
    assert world.say(CancelAllOrders(account=world.client, market=CONTRACT)) == [0]
    assert world.status(MarketStatus.DELISTED) == 0


@pytest.mark.parametrize("side", list(Side))
def test_f0_a_spot_pair_with_a_resting_order_is_not_delisted(world, side):
    listed = ListMarket(
        symbol="XXBTZUSD", kind=MarketKind.SPOT, base=2, quote=1, price_decimals=1,
        quantity_decimals=8, tick=1, lot=1,
    )  # fmt: skip
    assert world.say(listed) == [0]
    world.fund(world.client, 2, 10**8)
    back = [
        Transfer(
            account=world.client, asset=asset, amount=amount,
            source=Wallet.FUTURES, target=Wallet.SPOT,
        )
        for asset, amount in ((1, 10**10), (2, 10**8))
    ]  # fmt: skip
    assert world.say(*back) == [0, 0]
    order = PlaceOrder(
        account=world.client, market=SPOT, side=side, order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC, flags=0, quantity=10**6, price=PRICE * 10,
    )  # fmt: skip
    assert world.say(order) == [0]
    assert world.status(MarketStatus.CANCEL_ONLY, SPOT) == 0
    assert world.status(MarketStatus.DELISTED, SPOT) == MARKET_IS_NOT_EMPTY
    assert world.cancel_all(world.client) == 0
    assert world.status(MarketStatus.DELISTED, SPOT) == 0


def test_f0_a_ceiling_does_not_hide_who_is_inside(world):
    world.long(world.client)
    assert world.status(MarketStatus.CANCEL_ONLY) == 0
    asked = SetMarketStatus(
        market=CONTRACT, status=MarketStatus.DELISTED, base_version=2,
        accounts_below_maintenance_max=1 << 40, notional_below_maintenance_max=1 << 60,
    )  # fmt: skip
    assert world.say(asked) == [MARKET_IS_NOT_EMPTY]


def test_an_account_in_protection_keeps_its_market(world):
    poor = world.account(3_000)
    world.long(poor)
    assert world.status(MarketStatus.CANCEL_ONLY) == 0
    world.all_tell(PRICE * 0.8)
    world.live(3, dict.fromkeys(ALL, PRICE * 0.8))
    assert world.machine.state.accounts[poor]["protection"] != 0
    assert world.status(MarketStatus.DELISTED) == MARKET_IS_NOT_EMPTY
