"""The counting pass in DuckDB and in Polars: the same integers, rounded the same way.

Both hold the columns in memory, in their own form, before the clock starts. They look at the
accounts that have a position or an order in the contract, as the engine does; where these stand
they find by scanning, for neither has the engine's list of a contract's rows.
"""

from __future__ import annotations

from typing import Final

import duckdb
import polars as pl

from benchmarks.counting_columns import Columns
from pilothouse.language.kinds import Wallet
from pilothouse.language.numbers import PPM
from pilothouse.rules.funding import UNIT_E6

Counts = tuple[int, ...]
SQL: Final = f"""\
WITH concerned AS (
  SELECT * FROM positions WHERE quantity <> 0 OR buys <> 0 OR sells <> 0
), examined AS (
  SELECT DISTINCT account FROM concerned WHERE market = $market
), held AS (
  SELECT account, sum(CASE
    WHEN dollar = 1 THEN amount
    WHEN amount = 0 THEN 0
    WHEN amount > 0 THEN amount * price // unit
      - (amount * price // unit * haircut_ppm + {PPM - 1}) // {PPM}
    ELSE -(-amount * price // unit) - 1 END) AS value
  FROM (SELECT account, asset, available + held AS amount FROM balances
        WHERE wallet = {int(Wallet.FUTURES)} AND account IN (SELECT account FROM examined))
  JOIN assets USING (asset) GROUP BY account
), valued AS (
  SELECT account, p.market, p.schedule,
    (mark * abs(quantity) + divisor - 1) // divisor AS size,
    (mark * greatest(abs(quantity), abs(quantity + buys), abs(quantity - sells)) + divisor - 1)
      // divisor AS worst,
    CASE WHEN quantity > 0 THEN mark * quantity // divisor
      WHEN quantity < 0 THEN -((mark * -quantity + divisor - 1) // divisor) ELSE 0 END
      - CASE WHEN quantity <> 0 THEN entry_cost ELSE 0 END AS profit,
    -quantity * (funding_e6 - funding_seen_e6) AS funding
  FROM concerned p JOIN markets USING (market)
  WHERE account IN (SELECT account FROM examined)
), needed AS (
  SELECT account, size, profit + CASE WHEN funding >= 0 THEN funding // {UNIT_E6}
      ELSE -((-funding + {UNIT_E6 - 1}) // {UNIT_E6}) END AS gain,
    (worst * i.initial_ppm + {PPM - 1}) // {PPM} - i.initial_deduction AS initial,
    (size * m.maintenance_ppm + {PPM - 1}) // {PPM} - m.maintenance_deduction AS maintenance,
    (worst * j.initial_ppm + {PPM - 1}) // {PPM} - j.initial_deduction AS initial_after,
    (size * n.maintenance_ppm + {PPM - 1}) // {PPM} - n.maintenance_deduction
      AS maintenance_after
  FROM (SELECT *, CASE WHEN market = $market THEN 0 ELSE schedule END AS then FROM valued) v
  JOIN tiers i ON i.schedule = v.schedule AND worst >= i.floor AND worst < i.next_floor
  JOIN tiers m ON m.schedule = v.schedule AND size >= m.floor AND size < m.next_floor
  JOIN tiers j ON j.schedule = v.then AND worst >= j.floor AND worst < j.next_floor
  JOIN tiers n ON n.schedule = v.then AND size >= n.floor AND size < n.next_floor
), judged AS (
  SELECT sum(size) AS size, any_value(coalesce(value, 0)) + sum(gain) AS equity,
    sum(initial) AS initial, sum(initial_after) AS initial_after,
    sum(maintenance) AS maintenance, sum(maintenance_after) AS maintenance_after
  FROM needed LEFT JOIN held USING (account) GROUP BY account
)
SELECT count(*), count(*) FILTER (equity < initial), count(*) FILTER (equity < initial_after),
  count(*) FILTER (equity < maintenance), count(*) FILTER (equity < maintenance_after),
  count(*) FILTER (equity < initial_after AND equity >= initial),
  count(*) FILTER (equity < maintenance_after AND equity >= maintenance),
  coalesce(sum(size) FILTER (equity < initial_after AND equity >= initial), 0),
  coalesce(sum(size) FILTER (equity < maintenance_after AND equity >= maintenance), 0)
FROM judged"""


class InDuckDB:
    """The pass as one SELECT over tables in memory."""

    def __init__(self, columns: Columns) -> None:
        self._base = duckdb.connect(":memory:")
        for name, rows in columns.items():
            self._base.register("given", rows)
            self._base.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
            self._base.unregister("given")

    def count(self, market: int) -> Counts:
        """Return the nine counts of a change to a contract."""
        row = self._base.execute(SQL, {"market": market}).fetchone()
        assert row is not None
        return tuple(map(int, row))


