"""The twin in trouble: it does what equity protection did, by itself, in the order it was told.

Whom the machine examined when is the machine's affair. What each step weighed, what it closed at
which price, whom it traded with and what that cost, the twin works out alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from pilothouse.language.commands import PlaceOrder
from pilothouse.language.events import (
    CollateralConverted,
    InsurancePaid,
    OrderCancelled,
    OrderFilled,
    ProtectionStepTaken,
)
from pilothouse.language.kinds import (
    CancelReason,
    OrderType,
    ProtectionStep,
    Purpose,
    Side,
    TimeInForce,
    Wallet,
)
from pilothouse.language.rows import Happened
from tests.twin import trading
from tests.twin.exchange import Twin
from tests.twin.facts import Books, Market, Order
from tests.twin.index import is_old
from tests.twin.margin import Margin, requirement, schedule_of
from tests.twin.valuation import (
    DAY,
    MILLION,
    collateral,
    counts_for,
    fee_rates,
    mark_value,
    ppm_up,
)


@dataclass(frozen=True)
class Step:
    """What the twin says of a step: its margin before it, what is closed, and at what price."""

    margin: Margin
    quantity: int
    price: int


@dataclass(frozen=True)
class Fill:
    """What the twin says of both sides of a trade: thirty-day volume before, and the fee."""

    taker_volume: int
    maker_volume: int
    taker_fee: int
    maker_fee: int


class Following(Twin):
    """A twin that hears a block's commands, then follows what the examinations did."""

    def __init__(self) -> None:
        super().__init__()
        self.fills: list[Fill] = []

    def _examine(self) -> None:
        pass

    def follow(self, told: list[Happened]) -> list[Step | None]:
        """Do what the examinations did; return a step for each event that is one."""
        made: list[Step | None] = []
        for k, one in enumerate(told):
            event = one.event
            made.append(None)
            if isinstance(event, ProtectionStepTaken):
                made[-1] = self._step(one, told[k + 1 :])
            elif isinstance(event, CollateralConverted):
                self._convert(one.account, event)
            elif isinstance(event, InsurancePaid):
                self._insure(one.account, event)
            elif isinstance(event, OrderCancelled) and event.reason == CancelReason.REDUCE_ONLY:
                self._void(event.order)
        below, before = set(self.below_maintenance()), self.books.protected
        # While an index is back for a short time only, protection neither begins nor ends, but
        # where an account needs nothing any more.
        waiting = {one for one in below | before if self.waits_for_index(one)}
        kept = {one for one in waiting & before if self._needs_more(one)}
        self.books.protected = below - waiting | kept
        return made

    def _void(self, number: int) -> None:
        order = self.books.orders.get(number)
        if order is not None:
            # What a match met and cancelled is gone already.
            assert trading.is_void(self.books, order)
            trading.cancel(self.books, order, CancelReason.REDUCE_ONLY)

    def _needs_more(self, account: int) -> bool:
        margin = self.margin(account)
        return margin.equity < margin.with_orders

    def _step(self, one: Happened, later: list[Happened]) -> Step:
        event = one.event
        assert isinstance(event, ProtectionStepTaken)
        margin = self.margin(one.account)
        if event.step == ProtectionStep.CONVERSION:
            assert margin.equity < 0
            return Step(margin, 0, 0)
        if event.step == ProtectionStep.CANCEL_ORDERS:
            below = margin.equity < margin.maintenance
            self._cancel(one.account, CancelReason.LIQUIDATION if below else CancelReason.MARGIN)
            return Step(margin, 0, 0)
        market = self.books.markets[event.market - 1]
        held = self.books.positions[one.account, event.market].quantity
        loss, quantity = floor(Fraction(max(0, self._pool()), 10)), abs(held)
        own = self._own(one.account, event.market, margin)
        worst = insured(self.books, market, held, own, margin.equity + loss)
        if event.step == ProtectionStep.LIQUIDATION:
            quantity = to_close(market, held, margin)
            worst = zero_equity(self.books, market, held, own)
        if event.step == ProtectionStep.UNWIND:
            present = ceil(mark_value(self.books, market, abs(held)))
            lost = zero_equity(self.books, market, held, margin.equity + loss)
            assert present < lost if held > 0 else present > lost
            worst = max(0, present - margin.equity - loss)
            if held < 0:
                worst = max(0, present + margin.equity + loss)
        price = price_of(self.books, market, worst, held)
        if event.step == ProtectionStep.UNWIND:
            price = self._given_back(event.market, held, price, later)
            quantity = self._unwind(one.account, event.market, price, later)
        else:
            self._close(one.account, event.market, held, quantity, price)
        return Step(margin, quantity, price)

    def _own(self, account: int, number: int, margin: Margin) -> int:
        """Return a position's share of equity: as its share of the maintenance margin."""
        market, position = self.books.markets[number - 1], self.books.positions[account, number]
        tiers = schedule_of(self.books, account, market, position.opened_at, market.schedules)
        worth = ceil(mark_value(self.books, market, abs(position.quantity)))
        need = requirement(worth, tiers, "maintenance_ppm")
        return floor(Fraction(margin.equity * need, margin.maintenance))

    def _cancel(self, account: int, reason: CancelReason) -> None:
        for one in list(self.books.orders.values()):
            market = self.books.markets[one.asked.market - 1]
            if one.asked.account == account and market.clearing:
                trading.cancel(self.books, one, reason)

    def _close(self, account: int, market: int, held: int, quantity: int, price: int) -> None:
        asked = PlaceOrder(
            account=account, market=market, side=Side.SELL if held > 0 else Side.BUY,
            order_type=OrderType.LIMIT, time_in_force=TimeInForce.IOC, flags=0,
            quantity=quantity, price=price,
        )  # fmt: skip
        order = Order(0, asked, price, quantity)
        trading.match(self.books, order, self.books.markets[market - 1])

    def _unwind(self, account: int, number: int, price: int, later: list[Happened]) -> int:
        fill = next(one.event for one in later if isinstance(one.event, OrderFilled))
        books, market = self.books, self.books.markets[number - 1]
        mine = books.positions[account, number].quantity
        others = books.positions[fill.maker_account, number].quantity
        assert mine * others < 0
        quantity = min(abs(mine), abs(others))
        worth = floor(price * quantity * books.unit_value(market))
        sign = -1 if mine > 0 else 1
        trading.change_position(books, account, number, sign * quantity, sign * worth)
        back = -sign * quantity, -sign * worth
        trading.change_position(books, fill.maker_account, number, *back)
        self.fills.append(Fill(0, 0, 0, 0))
        return quantity

    def _convert(self, account: int, event: CollateralConverted) -> None:
        """Sell collateral to the pool for what it counts for, as much as the pool can pay."""
        books, house = self.books, self.books.house[Purpose.INSURANCE]
        assert self.margin(account).equity < 0
        asset = books.assets[event.asset - 1]
        assert not is_old(books, asset) and event.pool == house
        has = books.available[account, Wallet.FUTURES, event.asset]
        money = max(0, books.available[house, Wallet.FUTURES, books.dollar])
        worth = counts_for(books, event.asset, has)
        amount = has if worth <= money else has * money // worth
        assert (event.amount, event.value) == (amount, counts_for(books, event.asset, amount))
        assert event.quote == books.dollar and amount > 0
        for one, sign in ((account, 1), (house, -1)):
            books.available[one, Wallet.FUTURES, event.asset] -= sign * amount
            books.available[one, Wallet.FUTURES, books.dollar] += sign * event.value

    def _given_back(self, number: int, held: int, price: int, later: list[Happened]) -> int:
        """Return the price of an unwind: the other side gives back its profit, and no more."""
        fill = next(one.event for one in later if isinstance(one.event, OrderFilled))
        books, market = self.books, self.books.markets[number - 1]
        other = books.positions[fill.maker_account, number]
        sign = 1 if other.quantity > 0 else -1
        entry = price_of(books, market, max(0, sign * other.entry_cost), other.quantity)
        present = ceil(mark_value(books, market, abs(held)))
        at_mark = price_of(books, market, present, -held)
        if held > 0:
            return max(at_mark, min(price, entry))
        return min(at_mark, max(price, entry))

    def _insure(self, account: int, event: InsurancePaid) -> None:
        books = self.books
        assert not any(
            amount > 0 and holder == account and wallet == Wallet.FUTURES
            for (holder, wallet, asset), amount in books.available.items()
            if asset != books.dollar and books.assets[asset - 1].index_e12
        ), "its collateral comes first"
        pool = (books.house[Purpose.INSURANCE], Wallet.FUTURES, books.dollar)
        amount = min(-self.margin(account).equity, max(0, books.available[pool]))
        assert event.amount == amount > 0
        books.available[pool] -= amount
        books.available[account, Wallet.FUTURES, books.dollar] += amount

    def _pool(self) -> int:
        return collateral(self.books, self.books.house[Purpose.INSURANCE])

    def trade(
        self, books: Books, taker: Order, maker: Order, market: Market, quantity: int, worth: int
    ) -> None:
        """Trade as the twin does, and note volumes and fees; a liquidation pays another fee."""
        before = [volume(books, one.asked.account) for one in (taker, maker)]
        fund = (books.house[Purpose.FEES], Wallet.FUTURES, market.listing.quote)
        pool = (books.house[Purpose.INSURANCE], *fund[1:])
        usual = ppm_up(worth, fee_rates(books, taker.asked.account, market)[1])
        _TRADE(books, taker, maker, market, quantity, worth)
        *_, taker_fee, maker_fee = books.trades[-1]
        if taker.number == 0:
            taker_fee = ppm_up(worth, market.listing.liquidation_fee_ppm)
            mine = (taker.asked.account, *fund[1:])
            books.available[mine] += usual - taker_fee
            books.available[fund] -= usual
            books.available[pool] += taker_fee
        self.fills.append(Fill(*before, taker_fee, maker_fee))


