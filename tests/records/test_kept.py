"""What a history remembers is kept on disk, and a start from it is as good as folding anew."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pilothouse.journal.storage import Files
from pilothouse.language.kinds import Side
from pilothouse.language.names import Receipt
from pilothouse.records.history import History
from pilothouse.records.kept import NAME, keep, kept, recalled
from tests.records.spans import span
from tests.records.test_history import NOON, ask, filled, placed, traded

TAIL: Any = SimpleNamespace(number=9, seal=b"s" * 32)


class Heard:
    """A listener that counts what an order has left to trade."""

    def __init__(self) -> None:
        self.left: dict[int, int] = {}

    def placed(self, order: Any) -> None:
        self.left[order.number] = order.quantity - order.executed

    def executed(self, order: Any, execution: Any) -> None:
        self.left[order.number] -= execution.fill.quantity

    def cancelled(self, order: Any) -> None:
        self.left[order.number] -= order.remaining

    def traded(self, fill: Any) -> None: ...


def kept_and_recalled(home: Path, history: History, listener: Any = None) -> History:
    storage = Files(home)
    keep(storage, history.remembered(), TAIL)
    found = kept(storage)
    assert found is not None and (found.block, found.seal) == (9, TAIL.seal)
    return recalled(found, listener)


def later_trade(history: History) -> None:
    """The rest of order 5 goes in a block of its own."""
    take = ask(account=9, side=Side.BUY)
    events = [placed(7, NOON + 2, take), filled(7, NOON + 2, taker=7, maker=5, quantity=40)]
    history.fold(span(7, NOON + 2, [(take, Receipt(7, 0, 7))], events))


def test_a_recalled_history_answers_as_the_one_that_was_kept(tmp_path: Path) -> None:
    history = History()
    traded(history)
    again = kept_and_recalled(tmp_path, history)
    assert again.remembered() == history.remembered()
    assert again.open_orders(7) == history.open_orders(7) != []
    assert again.closed_orders(8) == history.closed_orders(8) != []
    assert again.executions(7) == history.executions(7) != []
    assert again.trades(1) == history.trades(1) != []
    assert again.candles(1) == history.candles(1) != []
    assert again.statistics(1, NOON + 9) == history.statistics(1, NOON + 9)


def test_it_goes_on_where_it_stood(tmp_path: Path) -> None:
    history, heard = History(), Heard()
    traded(history)
    again = kept_and_recalled(tmp_path, history, heard)
    assert heard.left == {5: 40}
    for one in (history, again):
        later_trade(one)
    assert [one.number for one in again.closed_orders(7)] == [5]
    assert again.closed_orders(7)[0].executed == 100
    assert heard.left == {5: 0, 7: 60}
    assert again.open_orders(7) == []
    assert again.position == history.position == 7


def test_what_is_kept_does_not_change_with_later_blocks(tmp_path: Path) -> None:
    history = History()
    traded(history)
    remembered = history.remembered()
    later_trade(history)
    keep(Files(tmp_path), remembered, TAIL)
    found = kept(Files(tmp_path))
    assert found is not None
    again = recalled(found)
    assert [(one.number, one.remaining) for one in again.open_orders(7)] == [(5, 40)]
    assert again.candles(1)[-1].volume == 60


def test_a_sum_above_64_bits_is_kept(tmp_path: Path) -> None:
    history = History()
    traded(history)
    (fill,) = history.trades(1)
    big = filled(8, NOON + 3, taker=0, maker=5, quantity=1 << 40, price=1 << 40)
    history.fold(span(8, NOON + 3, (), [big]))
    again = kept_and_recalled(tmp_path, history)
    assert again.trades(1)[0] == fill
    assert again.candles(1) == history.candles(1)
    assert again.candles(1)[-1].price_quantity > 1 << 64


def test_nothing_kept_and_spoilt_files_are_passed_over(tmp_path: Path) -> None:
    storage = Files(tmp_path)
    assert kept(storage) is None
    history = History()
    traded(history)
    keep(storage, history.remembered(), TAIL)
    raw = (tmp_path / NAME).read_bytes()
    for spoilt in (raw[:-1], b"", raw[:60], raw[:50] + b"?" + raw[51:], b"PHORDER0" + raw[8:]):
        (tmp_path / NAME).write_bytes(spoilt)
        assert kept(storage) is None
    (tmp_path / NAME).write_bytes(raw)
    assert kept(storage) is not None