def up(above: pl.Expr, below: pl.Expr | int) -> pl.Expr:
    """Return a quotient of what is not negative, rounded up."""
    return (above + below - 1) // below


class InPolars:
    """The pass as one lazy query over frames."""

    def __init__(self, columns: Columns) -> None:
        self._of = {name: pl.DataFrame(rows).lazy() for name, rows in columns.items()}

    def count(self, market: int) -> Counts:
        """Return the nine counts of a change to a contract."""
        of, c = self._of, pl.col
        concerned = of["positions"].filter(
            (c("quantity") != 0) | (c("buys") != 0) | (c("sells") != 0)
        )
        examined = concerned.filter(c("market") == market).select("account").unique()
        held = self._collateral(examined)
        needed = self._needs(concerned.join(examined, on="account", how="semi"), market)
        judged = (
            needed.group_by("account")
            .agg(c("size", "gain", "initial", "maintenance", "initial_after",
                   "maintenance_after").sum())
            .join(held, on="account", how="left")
            .with_columns(equity=c("gain") + c("value").fill_null(0))
        )  # fmt: skip
        return tuple(map(int, judged.select(*_counted()).collect().row(0)))

    def _collateral(self, examined: pl.LazyFrame) -> pl.LazyFrame:
        c = pl.col
        amount, worth = c("amount"), c("amount") * c("price") // c("unit")
        value = (
            pl.when(c("dollar") == 1).then(amount).when(amount == 0).then(0)
            .when(amount > 0).then(worth - up(worth * c("haircut_ppm"), PPM))
            .otherwise(-((-amount) * c("price") // c("unit")) - 1)
        )  # fmt: skip
        return (
            self._of["balances"]
            .filter(c("wallet") == int(Wallet.FUTURES))
            .join(examined, on="account", how="semi")
            .select("account", "asset", amount=c("available") + c("held"))
            .join(self._of["assets"], on="asset")
            .group_by("account")
            .agg(value=value.sum())
        )

    def _needs(self, mine: pl.LazyFrame, market: int) -> pl.LazyFrame:
        c, quantity = pl.col, pl.col("quantity")
        reach = pl.max_horizontal(
            quantity.abs(), (quantity + c("buys")).abs(), (quantity - c("sells")).abs()
        )
        mark, divisor = c("mark"), c("divisor")
        profit = (
            pl.when(quantity > 0).then(mark * quantity // divisor - c("entry_cost"))
            .when(quantity < 0).then(-up(mark * -quantity, divisor) - c("entry_cost"))
            .otherwise(0)
        )  # fmt: skip
        # Division rounds towards minus infinity here, as received funding does.
        funding = -quantity * (c("funding_e6") - c("funding_seen_e6")) // UNIT_E6
        valued = mine.join(self._of["markets"], on="market").select(
            "account", "schedule",
            then=pl.when(c("market") == market).then(0).otherwise(c("schedule")),
            size=up(mark * quantity.abs(), divisor), worst=up(mark * reach, divisor),
            gain=profit + funding,
        )  # fmt: skip
        for made, of, by, after in (
            ("initial", "worst", "schedule", ""), ("maintenance", "size", "schedule", ""),
            ("initial", "worst", "then", "_after"), ("maintenance", "size", "then", "_after"),
        ):  # fmt: skip
            valued = self._tier(valued, made, of, by, made + after)
        return valued

    def _tier(self, rows: pl.LazyFrame, need: str, of: str, by: str, name: str) -> pl.LazyFrame:
        c = pl.col
        tiers = self._of["tiers"].select(
            c("schedule").alias(by), "floor", "next_floor", ppm=c(f"{need}_ppm"),
            less=c(f"{need}_deduction"),
        )  # fmt: skip
        return (
            rows.join(tiers, on=by)
            .filter(c(of) >= c("floor"), c(of) < c("next_floor"))
            .with_columns((up(c(of) * c("ppm"), PPM) - c("less")).alias(name))
            .drop("ppm", "less", "floor", "next_floor")
        )


def _counted() -> list[pl.Expr]:
    c, equity = pl.col, pl.col("equity")
    below = [equity < c(name) for name in ("initial", "initial_after", "maintenance",
                                           "maintenance_after")]  # fmt: skip
    newly = [below[1] & ~below[0], below[3] & ~below[2]]
    sizes = [c("size").filter(one).sum() for one in newly]
    every = [pl.len(), *(one.sum() for one in (*below, *newly)), *sizes]
    return [one.alias(f"count_{place}") for place, one in enumerate(every)]