_TRADE = trading._trade


def volume(books: Books, account: int) -> int:
    """Return an account's volume of thirty days in micro-dollars."""
    today = books.time // DAY
    traded = books.accounts[account - 1].traded
    return sum(amount for day, amount in traded.items() if today - day < 30)


def zero_equity(books: Books, market: Market, held: int, equity: int) -> int:
    """Return the value at which a position closes with nothing left, fee included."""
    value = ceil(mark_value(books, market, abs(held)))
    fee = Fraction(market.listing.liquidation_fee_ppm, MILLION)
    if held > 0:
        return ceil(max(0, value - equity) / (1 - fee))
    return floor(max(0, value + equity) / (1 + fee))


def insured(books: Books, market: Market, held: int, own: int, behind: int) -> int:
    """Return the worst value at which a position is offered with the pool behind the account.

    Near the mark or where nothing of its own is left, whichever is worse; never beyond the pool.
    """
    value = ceil(mark_value(books, market, abs(held)))
    width = floor(value * Fraction(market.listing.liquidation_fee_ppm, MILLION))
    pool, zero = (zero_equity(books, market, held, one) for one in (behind, own))
    if held > 0:
        return max(pool, min(zero, value - width))
    return min(pool, max(zero, value + width))


def price_of(books: Books, market: Market, value: int, held: int) -> int:
    """Return the price on the tick at which the whole position has a value."""
    tick = market.listing.tick
    exact = Fraction(value) / (abs(held) * books.unit_value(market))
    if held > 0:
        return max(tick, ceil(Fraction(ceil(exact), tick)) * tick)
    return max(tick, floor(Fraction(floor(exact), tick)) * tick)


def to_close(market: Market, held: int, margin: Margin) -> int:
    """Return half of a position where equity is at least half of maintenance, else all of it."""
    size, lot = abs(held), market.listing.lot
    if 2 * margin.equity < margin.maintenance or size <= lot:
        return size
    return max(lot, size // 2 // lot * lot)
