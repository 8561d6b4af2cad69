"""The ledger of a spot wallet: every change of a balance, and the balance behind each."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import ccxt
import pytest

from pilothouse.language.events import Deposited, Transferred
from pilothouse.language.kinds import Wallet
from pilothouse.language.rows import Happened
from pilothouse.records.history import History
from pilothouse.records.moves import Moves
from tests.records.spans import span
from tests.trading_api.conftest import spot_client
from tests.trading_api.running import Exchange


@pytest.fixture(scope="module")
def booked(exchange: Exchange) -> Any:
    """A client that was given money, moved some of it, and traded often."""
    money = {"ZUSD": 10**12, "XXBT": 10**9}
    maker, taker = (
        spot_client(exchange.url, exchange.client(name, money)) for name in ("books", "booked")
    )
    taker.transfer("USD", 1_000, "spot", "swap")
    for k in range(30):
        maker.create_order("BTC/USD", "limit", "sell", 0.01, 20_500 + k)
    taker.create_order("BTC/USD", "limit", "buy", 0.3, 20_600)
    back = {"asset": "ZUSD", "from": "Futures Wallet", "to": "Spot Wallet", "amount": "500"}
    taker.privatePostWalletTransfer(back)
    maker.cancel_all_orders()
    return taker


def _all(client: Any, **asked: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while True:
        page = client.privatePostLedgers({"ofs": len(found), **asked})["result"]
        found |= page["ledger"]
        if not page["ledger"]:
            assert len(found) == page["count"]
            return found


def test_the_ledger_adds_up_to_the_balance(booked: Any) -> None:
    entries = _all(booked)
    kinds = [one["type"] for one in entries.values()]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "deposit": 2,
        "transfer": 2,
        "trade": 60,
    }
    balances = booked.privatePostBalance()["result"]
    for asset in ("ZUSD", "XXBT"):
        own = [one for one in entries.values() if one["asset"] == asset]
        changes = [Decimal(one["amount"]) - Decimal(one["fee"]) for one in own]
        assert Decimal(own[0]["balance"]) == sum(changes) == Decimal(balances[asset])
        for one, before in itertools.pairwise(own):
            change = Decimal(one["amount"]) - Decimal(one["fee"])
            assert Decimal(one["balance"]) == Decimal(before["balance"]) + change


def test_the_ledger_is_filtered_and_cut(booked: Any) -> None:
    every = list(_all(booked))
    trades = _all(booked, type="trade")
    assert len(trades) == 60
    assert {one["asset"] for one in _all(booked, asset="XBT").values()} == {"XXBT"}
    assert _all(booked, type="staking") == {}
    assert list(_all(booked, start=every[10])) == every[:10]
    assert list(_all(booked, end=every[10])) == every[10:]
    for wrong in ({"type": "nonsense"}, {"asset": "NOPE"}, {"start": "LAAAAA-AAAAA-AAAAAA"}):
        with pytest.raises(ccxt.BaseError):
            booked.privatePostLedgers(wrong)
    assert "count" not in booked.privatePostLedgers({"without_count": "true"})["result"]


def test_trades_and_entries_name_each_other(booked: Any) -> None:
    trades = booked.privatePostTradesHistory({"ledgers": "true"})["result"]["trades"]
    number, trade = next(iter(trades.items()))
    found = booked.privatePostQueryLedgers({"id": ",".join(trade["ledgers"])})["result"]
    assert {one["refid"] for one in found.values()} == {number}
    assert {one["asset"] for one in found.values()} == {"XXBT", "ZUSD"}
    with pytest.raises(ccxt.ExchangeError, match="id"):
        booked.privatePostQueryLedgers({"id": "LAAAAA-AAAAA-AAAAAA"})


def test_an_unmodified_client_reads_the_ledger(booked: Any) -> None:
    found = booked.fetch_ledger("BTC")
    assert {one["type"] for one in found} == {"trade", "transaction"}
    entry = booked.fetch_ledger_entry(found[0]["id"])
    assert (entry["id"], entry["currency"]) == (found[0]["id"], "BTC")


def _deposited(moves: Moves, position: int, account: int) -> None:
    history = History()
    history.moves = moves
    event = Deposited(asset=1, amount=5, reference=0)
    history.fold(span(position, position, [], [Happened(event, position, position, account)]))


def test_moves_are_bounded_and_say_what_they_forgot() -> None:
    moves = Moves(kept=6, of_one=3)
    for position in range(1, 6):
        _deposited(moves, position, 7)
    assert [one.position for one in moves.of(7)] == [3, 4, 5]
    assert (moves.first(7), moves.first(8)) == (3, 0)
    for position in range(6, 11):
        _deposited(moves, position, position % 2 + 1)
    assert [one.position for one in moves.of(7)] == [5]
    # A full deque of one account may have forgotten some: its first is taken to be all there is.
    assert (moves.first(7), moves.first(99), moves.first(1)) == (5, 5, 6)
    again = Moves(kept=6, of_one=3)
    again.recall(moves.kept())
    assert again.kept() == moves.kept()
    assert [again.of(one) for one in (1, 2, 7)] == [moves.of(one) for one in (1, 2, 7)]


def test_a_transfer_is_one_move_of_both_wallets() -> None:
    history = History()
    event = Transferred(asset=1, source=Wallet.FUTURES, target=Wallet.SPOT, amount=9)
    history.fold(span(4, 4, [], [Happened(event, 4, 4, 3)]))
    (move,) = history.moves.of(3)
    assert (move.source, move.target, move.amount) == (Wallet.FUTURES, Wallet.SPOT, 9)
