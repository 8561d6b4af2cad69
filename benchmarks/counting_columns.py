"""What the counting pass reads, out of a machine and into columns, for those who count elsewhere.

Every product that is formed from them fits 64 bits, which is asserted: prices are reduced by what
they have in common with their units. The engine multiplies the unreduced in 128 bits.
"""

from __future__ import annotations

from math import gcd
from typing import Any, Final

import numpy as np
import pyarrow as pa

from pilothouse.engine.machine import Machine
from pilothouse.language.commands import SetMarginSchedule
from pilothouse.language.kinds import Wallet
from pilothouse.language.numbers import HOUR_US, MICRO_USD, PPM
from pilothouse.rules.funding import UNIT_E6

NO_FLOOR: Final = 1 << 62
TIER: Final = (
    "schedule", "floor", "next_floor", "initial_ppm", "maintenance_ppm", "initial_deduction",
    "maintenance_deduction",
)  # fmt: skip
Columns = dict[str, pa.Table]


def columns_of(machine: Machine, change: SetMarginSchedule) -> Columns:
    """Return positions, balances, markets, assets and tiers; those of the change have schedule 0.

    The contract must have one schedule, for everyone, as the change has: then no position has to
    choose between schedules, before or after.
    """
    one = machine.state.markets[change.market]["schedules_first"]
    first = machine.state.schedules[one]
    assert not any(int(first[name]) for name in ("next", "client_class", "jurisdiction"))
    made = {
        "positions": _used(machine, "positions", "account market quantity entry_cost buys sells "
                           "funding_seen_e6 schedule"),
        "balances": _used(machine, "balances", "account wallet asset available held"),
        "markets": _markets(machine),
        "assets": _assets(machine),
        "tiers": _tiers(machine, change),
    }  # fmt: skip
    _assert_64_bits(made)
    return made


def _used(machine: Machine, table: str, names: str) -> pa.Table:
    used = int(machine.state.exchange[0][f"{table}_used"])
    rows = getattr(machine.state, table)[1 : used + 1]
    return pa.table({name: np.ascontiguousarray(rows[name]) for name in names.split()})


def _markets(machine: Machine) -> pa.Table:
    x, lines = machine.state.exchange[0], []
    since = min(int(x["time"]) - int(x["hour_started"]), HOUR_US)
    for place in range(1, int(x["markets_used"]) + 1):
        m = machine.state.markets[place]
        mark, divisor = reduced(int(m["mark"]) * int(m["mark_multiplier"]), int(m["mark_divisor"]))
        funding = int(m["funding_base_e6"]) + int(m["funding_payment_e6"]) * since // HOUR_US
        lines.append((place, mark, divisor, funding))
    return _table(["market", "mark", "divisor", "funding_e6"], lines)


def _assets(machine: Machine) -> pa.Table:
    x, lines = machine.state.exchange[0], []
    for place in range(1, int(x["assets_used"]) + 1):
        a = machine.state.assets[place]
        index, unit = reduced(int(a["index_e12"]), int(a["unit_e6"]))
        lines.append((place, place == int(x["dollar"]), index, unit, int(a["haircut_ppm"])))
    return _table(["asset", "dollar", "price", "unit", "haircut_ppm"], lines)


def _tiers(machine: Machine, change: SetMarginSchedule) -> pa.Table:
    lines = _lines(0, [(one.floor_usd, one.initial_ppm, one.maintenance_ppm)
                       for one in change.tiers])  # fmt: skip
    for place in range(1, int(machine.state.exchange[0]["schedules_used"]) + 1):
        s = machine.state.schedules[place]
        columns = (s[name].tolist() for name in ("floors_usd", "initial_ppm", "maintenance_ppm"))
        if count := int(s["count"]):
            lines += _lines(place, list(zip(*columns, strict=True))[:count])
    return _table(TIER, lines)


def _lines(schedule: int, tiers: list[tuple[int, int, int]]) -> list[tuple[int, ...]]:
    edges = [*(floor * MICRO_USD for floor, _, _ in tiers), NO_FLOOR]
    made, taken, before = [], [0, 0], (0, *tiers[0][1:])
    for k, tier in enumerate(tiers):
        # Dollars times ppm are micro-dollars.
        taken = [taken[j] + tier[0] * (tier[j + 1] - before[j + 1]) for j in (0, 1)]
        made.append((schedule, edges[k], edges[k + 1], *tier[1:], *taken))
        before = tier
    return made


def _table(names: Any, lines: list[tuple[int, ...]]) -> pa.Table:
    columns = [np.array(one, np.int64) for one in zip(*lines, strict=True)]
    return pa.table(dict(zip(names, columns, strict=True)))


def reduced(above: int, below: int) -> tuple[int, int]:
    """Return a fraction without what both have in common; nothing of nothing is 0 / 1."""
    common = gcd(above, below)
    return (above // common, below // common) if common else (0, 1)


def _assert_64_bits(made: Columns) -> None:
    def most(table: str, *names: str) -> int:
        return max(abs(int(one)) for name in names for one in _ends(made[table][name].to_numpy()))

    worst = most("positions", "quantity") + most("positions", "buys", "sells")
    values = (_most_of_market(one, worst) for one in made["markets"].to_pylist())
    funding = most("markets", "funding_e6") + most("positions", "funding_seen_e6")
    collateral = (_most_of_asset(made, one) for one in made["assets"].to_pylist())
    products = max(values), max(collateral), funding * worst + UNIT_E6
    assert all(one < NO_FLOOR for one in products), products


def _most_of_market(market: dict[str, int], quantity: int) -> int:
    value = market["mark"] * quantity + market["divisor"]
    return max(value, (value // market["divisor"] + 1) * PPM)


def _most_of_asset(made: Columns, asset: dict[str, int]) -> int:
    balances = {name: made["balances"][name].to_numpy() for name in made["balances"].column_names}
    mine = (balances["asset"] == asset["asset"]) & (balances["wallet"] == int(Wallet.FUTURES))
    held = max(abs(int(one)) for one in _ends((balances["available"] + balances["held"])[mine]))
    worth = held * asset["price"]
    return max(worth, (worth // asset["unit"] + 1) * PPM)


def _ends(values: Any) -> tuple[int, int]:
    return (values.min(), values.max()) if len(values) else (0, 0)
