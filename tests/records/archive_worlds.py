"""Worlds for the tests of the archive: blocks as a follower tells them, and an independent fold.

The fold below goes row by row through typed events and shares nothing with the archive's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from pilothouse.language import commands as asked
from pilothouse.language import events as happened
from pilothouse.language.kinds import FillKind, MarketKind, Purpose, Side, Wallet
from pilothouse.language.rows import from_event_row, from_rows, split
from pilothouse.simulation.world import World
from pilothouse.venue.follower import Span


class Told(World):
    """A world that keeps what a follower would tell of each block."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.spans: list[Span] = []

    def step(self, rows):
        stepped = super().step(rows)
        first = self.machine.position - len(stepped.receipts) + 1
        self.spans.append(
            Span(
                first,
                self.time,
                rows.copy(),
                stepped.receipts.copy(),
                stepped.events.copy(),
                len(self.spans) + 1,
            )
        )
        return stepped

    def shake(self, move_ppm: int) -> None:
        """Move every price at once, so that accounts fall below maintenance margin."""
        for walk in self.crowd.prices.walks.values():
            walk.move(move_ppm)
        self.send(list(self.crowd.prices.all()))
        for _ in range(40):
            self.time += 100_000
            self.send([])


def lived(seed: int) -> Told:
    """Return a small world with trades, a crash in waves, liquidations, insurance, and funding."""
    world = Told(seed)
    world.open()
    world.run(60, 40)
    for _ in range(4):
        world.shake(-150_000)
        world.run(3, 40)
    world.run(10, 40)
    # Prices come before the hour ends: an hour that ends on a stale index pays nothing.
    world.time += 3_600_000_000 - 40_000_000
    world.run(500, 1)
    world.run(10, 40)
    return world


def save(spans: Iterable[Span], path: Path) -> None:
    spans = list(spans)
    np.savez(
        path,
        heads=np.array([[one.first_position, one.time] for one in spans]),
        rows=np.concatenate([one.rows for one in spans]),
        receipts=np.concatenate([one.receipts for one in spans]),
        events=np.concatenate([one.events for one in spans]),
        counts=np.array([[len(one.rows), len(one.receipts), len(one.events)] for one in spans]),
    )


def load(path: Path) -> list[Span]:
    # Asked of the file itself, each name is read from the disk anew.
    with np.load(path) as file:
        kept = {name: file[name] for name in file.files}
    ends = np.cumsum(kept["counts"], axis=0)
    starts = ends - kept["counts"]
    return [
        Span(
            int(first),
            int(time),
            kept["rows"][s[0] : e[0]],
            kept["receipts"][s[1] : e[1]],
            kept["events"][s[2] : e[2]],
            block,
        )
        for block, ((first, time), s, e) in enumerate(
            zip(kept["heads"], starts, ends, strict=True), 1
        )
    ]


