"""One journal in which everything happens: commands, refusals, timers, liquidation, growth.

Its tables begin so small that nearly every one of them fills up and has to grow on the way.
"""

from __future__ import annotations

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.language import commands as ask
from pilothouse.language import refusals as no
from pilothouse.language.kinds import (
    CauseKind,
    MarketStatus,
    OrderType,
    Side,
    TimeInForce,
    Wallet,
)
from pilothouse.language.names import Cause
from pilothouse.language.rows import Rows
from pilothouse.simulation import genesis, markets
from pilothouse.simulation.opening import stages
from pilothouse.simulation.world import BEAT_US, GENESIS, World
from pilothouse.venue.views.accounts import balances
from tests.engine.provoking import provocations

SEED = 11
COMMANDS_LEAST = 20_000
HOUR_US = 3_600_000_000
TINY = {
    "accounts": 8, "balances": 24, "positions": 4, "orders": 8, "levels": 4, "nodes": 2,
    "assets": 2, "markets": 2, "schedules": 2, "fees": 1, "volumes": 4,
    "keys": 2, "requests": 1,
}  # fmt: skip
FULL = {
    no.ACCOUNT_TABLE_IS_FULL: "accounts",
    no.BALANCE_TABLE_IS_FULL: "balances",
    no.POSITION_TABLE_IS_FULL: "positions",
    no.ORDER_TABLE_IS_FULL: "orders",
    no.LEVEL_TABLE_IS_FULL: "levels",
    no.NODE_TABLE_IS_FULL: "nodes",
    no.MARKET_TABLE_IS_FULL: "markets",
    no.ASSET_TABLE_IS_FULL: "assets",
    no.SCHEDULE_TABLE_IS_FULL: "schedules",
    no.FEE_TABLE_IS_FULL: "fees",
    no.VOLUME_TABLE_IS_FULL: "volumes",
}
CONTROL = Cause(CauseKind.CONTROL, 1)


class Eventful(World):
    """A world that grows whatever is full, and in which everything goes wrong once."""

    def __init__(self) -> None:
        super().__init__(SEED, keep=True)
        self.events: set[tuple[int, int]] = set()
        self.last_outcome = 0

    def open(self) -> None:
        """Found the exchange in tiny tables and let everyone in, a few at a time."""
        dollars = ask.Deposit(account=1, asset=1, amount=1)
        self.send([dollars])
        create = ask.CreateExchange(**TINY, names=32_768)
        early = [genesis.dated_listing(), genesis.spot_listing(markets.SPOT[0])]
        self.send([create, *early, *genesis.found()[1:]], GENESIS)
        for k, stage in enumerate(stages(self.crowd)):
            size = 1 if k == 0 else 60
            for at in range(0, len(stage), size):
                self.grow_and_send(stage[at : at + size])
            self.time += BEAT_US

    def grow_and_send(self, commands: list) -> None:
        """Send commands; grow what was full and send again what found no room."""
        while commands:
            stepped = self.send(commands, GENESIS)
            pairs = list(zip(commands, stepped.receipts, strict=True))
            full = {FULL[int(r[1])] for _, r in pairs if int(r[1]) in FULL}
            # The smallest of the three bounds what an account may rest.
            full |= {"levels", "nodes"} if "orders" in full else set()
            commands = [one for one, r in pairs if int(r[1]) in FULL]
            rows = {name: len(getattr(self.machine.state, name)) - 1 for name in full}
            grow = [ask.GrowTable(table=name, rows=4 * rows[name]) for name in sorted(full)]
            self.send(grow, GENESIS)

    def step(self, rows: Rows):
        """Step a block and note which kinds of events it told."""
        stepped = super().step(rows)
        self.last_outcome = int(stepped.receipts[-1][1]) if len(stepped.receipts) else 0
        for row in stepped.events:
            self.events.add((int(row[0]), int(row[4])))
        return stepped

    def crash(self, ppm: int, quotes: int | None = None, blocks: int = 200) -> None:
        """Move every price at once and let it play out for at most so many blocks.

        The old quotes stay, or else all are taken back and so many come at the new prices.
        """
        if quotes is not None:
            self.send(self.crowd.makers.withdraw())
        for walk in self.crowd.prices.walks.values():
            walk.move(ppm)
        contracts = [one for one in self.crowd.grids if one.is_contract]
        fresh = [
            self.crowd.makers.quote(one, self.crowd.prices)
            for one in contracts
            for _ in range(quotes or 0)
        ]
        self.send([*fresh, *self.crowd.prices.all()])
        for _ in range(blocks):
            if self.machine.quiet():
                return
            self.send([])
            self.time += BEAT_US


