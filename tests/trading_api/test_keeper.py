"""A door that starts again goes on from what it kept and from a snapshot, and answers the same."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pilothouse.journal.durable import DurableMark
from pilothouse.records.history import History
from pilothouse.trading_api.keeper import Keeper
from pilothouse.venue.follower import Follower, Span
from pilothouse.venue.snapshotter import Snapshotter
from tests.trading_api.conftest import futures_client, spot_client
from tests.trading_api.running import Exchange, Key


def follow(home: Path, said: list[str]) -> tuple[Follower, Keeper, list[Span]]:
    follower, spans = Follower(home, from_snapshot=True, say=said.append), []
    keeper = Keeper(follower)
    follower.listen(keeper.history.fold, keeper.since)
    follower.listen(spans.append, keeper.since)
    follower.start()
    target = DurableMark(follower.storage).block
    while follower.block < target:
        # The blocks that are left may be empty, and then no position comes.
        follower.wait_for(follower.position + 1, 0.1)
        assert not follower.fault
    return follower, keeper, spans


def the_same(one: History, other: History, accounts: list[int]) -> None:
    mine, yours = one.remembered(), other.remembered()
    assert mine == yours
    for account in accounts:
        assert one.open_orders(account) == other.open_orders(account)
        assert one.closed_orders(account) == other.closed_orders(account)
        assert one.executions(account) == other.executions(account)


def test_a_second_start_folds_only_what_came_since(
    exchange: Exchange, rich: Callable[[], Key], tmp_path: Path
) -> None:
    keys = [rich(), rich()]
    maker, taker = (spot_client(exchange.url, key) for key in keys)
    contracts = futures_client(exchange.url, keys[0])
    maker.create_order("BTC/USD", "limit", "sell", 0.5, 20_700, {"clientOrderId": "kept"})
    taker.create_order("BTC/USD", "limit", "buy", 0.2, 20_700)
    contracts.create_order("BTC/USD:USD", "limit", "buy", 0.1, 15_000)
    said: list[str] = []
    follower, keeper, spans = follow(exchange.home, said)
    whole = len(spans)
    assert Snapshotter(follower).take()
    keeper.keep()
    follower.stop()
    taker.create_order("BTC/USD", "limit", "buy", 0.1, 20_700)
    maker.cancel_all_orders()
    again, recalled, later = follow(exchange.home, said)
    again.stop()
    try:
        assert any("Starts from the snapshot" in one for one in said)
        assert recalled.since > 0 and 0 < len(later) < whole
        fresh = History()
        _fold_all(exchange.home, fresh, again.block)
        accounts = [key.account for key in keys]
        the_same(recalled.history, fresh, accounts)
        (sold,) = recalled.history.orders_named(keys[0].account, "kept")
        assert (sold.executed, sold.is_open) == (30_000_000, False)
    finally:
        contracts.cancel_all_orders()
        shutil.rmtree(exchange.home / "history")


def _fold_all(home: Path, history: History, block: int) -> None:
    follower = Follower(home)
    # The exchange goes on: only the blocks that the other one has seen.
    count = iter(range(1, 1 << 40))
    follower.listen(lambda span: history.fold(span) if next(count) <= block else None)
    follower.start()
    while follower.block < block:
        follower.wait_for(follower.position + 1, 1)
        assert not follower.fault
    follower.stop()


def test_what_belongs_to_another_journal_is_passed_over(
    exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    follower, keeper, _ = follow(exchange.home, [])
    keeper.keep()
    follower.stop()
    path = exchange.home / "history" / "orders"
    try:
        assert Keeper(Follower(exchange.home)).since > 0
        other = Follower(exchange.home.parent)
        shutil.copytree(exchange.home / "history", exchange.home.parent / "history")
        assert Keeper(other).since == 0
        assert "another history of the journal" in caplog.text
    finally:
        shutil.rmtree(path.parent)
        shutil.rmtree(exchange.home.parent / "history", ignore_errors=True)
