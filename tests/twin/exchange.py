"""The twin: the obvious exchange, which shares no code with rules or engine and judges them.

It knows no slices, triggers or tables. After each block it looks at every account: orders that
margin no longer covers are cancelled; accounts below maintenance margin are only named, for what
equity protection does then is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.language import commands as asked_for
from pilothouse.language import refusals as no
from pilothouse.language.kinds import CancelReason, MarketKind, MarketStatus, Purpose, Wallet
from pilothouse.language.names import Sender
from pilothouse.language.rows import Message
from tests.twin import index, ordering, trading
from tests.twin.facts import Account, Asset, Books, Market
from tests.twin.margin import Margin, margin_of, unproven
from tests.twin.mark import move_mark
from tests.twin.schedules import set_margin_schedule
from tests.twin.valuation import EXECUTING, HOUR, end_hour

Answer = tuple[int, int]
"""Outcome and what was made."""
STOPS = (MarketStatus.CANCEL_ONLY, MarketStatus.HALTED)
MODES = (
    MarketStatus.ONLINE,
    MarketStatus.POST_ONLY,
    MarketStatus.LIMIT_ONLY,
    MarketStatus.REDUCE_ONLY,
)
SIGNED = (asked_for.SetMarketStatus, asked_for.SetPriceBand)
"""What nobody but change control may ever say."""
GOVERNED = (asked_for.SetMarginSchedule, asked_for.SetMarketStatus, asked_for.SetPriceBand)


class Twin:
    """An exchange in plain Python."""

    def __init__(self) -> None:
        self.books = Books()
        self.position = 0
        self._names: dict[tuple[int, int, int], tuple[Message, int, Answer]] = {}
        self._does = {
            asked_for.CreateExchange: lambda _: (0, 0),
            asked_for.OpenAccount: self._open_account,
            asked_for.ListAsset: self._list_asset,
            asked_for.ListMarket: self._list_market,
            asked_for.SetFeeSchedule: self._set_fees,
            asked_for.Deposit: self._deposit,
            asked_for.Transfer: self._transfer,
            asked_for.SetIndexPrice: self._set_index_price,
            asked_for.SetMarketStatus: self._set_status,
            asked_for.SetPriceBand: self._set_band,
            asked_for.SetMarginSchedule: lambda one: (set_margin_schedule(self.books, one), 0),
            asked_for.CancelOrder: lambda one: ordering.cancel_order(self.books, one),
            asked_for.CancelAllOrders: lambda one: ordering.cancel_all(self.books, one),
            asked_for.PlaceOrder: self._place,
        }

    def step(self, messages: Sequence[Message], time: int) -> list[tuple[int, int, int, int]]:
        """Step a block; return position, outcome, made and whether it was repeated."""
        books = self.books
        books.time = max(books.time, time)
        books.trades.clear()
        books.cancelled.clear()
        self._hours()
        receipts = [self._hear(one) for one in messages]
        self._examine()
        return receipts

    def _hours(self) -> None:
        books = self.books
        if books.hour_started == 0:
            books.hour_started = books.time // HOUR * HOUR
        if books.time < books.hour_started + HOUR:
            return
        end_hour(books)
        for (account, number), position in list(books.positions.items()):
            if position.quantity:
                trading.pay_funding(books, account, number)

    def _hear(self, message: Message) -> tuple[int, int, int, int]:
        self.position += 1
        name = (message.name.sender, message.name.hi, message.name.lo)
        if name in self._names:
            before, position, answer = self._names[name]
            if before == message:
                return position, *answer, 1
            return self.position, int(no.NAME_HAS_ANOTHER_BODY), 0, 0
        answer = self._do(message)
        self._names[name] = (message, self.position, answer)
        return self.position, *answer, 0

    def _do(self, message: Message) -> Answer:
        if isinstance(message.command, GOVERNED) and message.cause.kind == 0:
            return int(no.CAUSE_IS_MISSING), 0
        self.books.signed = message.name.sender == Sender.CONTROL
        if isinstance(message.command, SIGNED) and not self.books.signed:
            return int(no.CHANGE_CONTROL_ALONE_MAY_SAY_IT), 0
        outcome, made = self._does[type(message.command)](message.command)
        return int(outcome), made

    def _examine(self) -> None:
        for one in [one for one in self.books.orders.values() if trading.is_void(self.books, one)]:
            trading.cancel(self.books, one, CancelReason.REDUCE_ONLY)
        for account in range(1, len(self.books.accounts) + 1):
            margin = margin_of(self.books, account)
            waits = self.waits_for_index(account)
            covered = margin.equity >= margin.with_orders or margin.equity < margin.maintenance
            if not waits and not covered and margin.with_orders > margin.initial:
                self._cancel_contract_orders(account)

    def waits_for_index(self, account: int) -> bool:
        """Say whether an account is valued by an index that has been back a short time only."""
        books = self.books
        held = {
            books.markets[market - 1].listing.base
            for (holder, market), one in books.positions.items()
            if holder == account and one.quantity
        }
        for number in range(1, len(books.assets) + 1):
            key = (account, Wallet.FUTURES, number)
            if number != books.dollar and books.available[key] + books.held[key]:
                held.add(number)
        return any(index.on_probation(books, books.assets[one - 1]) for one in held)

    def _cancel_contract_orders(self, account: int) -> None:
        for one in list(self.books.orders.values()):
            market = self.books.markets[one.asked.market - 1]
            if one.asked.account == account and market.clearing:
                trading.cancel(self.books, one, CancelReason.MARGIN)

    def margin(self, account: int) -> Margin:
        """Return an account's margin."""
        return margin_of(self.books, account)

    def below_maintenance(self) -> list[int]:
        """Return every account that holds something and is below its maintenance margin."""
        accounts = range(1, len(self.books.accounts) + 1)
        margins = {one: self.margin(one) for one in accounts}
        return [one for one, margin in margins.items() if margin.equity < margin.maintenance > 0]

    def _open_account(self, asked: asked_for.OpenAccount) -> Answer:
        books = self.books
        made = Account(asked.client_class, asked.jurisdiction, asked.purpose, asked.orders_max)
        books.accounts.append(made)
        number = len(books.accounts)
        if asked.purpose != Purpose.CLIENT:
            books.house.setdefault(asked.purpose, number)
        return 0, number

    def _list_asset(self, asked: asked_for.ListAsset) -> Answer:
        if any(one.listing.symbol == asked.symbol for one in self.books.assets):
            return no.SYMBOL_IS_TAKEN, 0
        self.books.assets.append(Asset(asked))
        return 0, len(self.books.assets)

    def _list_market(self, asked: asked_for.ListMarket) -> Answer:
        books = self.books
        if any(one.listing.symbol == asked.symbol for one in books.markets):
            return no.SYMBOL_IS_TAKEN, 0
        market = Market(asked, status=asked.status, band_ppm=asked.band_ppm)
        if asked.kind == MarketKind.PERPETUAL_LINEAR:
            house = asked_for.OpenAccount(client_class=4, purpose=Purpose.CLEARING)
            market.clearing = self._open_account(house)[1]
            books.dollar = books.dollar or asked.quote
        books.markets.append(market)
        return 0, len(books.markets)

    def _set_fees(self, asked: asked_for.SetFeeSchedule) -> Answer:
        books, number = self.books, asked.fee_schedule
        if not books.signed and any(one.listing.fee_schedule == number for one in books.markets):
            return no.CHANGE_CONTROL_ALONE_MAY_SAY_IT, 0
        books.fees[number] = asked.tiers
        return 0, 0

    def _deposit(self, asked: asked_for.Deposit) -> Answer:
        books = self.books
        if books.account(asked.account) is None:
            return no.UNKNOWN_ACCOUNT, 0
        if books.asset(asked.asset) is None:
            return no.UNKNOWN_ASSET, 0
        if asked.account != books.house[Purpose.INSURANCE] and books.is_of_the_house(
            asked.account
        ):
            return no.ACCOUNT_IS_THE_HOUSES, 0
        if asked.amount <= 0:
            return no.AMOUNT_MUST_BE_POSITIVE, 0
        books.available[books.house[Purpose.CUSTODY], Wallet.SPOT, asked.asset] -= asked.amount
        books.available[asked.account, Wallet.SPOT, asked.asset] += asked.amount
        return 0, 0

    def _transfer(self, asked: asked_for.Transfer) -> Answer:
        books = self.books
        refused = self._transfer_refusal(asked)
        if not refused and asked.source == Wallet.FUTURES and asked.account in books.protected:
            refused = no.ACCOUNT_IS_BEING_LIQUIDATED
        if not refused and asked.source == Wallet.FUTURES and self._holds_on_stale(asked.account):
            refused = no.INDEX_IS_STALE
        if refused:
            return refused, 0
        source = (asked.account, asked.source, asked.asset)
        target = (asked.account, asked.target, asked.asset)
        books.available[source] -= asked.amount
        books.available[target] += asked.amount
        margin = margin_of(books, asked.account)
        left = margin.equity - unproven(books, asked.account)
        if asked.source == Wallet.FUTURES and left < margin.with_orders:
            books.available[source] += asked.amount
            books.available[target] -= asked.amount
            covered = margin.equity >= margin.with_orders
            return no.INDEX_IS_STALE if covered else no.TRANSFER_WOULD_BREACH_MARGIN, 0
        return 0, 0

    def _holds_on_stale(self, account: int) -> bool:
        return any(
            one.quantity and index.is_stale(self.books, self.books.markets[market - 1])
            for (holder, market), one in self.books.positions.items()
            if holder == account
        )

    def _transfer_refusal(self, asked: asked_for.Transfer) -> int:
        books = self.books
        if books.account(asked.account) is None:
            return no.UNKNOWN_ACCOUNT
        asset = books.asset(asked.asset)
        if asset is None:
            return no.UNKNOWN_ASSET
        filled = asked.account == books.house[Purpose.INSURANCE] and (
            books.signed or asked.target == Wallet.FUTURES
        )
        if books.is_of_the_house(asked.account) and not filled:
            return no.ACCOUNT_IS_THE_HOUSES
        if asked.source == asked.target:
            return no.WALLETS_MUST_DIFFER
        if asked.amount <= 0:
            return no.AMOUNT_MUST_BE_POSITIVE
        if asked.target == Wallet.FUTURES and not asset.listing.collateral:
            return no.ASSET_IS_NOT_COLLATERAL
        has = books.available[asked.account, asked.source, asked.asset]
        return no.INSUFFICIENT_FUNDS if has < asked.amount else 0

    def _set_index_price(self, asked: asked_for.SetIndexPrice) -> Answer:
        asset = self.books.asset(asked.asset)
        if asset is None:
            return no.UNKNOWN_ASSET, 0
        if not 1 <= asked.source <= 8:
            return no.UNKNOWN_SOURCE, 0
        if asked.price_e12 <= 0:
            return no.INDEX_PRICE_MUST_BE_POSITIVE, 0
        now = self.books.time
        if asked.taken_at > now + 5_000_000:
            return no.INDEX_PRICE_IS_FROM_THE_FUTURE, 0
        before, last = asset.told.get(asked.source, (0, 0))
        if asked.taken_at and asked.taken_at < max(last, now - 60_000_000):
            return no.INDEX_PRICE_IS_OLD, 0
        if asked.price_e12 != before:
            asset.since[asked.source] = now
        asset.told[asked.source] = (asked.price_e12, min(asked.taken_at or now, now))
        counted_until = 0 if asset.held else min(now, asset.good_until)
        if not index.renew(asset, now):
            return 0, 0
        # The newest first: the margin of who bids beyond an index is by marks that moved already.
        for number, market in reversed(list(enumerate(self.books.markets, 1))):
            if market.clearing and market.listing.base == asked.asset:
                move_mark(self.books, number, counted_until)
        return 0, 0

    def _set_status(self, asked: asked_for.SetMarketStatus) -> Answer:
        market = self.books.market(asked.market)
        if market is None:
            return no.UNKNOWN_MARKET, 0
        if asked.base_version != market.status_version:
            return no.BASE_VERSION_HAS_MOVED, 0
        if not _may_move(market.status, asked.status):
            return no.STATUS_MOVE_IS_NOT_ALLOWED, 0
        if asked.status == MarketStatus.DELISTED and self._is_in_use(asked.market):
            return no.MARKET_IS_NOT_EMPTY, 0
        if asked.status in EXECUTING and market.status not in EXECUTING:
            market.premium = market.tradable_since = 0
        market.status = asked.status
        market.status_version += 1
        return 0, 0

    def _is_in_use(self, number: int) -> bool:
        held = any(
            one.quantity for (_, market), one in self.books.positions.items() if market == number
        )
        return held or any(one.asked.market == number for one in self.books.orders.values())

    def _set_band(self, asked: asked_for.SetPriceBand) -> Answer:
        market = self.books.market(asked.market)
        if market is None:
            return no.UNKNOWN_MARKET, 0
        if asked.base_version != market.band_version:
            return no.BASE_VERSION_HAS_MOVED, 0
        if asked.band_ppm != 0 and not 1_000 <= asked.band_ppm <= 1_000_000:
            return no.BAND_IS_OUT_OF_RANGE, 0
        if asked.band_ppm == market.band_ppm:
            return no.NOTHING_TO_CHANGE, 0
        market.band_ppm = asked.band_ppm
        market.band_version += 1
        return 0, 0

    def _place(self, asked: asked_for.PlaceOrder) -> Answer:
        refused = ordering.place(self.books, asked, self.position)
        return refused, 0 if refused else self.position


def _may_move(before: MarketStatus, after: MarketStatus) -> bool:
    """Say in words: modes move freely and may stop; a stop resumes step by step; an end is one."""
    if before == after or before == MarketStatus.DELISTED:
        return False
    if before in MODES:
        return after in MODES + STOPS
    if before == MarketStatus.CANCEL_ONLY:
        return after != MarketStatus.ONLINE
    return after in (MarketStatus.POST_ONLY, MarketStatus.CANCEL_ONLY, MarketStatus.REDUCE_ONLY)
