"""The four saved questions as somebody would ask them in pandas, of frames that are loaded.

Amounts are integers; what one unit is worth is multiplied at the end.
"""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import pyarrow as pa

from benchmarks.sql_read import (
    MINUTE_US,
    MINUTES,
    READ,
    SECOND_US,
    SINCE_US,
    Lines,
    in_microseconds,
)

WITH_NULLS: Final = ("changes", "alerts")
"""Their moments may be missing, and must stay whole numbers."""


class Frames:
    """The questions in pandas."""

    def __init__(self, tables: dict[str, pa.Table]) -> None:
        self.of: dict[str, pd.DataFrame] = {
            name: in_microseconds(tables[name].select(list(columns))).to_pandas(
                types_mapper={pa.int64(): pd.Int64Dtype()}.get if name in WITH_NULLS else None
            )
            for name, columns in READ.items()
        }

    def open_interest_concentration(self) -> Lines:
        """Return symbol, holders, open interest, largest and ten largest share."""
        rows = self.of["positions"].sort_values("event")
        held = rows.drop_duplicates(["market", "account"], keep="last")
        held = held[held["quantity"] != 0]
        held = held.assign(size=held["quantity"].abs()).sort_values("size", ascending=False)
        held["long"] = held["size"].where(held["quantity"] > 0, 0)
        by = held.groupby("market")
        made = by.agg(holders=("size", "size"), interest=("long", "sum"), whole=("size", "sum"),
                      largest=("size", "max"))  # fmt: skip
        made["ten"] = by.head(10).groupby("market")["size"].sum()
        made = made.reset_index().merge(self.of["markets"], on="market")
        made["largest"] = 1_000_000 * made["largest"] // made["whole"]
        made["ten"] = 1_000_000 * made["ten"] // made["whole"]
        made["interest"] = [
            int(k) * unit for k, unit in zip(made["interest"], made["quantity_unit"], strict=True)
        ]
        made = made.sort_values(["ten", "symbol"], ascending=[False, True])
        return _lines(made[["symbol", "holders", "interest", "largest", "ten"]])

    def revenue_by_tier(self) -> Lines:
        """Return money, fee schedule, tier, sides and revenue."""
        fills = self.of["fills"]
        fills = fills[(fills["fill_kind"] == "trade") & (fills["time"] >= SINCE_US)]
        sides = [
            fills.groupby(["market", f"{side}_tier"])
            .agg(fee=(f"{side}_fee", "sum"), fills=(f"{side}_fee", "size"))
            .rename_axis(["market", "tier"])
            .reset_index()
            for side in ("taker", "maker")
        ]
        paid = pd.concat(sides).merge(self.of["markets"], on="market")
        paid = paid.merge(self.of["assets"], left_on="quote", right_on="asset")
        by = ["display", "unit", "fee_schedule", "tier"]
        made = paid.groupby(by)[["fills", "fee"]].sum().reset_index()
        made["fee"] = [int(k) * unit for k, unit in zip(made["fee"], made["unit"], strict=True)]
        return _lines(made.sort_values(by)[["display", "fee_schedule", "tier", "fills", "fee"]])

    def clients_hit_by_change(self) -> Lines:
        """Return each change with how many clients were hit within the hour, and how."""
        changes = self.of["changes"].dropna(subset=["applied"])
        hits = self._hits()
        by_market = dict(list(hits.groupby("market")))
        made = [self._hit(one, by_market.get(one.market)) for one in changes.itertuples()]
        symbols = self.of["markets"].set_index("market")["symbol"]
        made = [(*one[:2], symbols.get(one[2]), *one[3:]) for one in made]
        return sorted(made, key=lambda one: (-one[4], one[0]))

    def _hits(self) -> pd.DataFrame:
        orders, fills = self.of["orders"], self.of["fills"]
        lost = (orders["deed"] == "cancelled") & orders["reason"].isin(["margin", "liquidation"])
        parts = [orders.loc[lost, ["time", "market", "account"]].assign(how="lost")]
        for kind, side in (("liquidation", "taker"), ("unwind", "taker"), ("unwind", "maker")):
            some = fills.loc[fills["fill_kind"] == kind, ["time", "market", f"{side}_account"]]
            parts.append(some.set_axis(["time", "market", "account"], axis=1).assign(how=kind))
        return pd.concat(parts).sort_values("time")

    def _hit(self, change: Any, hits: pd.DataFrame | None) -> tuple[Any, ...]:
        counts = (0, 0, 0, 0)
        if hits is not None:
            first, last = hits["time"].searchsorted(
                [change.applied, change.applied + MINUTES * MINUTE_US]
            )
            some = hits.iloc[first:last]
            counts = (some["account"].nunique(), *(
                some.loc[some["how"] == how, "account"].nunique()
                for how in ("lost", "liquidation", "unwind")
            ))  # fmt: skip
        return (
            change.id, change.title, change.market, change.applied, *counts,
            change.predicted_below_initial, change.predicted_below_maintenance,
        )  # fmt: skip

    def alert_to_change(self) -> Lines:
        """Return each alert with its clocks and the first change for its incident."""
        alerts, changes = self.of["alerts"], self.of["changes"].dropna(subset=["applied"])
        asked = changes[["id", "incident", "applied"]].rename(columns={"id": "change"})
        pairs = alerts[alerts["incident"] != 0].merge(asked, on="incident")
        pairs = pairs[pairs["applied"] >= pairs["raised"]].sort_values("applied")
        first = pairs.drop_duplicates("id")[["id", "change", "applied"]]
        made = alerts[alerts["raised"] >= SINCE_US].merge(first, on="id", how="left")
        made = made.merge(self.of["markets"][["market", "symbol"]], on="market", how="left")
        for name in ("acknowledged", "applied", "resolved"):
            made[f"to_{name}"] = made[name] // SECOND_US - made["raised"] // SECOND_US
        made = made.sort_values(["raised", "id"], ascending=[False, True])
        return _lines(made[["id", "rule", "severity", "symbol", "raised", "to_acknowledged",
                            "change", "applied", "to_applied", "to_resolved"]])  # fmt: skip


def _lines(frame: pd.DataFrame) -> Lines:
    return list(frame.itertuples(index=False, name=None))
