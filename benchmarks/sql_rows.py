"""The rows of an archive as large as one wants, column by column, always the same.

An exchange with 30 contracts and 10 spot pairs. Of ten rows about four tell of orders, three of
fills and three of positions; changes and alerts are as many as a very busy team makes. Few
accounts do much, as in life.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pilothouse.language.kinds import CancelReason, FillKind, OrderType, Side, TimeInForce
from pilothouse.records.archive.batches import words
from pilothouse.records.archive.definitions import Table
from pilothouse.records.archive.exchange_tables import ASSETS, FILLS, MARKETS, ORDERS, POSITIONS
from pilothouse.records.archive.team_tables import ALERTS, CHANGES

Words = NDArray[np.int64]
CONTRACTS, PAIRS, MONEY = 30, 10, 12
FIRST_US: Final = 1_798_761_600_000_000
ROW_US: Final = 259_200
"""So long is it from row to row: ten million rows are thirty days."""
CHANGES_MOST, ALERTS_MOST = 2_000, 8_000
PIECE = 50_000


@dataclass(frozen=True)
class Plan:
    """How many rows each table has, of how many accounts, in how many microseconds."""

    orders: int
    fills: int
    positions: int
    changes: int
    alerts: int
    accounts: int
    span_us: int

    @classmethod
    def of(cls, rows: int) -> Plan:
        """Share out so many rows over the tables that the saved questions read."""
        changes, alerts = min(rows // 500, CHANGES_MOST), min(rows // 200, ALERTS_MOST)
        orders, fills = rows * 4 // 10, rows * 3 // 10
        rest = rows - orders - fills - changes - alerts - CONTRACTS - PAIRS - MONEY
        return cls(orders, fills, rest, changes, alerts, max(50, rows // 100), rows * ROW_US)


class Rows:
    """All rows: `steadily` those of the journal in pieces, `pictures` those that stand now."""

    def __init__(self, plan: Plan, seed: int = 5) -> None:
        self.plan = plan
        self._chance = np.random.default_rng(seed)

    def listings(self) -> dict[str, pa.Table]:
        """Return assets and markets; an asset has six decimals, a market its own."""
        units = [Decimal(1).scaleb(-one) for one in range(9)]
        k, m = np.arange(1, MONEY + 1), np.arange(1, CONTRACTS + PAIRS + 1)
        decimals = 2 + m % 5
        return {
            "assets": made(ASSETS, MONEY, time=moments(k), position=k, asset=k, unit=[units[6]] *
                MONEY, symbol=[f"A{one}" for one in k], display=[f"A{one}" for one in k],
                decimals=k * 0 + 6, collateral=k % 2, haircut_ppm=k * 10_000),
            "markets": made(MARKETS, len(m), time=moments(m), position=m, market=m,
                symbol=[f"PF_{one}" if one <= CONTRACTS else f"SPOT{one}" for one in m],
                base=2 + m % (MONEY - 1), quote=1 + (m > CONTRACTS) * (m % 2),
                price_decimals=m * 0 + 3, price_unit=[units[3]] * len(m),
                quantity_decimals=decimals, quantity_unit=[units[one] for one in decimals],
                tick=m * 0 + 1, lot=m * 0 + 1, fee_schedule=1 + m % 2),
        }  # fmt: skip

    def steadily(self) -> Iterator[tuple[dict[str, pa.Table], int, int]]:
        """Yield pieces of the journal's tables with their last position and time."""
        plan = self.plan
        turns = max(1, -(-(plan.orders + plan.fills + plan.positions) // PIECE))
        for turn in range(turns):
            first, span = FIRST_US + plan.span_us * turn // turns, plan.span_us // turns

            def share(whole: int, turn: int = turn) -> int:
                return whole * (turn + 1) // turns - whole * turn // turns

            yield (
                {
                    "orders": self._orders(share(plan.orders), first, span),
                    "fills": self._fills(share(plan.fills), first, span),
                    "positions": self._positions(share(plan.positions), first, span),
                },
                turn + 1,
                first + span,
            )

    def _some(self, count: int, least: int, most: int) -> Words:
        return self._chance.integers(least, most + 1, count)

    def _accounts(self, count: int) -> Words:
        # The tenth of the accounts that does most does about half of everything.
        return 4 + (self.plan.accounts * self._chance.random(count) ** 3).astype(np.int64)

    def _moments(self, count: int, first: int, span: int) -> Words:
        return np.sort(first + self._some(count, 0, span - 1))

    def _orders(self, n: int, first: int, span: int) -> pa.Table:
        time = self._moments(n, first, span)
        deed = self._chance.choice(3, n, p=[0.58, 0.04, 0.38])
        reason = self._chance.choice([1, 1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6], n)
        return made(
            ORDERS, n, time=moments(time), position=time - FIRST_US,
            deed=word(deed, ["placed", "refused", "cancelled"]),
            account=self._accounts(n), market=self._some(n, 1, CONTRACTS + PAIRS),
            order_number=time - FIRST_US + 1, side=words(Side, self._some(n, 1, 2)),
            order_type=words(OrderType, self._chance.choice([1, 1, 1, 2], n)),
            time_in_force=words(TimeInForce, self._chance.choice([1, 1, 1, 2], n)),
            post_only=self._some(n, 0, 1), reduce_only=self._some(n, 0, 1),
            price=self._some(n, 1_000, 1_000_000), quantity=self._some(n, 1, 100_000),
            reason=words(CancelReason, reason * (deed == 2)), user_ref=self._some(n, 0, 1 << 31),
        )  # fmt: skip

    def _fills(self, n: int, first: int, span: int) -> pa.Table:
        time = self._moments(n, first, span)
        kind = self._chance.choice([1, 2, 3], n, p=[0.975, 0.02, 0.005])
        price, quantity = self._some(n, 1_000, 1_000_000), self._some(n, 1, 100_000)
        taker, maker = self._some(n, 1, 8), self._some(n, 1, 8)
        value = price * quantity // 1_000
        return made(
            FILLS, n, time=moments(time), position=time - FIRST_US,
            market=self._some(n, 1, CONTRACTS + PAIRS), trade=time - FIRST_US + 1,
            fill_kind=words(FillKind, kind), side=words(Side, self._some(n, 1, 2)), price=price,
            quantity=quantity, value=value, taker_order=self._some(n, 1, 1 << 40),
            taker_account=self._accounts(n), taker_fee=value * (600 - taker * 50) // 1_000_000,
            taker_tier=taker, maker_order=self._some(n, 1, 1 << 40),
            maker_account=self._accounts(n), maker_tier=maker,
            maker_fee=value * (200 - maker * 20) // 1_000_000,
        )  # fmt: skip

    def _positions(self, n: int, first: int, span: int) -> pa.Table:
        time = self._moments(n, first, span)
        block = (time - FIRST_US) << 10
        return made(
            POSITIONS, n, time=moments(time), position=time - FIRST_US,
            event=block + np.arange(n) % 1_024, account=self._accounts(n),
            market=self._some(n, 1, CONTRACTS),
            # One in five is closed again.
            quantity=self._some(n, -100_000, 100_000) * self._chance.choice([0, 1, 1, 1, 1], n),
            entry_cost=self._some(n, -(1 << 30), 1 << 30), realised=self._some(n, -9_999, 9_999),
        )  # fmt: skip

    def pictures(self) -> dict[str, pa.Table]:
        """Return changes and alerts; half of them belong to incidents."""
        plan, alerts, changes = self.plan, self.plan.alerts, self.plan.changes
        incidents = max(1, changes // 2)
        raised = self._moments(alerts, FIRST_US, plan.span_us)
        applied = self._chance.permutation(self._moments(changes, FIRST_US, plan.span_us))
        applied[applied % 4 == 0] = 0
        market = self._some(plan.changes, 0, CONTRACTS + PAIRS)
        states = ["applied", "verified", "draft", "refused"]
        return {
            "changes": made(CHANGES, changes, id=np.arange(1, changes + 1),
                kind=["margin_schedule"] * changes, title=[f"Change {k}" for k in range(changes)],
                state=word(self._some(changes, 0, 3), states), market=market,
                incident=self._some(changes, 0, 1) * self._some(changes, 1, incidents),
                applied=moments(applied), predicted_below_initial=self._some(changes, 0, 500),
                predicted_below_maintenance=self._some(changes, 0, 50)),
            "alerts": made(ALERTS, alerts, id=np.arange(1, alerts + 1),
                rule=[f"rule {k % 21}" for k in range(alerts)],
                severity=[("info", "warning", "critical")[k % 3] for k in range(alerts)],
                market=self._some(alerts, 0, CONTRACTS + PAIRS), raised=moments(raised),
                acknowledged=moments(raised + self._some(alerts, 1, 600_000_000)),
                resolved=moments((raised + self._some(alerts, 1, 7_200_000_000)) *
                                 self._some(alerts, 0, 1)),
                incident=self._some(alerts, 0, 1) * self._some(alerts, 1, incidents)),
        }  # fmt: skip


def moments(values: Words) -> pa.Array:
    """Return microseconds as moments; zero is none."""
    return pa.array(values, mask=values == 0).cast(pa.timestamp("us"))


def word(places: Words, names: list[str]) -> pa.Array:
    """Return few words by their places."""
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), pa.array(names))


def made(table: Table, count: int, **columns: Any) -> pa.Table:
    """Return rows of a table; what is not named is null."""
    arrays = [
        pa.array(columns[field.name]).cast(field.type)
        if field.name in columns
        else pa.nulls(count, field.type)
        for field in table.schema
    ]
    return pa.Table.from_arrays(arrays, schema=table.schema)