def record() -> Eventful:
    """Let everything happen and return the world with its blocks."""
    world = Eventful()
    world.open()
    world.run(20, 60)
    provocations(world)
    for _ in range(2):
        # The indexes are live again well before the hour ends: then nobody waits for them.
        world.time = (world.time // HOUR_US + 1) * HOUR_US - 20_000_000
        stale_index(world)
        world.run(220, 4)
        world.run(10, 40)
    orders_in_the_way(world)
    world.crash(-25_000)
    world.run(20, 60)
    world.crash(-60_000, quotes=80)
    world.run(20, 60)
    leave_in_the_pool(world, 1_000)
    world.crash(-90_000, quotes=0)
    world.run(20, 60)
    stuck_in_protection(world)
    world.run(15, 60)
    hi, lo = world.machine.fingerprint()
    recorded = ask.RecordFingerprint(position=world.machine.position, hi=hi, lo=lo)
    world.send([recorded, ask.RecordAuditHead(row=1, hash="0" * 64)], GENESIS)
    return world


def orders_in_the_way(world: World) -> None:
    """Let every holder of a contract rest an order that would close one lot of it, far away."""
    state = world.machine.state
    held = state.positions[1 : int(state.exchange[0]["positions_used"]) + 1]
    orders = []
    for one in held[held["quantity"] != 0]:
        market, sells = state.markets[one["market"]], one["quantity"] > 0
        price = int(market["mark"]) // 100 * (104 if sells else 96) // 100
        orders.append(
            ask.PlaceOrder(
                account=int(one["account"]), market=int(one["market"]),
                side=Side.SELL if sells else Side.BUY, order_type=OrderType.LIMIT,
                time_in_force=TimeInForce.GTC, flags=0, quantity=int(market["lot"]),
                price=price // int(market["tick"]) * int(market["tick"]),
            )
        )  # fmt: skip
    assert orders
    world.send(orders)


def leave_in_the_pool(world: World, dollars: int) -> None:
    """Take nearly all out of the insurance pool, so that clients have to be unwound."""
    asset = markets.asset_number("ZUSD")
    held = next(
        each.available
        for each in balances(world.machine, genesis.INSURANCE_ACCOUNT)
        if (each.wallet, each.asset) == (Wallet.FUTURES, asset)
    )
    out = ask.Transfer(
        account=genesis.INSURANCE_ACCOUNT, asset=asset,
        source=Wallet.FUTURES, target=Wallet.SPOT, amount=held - dollars * 10**6,
    )  # fmt: skip
    assert not world.send([out], CONTROL).receipts[0][1]


def stale_index(world: World) -> None:
    """Try to take a risk, and to take money out, while no source has told a price for an hour."""
    grid = world.crowd.grids[len(markets.SPOT)]
    positions = world.machine.state.positions
    holder = next(
        int(one["account"])
        for one in positions[1:]
        if one["quantity"] and one["market"] == grid.market
    )
    out = ask.Transfer(
        account=holder, asset=1, source=Wallet.FUTURES, target=Wallet.SPOT, amount=1
    )
    told = world.send([world.crowd.makers.quote(grid, world.crowd.prices), out], CONTROL)
    assert {int(one[1]) for one in told.receipts} == {no.INDEX_IS_STALE}


def stuck_in_protection(world: Eventful) -> None:
    """Stop one contract while its holders fall, and let one of them try to trade another."""
    contract = len(markets.SPOT) + 3
    version = int(world.machine.state.markets[contract]["status_version"])
    world.send([_status(contract, MarketStatus.CANCEL_ONLY, version)], CONTROL)
    world.crash(-80_000, blocks=20)
    stuck = np.flatnonzero(world.machine.state.accounts["protection"])
    assert len(stuck) > 0
    grid = world.crowd.grids[len(markets.SPOT)]
    order = world.crowd.makers.quote(grid, world.crowd.prices)
    told = world.send([_of(int(stuck[0]), order)])
    assert int(told.receipts[0][1]) == no.ACCOUNT_IS_BEING_LIQUIDATED
    world.send([_status(contract, MarketStatus.POST_ONLY, version + 1)], CONTROL)
    world.run(5, 60)
    world.send([_status(contract, MarketStatus.ONLINE, version + 2)], CONTROL)


def _status(market: int, status: MarketStatus, base_version: int) -> ask.SetMarketStatus:
    return ask.SetMarketStatus(market=market, status=status, base_version=base_version)


def _of(account: int, order: ask.PlaceOrder) -> ask.PlaceOrder:
    return ask.PlaceOrder(**{**order.__dict__, "account": account})


def replayed(blocks: list[tuple[Rows, int]]) -> Machine:
    """Return a machine that stepped the blocks from nothing."""
    machine = Machine.empty()
    for rows, time in blocks:
        machine.step(rows, time)
    return machine