class Judge:
    """Counts and sums of every table, one event at a time."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.rows: Counter[str] = Counter()
        self.sums: Counter[str] = Counter()
        self.balances: defaultdict[tuple[int, str, int], int] = defaultdict(int)
        self.entries: Counter[str] = Counter()
        self._markets: dict[int, asked.ListMarket] = {}
        self._clearing: dict[int, int] = {}
        self._house: dict[Purpose, int] = {}
        self._opened: dict[int, int] = {}
        for span in spans:
            self._judge(span)

    def _judge(self, span: Span) -> None:
        messages = [from_rows(one) for one in split(span.rows)]
        by_position = {}
        for k, (message, receipt) in enumerate(zip(messages, span.receipts.tolist(), strict=True)):
            _, outcome, _, repeated = receipt
            if not repeated:
                by_position[span.first_position + k] = message.command
                if outcome and isinstance(message.command, asked.PlaceOrder):
                    self._row("orders", quantity=message.command.quantity)
        for row in span.events:
            one = from_event_row(row)
            self._event(one.event, one, by_position.get(one.position))

    def _row(self, table: str, **sums: int) -> None:
        self.rows[table] += 1
        for name, value in sums.items():
            self.sums[f"{table}.{name}"] += value

    def _pay(self, account: int, wallet: Wallet, asset: int, amount: int, entry: str) -> None:
        if amount:
            self._row("ledger_entries", amount=amount)
            self.entries[entry] += 1
            self.balances[account, wallet.name.lower(), asset] += amount

    def _event(self, event, one, command) -> None:
        match event:
            case happened.OrderPlaced():
                self._row("orders", quantity=event.quantity)
            case happened.OrderCancelled():
                self._row("orders", quantity=event.remaining)
            case happened.OrderFilled():
                self._filled(event, one.account)
            case happened.PositionChanged():
                self._row("positions", quantity=event.quantity, realised=event.realised)
                self._cleared(event.market, one.account, event.realised, "realised")
            case happened.FundingPaid():
                self._row("funding", quantity=event.quantity, amount=event.amount)
                self._cleared(event.market, one.account, event.amount, "funding")
            case happened.Deposited():
                custody = self._house[Purpose.CUSTODY]
                self._pay(one.account, Wallet.SPOT, event.asset, event.amount, "deposit")
                self._pay(custody, Wallet.SPOT, event.asset, -event.amount, "deposit")
            case happened.Transferred():
                self._pay(one.account, event.source, event.asset, -event.amount, "transfer")
                self._pay(one.account, event.target, event.asset, event.amount, "transfer")
            case happened.InsurancePaid():
                self._row("liquidations", amount=event.amount)
                self._pay(one.account, Wallet.FUTURES, event.asset, event.amount, "insurance")
                self._pay(event.pool, Wallet.FUTURES, event.asset, -event.amount, "insurance")
            case happened.CollateralConverted():
                self._row("liquidations", amount=event.amount)
                for account, sign in ((one.account, 1), (event.pool, -1)):
                    given = event.asset, -sign * event.amount, "conversion"
                    self._pay(account, Wallet.FUTURES, *given)
                    taken = event.quote, sign * event.value, "conversion"
                    self._pay(account, Wallet.FUTURES, *taken)
            case happened.ProtectionStepTaken() | happened.ProtectionEnded():
                self._row("liquidations", equity=event.equity, maintenance=event.maintenance)
            case _:
                self._other(event, one, command)

    def _other(self, event, one, command) -> None:
        match event:
            case happened.MarkSet():
                self._row("marks", mark=event.mark, index=event.index)
            case happened.IndexSet():
                self._row("indexes", index_e12=event.index_e12)
            case happened.FundingRateSet():
                self._row("funding_rates", rate_e12=event.rate_e12)
            case happened.AccountOpened():
                self._row("accounts", account=one.account)
                self._opened[one.position] = one.account
                self._house.setdefault(event.purpose, one.account)
            case happened.MarketListed():
                for table in ("markets", "market_statuses", "price_bands"):
                    self._row(table, market=event.market)
                self._markets[event.market] = command
                self._clearing[event.market] = self._opened.get(one.position, 0)
            case happened.AssetListed():
                self._row("assets", decimals=event.decimals)
            case happened.FeeScheduleSet():
                for tier in command.tiers:
                    self._row("fee_schedules", taker_ppm=tier.taker_ppm)
            case happened.MarginScheduleSet():
                for tier in command.tiers:
                    self._row("margin_schedules", initial_ppm=tier.initial_ppm)
            case happened.MarketStatusSet():
                self._row("market_statuses", market=event.market)
            case happened.PriceBandSet():
                self._row("price_bands", market=event.market)

    def _cleared(self, market: int, account: int, amount: int, entry: str) -> None:
        quote = self._markets[market].quote
        self._pay(account, Wallet.FUTURES, quote, amount, entry)
        self._pay(self._clearing[market], Wallet.FUTURES, quote, -amount, entry)

    def _filled(self, event: happened.OrderFilled, account: int) -> None:
        self._row("fills", value=event.value, taker_fee=event.taker_fee, maker_fee=event.maker_fee)
        listed = self._markets[event.market]
        spot = listed.kind == MarketKind.SPOT
        wallet = Wallet.SPOT if spot else Wallet.FUTURES
        if spot:
            buyer, seller = account, event.maker_account
            if event.side == Side.SELL:
                buyer, seller = seller, buyer
            self._pay(buyer, wallet, listed.base, event.quantity, "trade")
            self._pay(seller, wallet, listed.base, -event.quantity, "trade")
            self._pay(seller, wallet, listed.quote, event.value, "trade")
            self._pay(buyer, wallet, listed.quote, -event.value, "trade")
        fees = self._house[Purpose.FEES]
        liquidated = event.fill_kind == FillKind.LIQUIDATION
        house = self._house[Purpose.INSURANCE] if liquidated else fees
        self._pay(account, wallet, listed.quote, -event.taker_fee, "fee")
        self._pay(house, wallet, listed.quote, event.taker_fee, "fee")
        self._pay(event.maker_account, wallet, listed.quote, -event.maker_fee, "fee")
        self._pay(fees, wallet, listed.quote, event.maker_fee, "fee")
