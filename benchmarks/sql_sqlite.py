"""The four saved questions as somebody would ask them in SQLite, with an index for each.

Amounts are integers; what one unit is worth is multiplied at the end. Clients that were hit are
looked up change by change, which the index answers, instead of by the page's one join.
"""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Final

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

CONCENTRATION: Final = """\
WITH held AS (
  SELECT market, account, quantity, max(event) FROM positions GROUP BY market, account
), ranked AS (
  SELECT market, abs(quantity) AS size, quantity > 0 AS is_long,
         row_number() OVER (PARTITION BY market ORDER BY abs(quantity) DESC) AS place
  FROM held WHERE quantity <> 0
)
SELECT m.symbol, count(*), sum(size) FILTER (WHERE is_long), m.quantity_unit,
       1000000 * sum(size) FILTER (WHERE place = 1) / sum(size),
       1000000 * sum(size) FILTER (WHERE place <= 10) / sum(size) AS ten
FROM ranked JOIN markets m USING (market)
GROUP BY m.symbol ORDER BY ten DESC, m.symbol"""
REVENUE: Final = f"""\
WITH paid AS (
  SELECT market, taker_tier AS tier, sum(taker_fee) AS fee, count(*) AS fills FROM fills
  WHERE fill_kind = 'trade' AND time >= {SINCE_US} GROUP BY 1, 2
  UNION ALL
  SELECT market, maker_tier, sum(maker_fee), count(*) FROM fills
  WHERE fill_kind = 'trade' AND time >= {SINCE_US} GROUP BY 1, 2
)
SELECT q.display, m.fee_schedule, tier, sum(fills), sum(fee), q.unit
FROM paid JOIN markets m USING (market) JOIN assets q ON q.asset = m.quote
GROUP BY q.display, m.fee_schedule, tier ORDER BY 1, 2, 3"""
_WITHIN: Final = (
    f"h.market = c.market AND h.time >= c.applied AND h.time < c.applied + {MINUTES * MINUTE_US}"
)
CLIENTS_HIT: Final = f"""\
WITH hits AS (
  SELECT c.id, h.account, 'lost' AS how FROM changes c JOIN orders h ON {_WITHIN}
  WHERE h.deed = 'cancelled' AND h.reason IN ('margin', 'liquidation')
  UNION ALL
  SELECT c.id, h.taker_account, h.fill_kind FROM changes c JOIN fills h ON {_WITHIN}
  WHERE h.fill_kind IN ('liquidation', 'unwind')
  UNION ALL
  SELECT c.id, h.maker_account, h.fill_kind FROM changes c JOIN fills h ON {_WITHIN}
  WHERE h.fill_kind = 'unwind'
)
SELECT c.id, c.title, m.symbol, c.applied, count(DISTINCT h.account) AS clients,
       count(DISTINCT h.account) FILTER (WHERE how = 'lost'),
       count(DISTINCT h.account) FILTER (WHERE how = 'liquidation'),
       count(DISTINCT h.account) FILTER (WHERE how = 'unwind'),
       c.predicted_below_initial, c.predicted_below_maintenance
FROM changes c LEFT JOIN markets m USING (market) LEFT JOIN hits h ON h.id = c.id
WHERE c.applied IS NOT NULL GROUP BY c.id ORDER BY clients DESC, c.id"""
ALERT_TO_CHANGE: Final = f"""\
WITH first AS (
  SELECT a.id, c.id AS change, min(c.applied) AS applied
  FROM alerts a JOIN changes c ON c.incident = a.incident AND c.applied >= a.raised
  WHERE a.incident <> 0 GROUP BY a.id
)
SELECT a.id, a.rule, a.severity, m.symbol, a.raised,
       a.acknowledged / {SECOND_US} - a.raised / {SECOND_US}, f.change, f.applied,
       f.applied / {SECOND_US} - a.raised / {SECOND_US},
       a.resolved / {SECOND_US} - a.raised / {SECOND_US}
FROM alerts a LEFT JOIN first f ON f.id = a.id LEFT JOIN markets m USING (market)
WHERE a.raised >= {SINCE_US} ORDER BY a.raised DESC, a.id"""
INDEXES: Final = (
    "CREATE INDEX positions_held ON positions (market, account, event, quantity)",
    "CREATE INDEX fills_when ON fills (market, time)",
    "CREATE INDEX orders_when ON orders (market, time)",
    "CREATE INDEX changes_of ON changes (incident, applied)",
    "CREATE UNIQUE INDEX one_market ON markets (market)",
    "CREATE UNIQUE INDEX one_asset ON assets (asset)",
    "ANALYZE",
)


class Lite:
    """The questions in SQLite."""

    def __init__(self, file: Path, tables: dict[str, pa.Table]) -> None:
        self._base = sqlite3.connect(file)
        self._base.execute("PRAGMA cache_size=-1000000")
        for name, columns in READ.items():
            self._base.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
            self._load(name, tables[name].select(list(columns)))
        for one in INDEXES:
            self._base.execute(one)
        self._base.commit()

    def _load(self, name: str, rows: pa.Table) -> None:
        places = ", ".join("?" * rows.num_columns)
        for some in in_microseconds(rows).to_batches():
            columns = [
                [str(one) for one in column.to_pylist()]
                if pa.types.is_decimal(column.type)
                else column.to_pylist()
                for column in some.columns
            ]
            self._base.executemany(
                f"INSERT INTO {name} VALUES ({places})", zip(*columns, strict=True)
            )

    def open_interest_concentration(self) -> Lines:
        """Return symbol, holders, open interest, largest and ten largest share."""
        rows = self._base.execute(CONCENTRATION).fetchall()
        return [(*one[:2], one[2] * Decimal(one[3]), *one[4:]) for one in rows]

    def revenue_by_tier(self) -> Lines:
        """Return money, fee schedule, tier, sides and revenue."""
        rows = self._base.execute(REVENUE).fetchall()
        return [(*one[:4], one[4] * Decimal(one[5])) for one in rows]

    def clients_hit_by_change(self) -> Lines:
        """Return each change with how many clients were hit within the hour, and how."""
        return self._base.execute(CLIENTS_HIT).fetchall()

    def alert_to_change(self) -> Lines:
        """Return each alert with its clocks and the first change for its incident."""
        return self._base.execute(ALERT_TO_CHANGE).fetchall()

    def close(self) -> None:
        """Close the file."""
        self._base.close()
