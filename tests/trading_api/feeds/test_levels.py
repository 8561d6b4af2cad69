"""Level changes folded from events are the machine's books, at every position of a rough world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pilothouse.language.commands import SetMarginSchedule
from pilothouse.language.events import OrderCancelled, OrderFilled, ProtectionStepTaken
from pilothouse.language.kinds import Side
from pilothouse.records.history import History
from pilothouse.simulation.markets import PERPETUALS, SPOT
from pilothouse.simulation.world import SIGNED, World
from pilothouse.trading_api.feeds.book import WHOLE
from pilothouse.trading_api.feeds.books import Books
from pilothouse.trading_api.feeds.moments import Moments
from pilothouse.venue.follower import Span
from pilothouse.venue.views.books import book
from tests import asking
from tests.trading_api.feeds.following import applied

MARKETS = range(1, len(SPOT) + len(PERPETUALS) + 1)
DEPTHS = (1, 10, WHOLE)
BEATS, ORDERS = 30, 50


class Followed:
    """A world whose every block is folded, published and applied by a client at each depth."""

    def __init__(self, seed: int) -> None:
        self.world, self.moments = World(seed, keep=True), Moments()
        self.history = History(listener=self.moments)
        self.books = Books(self, self.moments.levels)  # type: ignore[arg-type]
        self.happened: Counter[int] = Counter()
        self.held: dict[tuple[int, int], list[dict[int, int]]] = {}
        self._folded = 0
        self.world.step, self._step = self._watched, self.world.step  # type: ignore[method-assign]

    @contextmanager
    def machine(self) -> Iterator[Any]:
        yield self.world.machine

    def _watched(self, rows: Any) -> Any:
        stepped = self._step(rows)
        first = self.world.machine.position - len(stepped.receipts) + 1
        span = Span(first, self.world.time, rows, stepped.receipts, stepped.events)
        self.happened.update(stepped.events[:, 0].tolist())
        self.history.fold(span)
        self.moments.block(span)
        return stepped

    def restart(self) -> None:
        """Go on as a new gateway does: from what the history remembered."""
        remembered, self.moments = self.history.remembered(), Moments()
        self.history = History(listener=self.moments, remembered=remembered)
        self.books = Books(self, self.moments.levels)  # type: ignore[arg-type]

    def follow(self) -> None:
        self.moments.listen(self, lambda: None)  # type: ignore[arg-type]
        self.begin_books()

    def begin_books(self) -> None:
        for market in MARKETS:
            for depth in DEPTHS:
                self.books.follow(market, depth)
                one = self.books.book(market)
                self.held[market, depth] = [dict(one.bids.top(depth)), dict(one.asks.top(depth))]

    def hear(self) -> None:
        for (market, depth), update in self.books.hear(self.moments.take()).items():
            bids, asks = self.held[market, depth]
            self.held[market, depth] = [
                applied(Side.BUY, bids, update.bids, depth),
                applied(Side.SELL, asks, update.asks, depth),
            ]

    def judge(self) -> None:
        for market in MARKETS:
            true = book(self.world.machine, market, WHOLE)
            for depth in DEPTHS:
                for held, levels in zip(
                    self.held[market, depth], (true.bids, true.asks), strict=True
                ):
                    assert list(held.items()) == [level[:2] for level in levels[:depth]]


def test_every_book_at_every_position() -> None:
    followed = Followed(9)
    followed.world.open()
    followed.follow()
    followed.judge()
    for beat in range(BEATS):
        followed.world.run(1, ORDERS)
        if beat == BEATS // 2:
            _make_it_rough(followed.world)
        followed.hear()
        followed.judge()
    _end_quietly(followed)
    for kind in (OrderFilled, OrderCancelled, ProtectionStepTaken):
        assert followed.happened[kind.number] > 20


def test_a_late_look_sees_the_same_in_one_step() -> None:
    followed = Followed(10)
    followed.world.open()
    followed.follow()
    followed.world.run(BEATS, ORDERS)
    followed.hear()
    followed.judge()
    # Who follows only now has a copy of now: what waits to be heard is no change to it.
    followed.world.run(1, ORDERS)
    followed.books = Books(followed, followed.moments.levels)  # type: ignore[arg-type]
    followed.begin_books()
    assert followed.books.hear(followed.moments.take()) == {}
    followed.judge()


def test_books_go_on_from_what_was_remembered() -> None:
    followed = Followed(11)
    followed.world.open()
    followed.world.run(BEATS, ORDERS)
    followed.restart()
    followed.follow()
    followed.judge()
    for _ in range(BEATS // 3):
        followed.world.run(1, ORDERS)
        followed.hear()
        followed.judge()


def _make_it_rough(world: World) -> None:
    for market in range(len(SPOT) + 1, len(SPOT) + len(PERPETUALS) + 1):
        world.send([_doubled(market)], SIGNED)


def _end_quietly(followed: Followed) -> None:
    for _ in range(400):
        if followed.world.machine.quiet():
            break
        followed.world.send([])
        followed.hear()
        followed.judge()
    assert followed.world.machine.quiet()


def _doubled(market: int) -> SetMarginSchedule:
    return asking.schedule(market, *asking.DOUBLED, base_version=2)
