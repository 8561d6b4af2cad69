"""What the four saved questions read, for those who answer them elsewhere than on the page."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

READ: Final[dict[str, tuple[str, ...]]] = {
    "markets": ("market", "symbol", "quote", "fee_schedule", "quantity_unit"),
    "assets": ("asset", "display", "unit"),
    "positions": ("market", "account", "event", "quantity"),
    "fills": ("time", "market", "fill_kind", "taker_account", "maker_account",
              "taker_tier", "taker_fee", "maker_tier", "maker_fee"),
    "orders": ("time", "market", "account", "deed", "reason"),
    "changes": ("id", "title", "market", "incident", "applied", "predicted_below_initial",
                "predicted_below_maintenance"),
    "alerts": ("id", "rule", "severity", "market", "raised", "acknowledged", "resolved",
               "incident"),
}  # fmt: skip
"""The columns that the questions read; the others are not loaded."""
MINUTES = 60
MINUTE_US, SECOND_US = 60_000_000, 1_000_000
SINCE_US: Final = 1_577_836_800_000_000
"""What the page begins with: the year 2020."""
Lines = list[tuple[Any, ...]]


def in_microseconds(rows: pa.Table) -> pa.Table:
    """Return rows whose moments are integers, as SQLite and exact comparison want them."""
    fields = [
        pa.field(one.name, pa.int64()) if pa.types.is_timestamp(one.type) else one
        for one in rows.schema
    ]
    return rows.cast(pa.schema(fields))
