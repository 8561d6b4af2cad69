"""The benchmark of the counting pass, small: three ways to count, the same nine numbers."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.counting import TIGHTER, in_engine, measure
from benchmarks.counting_columns import columns_of, reduced
from benchmarks.counting_elsewhere import InDuckDB, InPolars
from benchmarks.preview import CLIENTS_FROM, COLLATERAL, TIME, furnished
from pilothouse.language import commands as ask
from pilothouse.language.kinds import CauseKind, OrderType, Side, TimeInForce
from pilothouse.language.names import Cause, Name
from pilothouse.language.rows import Message, to_rows
from pilothouse.simulation.genesis import schedule

ACCOUNTS, MARKET = 300, 1
MINUTE_US = 60_000_000


class Later:
    """The benchmark's machine an hour later: orders rest, prices fell, funding has accrued."""

    def __init__(self) -> None:
        self.machine, self.time, self._sent = furnished(ACCOUNTS), TIME, 0
        orders = [
            ask.PlaceOrder(
                account=CLIENTS_FROM + k, market=MARKET, side=Side.BUY if k % 2 else Side.SELL,
                order_type=OrderType.LIMIT, time_in_force=TimeInForce.GTC, flags=0,
                quantity=10_000 + k, price=950_000 if k % 2 else 1_010_001 + k,
            )
            for k in range(0, ACCOUNTS, 3)
        ]  # fmt: skip
        self.send([ask.GrowTable(table="positions", rows=10 * ACCOUNTS), *orders])
        for minute in range(60):
            self.time += MINUTE_US
            price = (1_000_000_000_007 - 700_000_001 * minute) * 1_000
            self.send(
                [ask.SetIndexPrice(asset=k, source=source, price_e12=price + k * 1_000)
                 for k in range(2, COLLATERAL + 1) for source in (1, 2)]
            )  # fmt: skip
        self.machine.state.markets["funding_base_e6"][1:20] += 700_654_321

    def send(self, asked) -> None:
        rows = []
        for one in asked:
            self._sent += 1
            name = Name(9, 1, self._sent)
            rows.append(to_rows(Message(one, name, Cause(CauseKind.GENESIS, 1))))
        told = self.machine.step(np.concatenate(rows), self.time)
        assert not told.receipts[:, 1].any()


@pytest.fixture(scope="module")
def later():
    return Later().machine


def test_the_benchmark_counts_the_same_three_times():
    made = measure(ACCOUNTS)
    assert made["newly_below_initial"] > 0
    assert [one["pass"] for one in made["passes"]] == ["pilothouse", "duckdb", "polars"]
    assert made["positions"] > 4 * ACCOUNTS and made["arena_bytes"] > 1_000_000


@pytest.mark.parametrize("tiers", [TIGHTER, ((0, "2.5", "1.5"), (3_000, "60", "40"))])
def test_orders_losses_and_funding_are_counted_the_same(later, tiers):
    market = later.state.markets[MARKET]
    change = schedule(MARKET, tiers, base_version=int(market["schedule_version"]))
    columns = columns_of(later, change)
    held = columns["positions"].to_pydict()
    assert any(held["buys"]) and any(held["sells"]) and min(held["quantity"]) < 0
    funding = columns["markets"]["funding_e6"][MARKET - 1].as_py()
    mine = [k for k, one in enumerate(held["market"]) if one == MARKET and held["quantity"][k]]
    assert any(held["funding_seen_e6"][k] != funding for k in mine), "funding has accrued"
    counts = in_engine(later, change)
    assert 0 < counts[5] < counts[0] and counts[6] > 0 and counts[2] > counts[1]
    assert InDuckDB(columns).count(MARKET) == counts
    assert InPolars(columns).count(MARKET) == counts


def test_a_product_beyond_64_bits_is_not_counted_wrong():
    later = furnished(2)
    change = schedule(MARKET, TIGHTER, base_version=2)
    later.state.positions[1]["quantity"] = 1 << 40
    with pytest.raises(AssertionError):
        columns_of(later, change)
    assert reduced(10**15, 10**12) == (1_000, 1) and reduced(0, 0) == (0, 1)
