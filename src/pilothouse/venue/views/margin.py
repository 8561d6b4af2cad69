"""Margin: an account's arithmetic line by line, a contract's schedules, everyone's health."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilothouse.engine import reading
from pilothouse.engine.impact import BAND_EDGES, BANDS
from pilothouse.engine.machine import Machine
from pilothouse.language.kinds import ClientClass, Wallet
from pilothouse.venue.views.accounts import balance_rows, position_rows


@dataclass(frozen=True)
class CollateralLine:
    """What one balance of the futures wallet counts for."""

    asset: int
    balance: int
    index_e12: int
    haircut_ppm: int
    value: int


@dataclass(frozen=True)
class MarginView:
    """An account's margin in micro-dollars: equity = collateral + unrealised + funding."""

    equity: int
    collateral: int
    unrealised: int
    funding: int
    initial: int
    initial_with_orders: int
    maintenance: int
    notional: int
    lines: tuple[CollateralLine, ...]


@dataclass(frozen=True)
class TierView:
    """One tier of a margin schedule; deductions in micro-dollars."""

    floor_usd: int
    initial_ppm: int
    maintenance_ppm: int
    initial_deduction_micro: int
    maintenance_deduction_micro: int


@dataclass(frozen=True)
class ScheduleView:
    """The margin schedule of one scope of a contract. `version` is the contract's."""

    market: int
    client_class: ClientClass
    jurisdiction: int
    opened_from: int
    version: int
    tiers: tuple[TierView, ...]


@dataclass(frozen=True)
class HealthView:
    """Accounts with positions by equity over maintenance margin: (label, accounts, notional)."""

    bands: tuple[tuple[str, int, int], ...]
    below_maintenance: int
    below_initial: int
    in_protection: int
    accounts_with_positions: int
    notional_below_maintenance: int
    debtors: int = 0
    debt_micro_usd: int = 0
    """What accounts without positions owe, of the whole exchange only."""


def _label(band: int) -> str:
    edges = [f"{edge // 100}.{edge % 100:02d}" for edge in BAND_EDGES]
    if band == 0:
        return f"below {edges[0]}"
    if band == BANDS - 1:
        return f"{edges[-1]} and above"
    return f"{edges[band - 1]} to {edges[band]}"


BAND_LABELS = tuple(_label(band) for band in range(BANDS))


def margin(machine: Machine, account: int) -> MarginView:
    """Return an account's margin line by line."""
    out = np.zeros(reading.MARGIN_WORDS, np.int64)
    reading.read_margin(machine.arena.state, account, out)
    words = [int(one) for one in out]
    unrealised, funding = _sums_of_positions(machine, account)
    return MarginView(
        equity=words[reading.EQUITY],
        collateral=words[reading.COLLATERAL],
        unrealised=unrealised,
        funding=funding,
        initial=words[reading.INITIAL],
        initial_with_orders=words[reading.WITH_ORDERS],
        maintenance=words[reading.MAINTENANCE],
        notional=words[reading.NOTIONAL],
        lines=tuple(_lines(machine, account)),
    )


def _sums_of_positions(machine: Machine, account: int) -> tuple[int, int]:
    unrealised = funding = 0
    out = np.zeros(reading.POSITION_WORDS, np.int64)
    for row in position_rows(machine, account):
        reading.read_position(machine.arena.state, row, out)
        unrealised += int(out[reading.P_UNREALISED])
        funding += int(out[reading.P_FUNDING])
    return unrealised, funding


def _lines(machine: Machine, account: int) -> list[CollateralLine]:
    made = []
    for row in balance_rows(machine, account):
        b = machine.state.balances[row]
        if b["wallet"] == Wallet.FUTURES:
            a = machine.state.assets[b["asset"]]
            value = int(reading.read_collateral(machine.arena.state, row))
            held = int(b["available"]) + int(b["held"])
            made.append(
                CollateralLine(
                    int(b["asset"]), held, int(a["index_e12"]), int(a["haircut_ppm"]), value
                )
            )
    return sorted(made, key=lambda line: line.asset)


def schedules(machine: Machine, market: int) -> list[ScheduleView]:
    """Return a contract's schedules, the one for everyone first."""
    made = []
    version = int(machine.state.markets[market]["schedule_version"])
    k = int(machine.state.markets[market]["schedules_first"])
    while k:
        s = machine.state.schedules[k]
        made.append(
            ScheduleView(
                market=market,
                client_class=ClientClass(int(s["client_class"])),
                jurisdiction=int(s["jurisdiction"]),
                opened_from=int(s["opened_from"]),
                version=version,
                tiers=tuple(_tier(s, t) for t in range(int(s["count"]))),
            )
        )
        k = int(s["next"])
    return sorted(made, key=lambda one: (one.client_class, one.jurisdiction, one.opened_from))


def _tier(s: np.void, t: int) -> TierView:
    return TierView(
        floor_usd=int(s["floors_usd"][t]),
        initial_ppm=int(s["initial_ppm"][t]),
        maintenance_ppm=int(s["maintenance_ppm"][t]),
        initial_deduction_micro=int(s["initial_deduction"][t]),
        maintenance_deduction_micro=int(s["maintenance_deduction"][t]),
    )


def health(machine: Machine) -> HealthView:
    """Return the health of every account with positions."""
    return health_of_contract(machine, 0)


def health_of_contract(machine: Machine, market: int) -> HealthView:
    """Return the health of the accounts with a position in a contract."""
    bands = np.zeros((BANDS, 2), np.int64)
    out = np.zeros(reading.HEALTH_WORDS, np.int64)
    reading.read_health(machine.arena.state, market, bands, out)
    rows = zip(BAND_LABELS, bands.tolist(), strict=True)
    return HealthView(
        bands=tuple((label, accounts, notional) for label, (accounts, notional) in rows),
        below_maintenance=int(out[reading.H_BELOW_MAINTENANCE]),
        below_initial=int(out[reading.H_BELOW_INITIAL]),
        in_protection=int(out[reading.H_PROTECTED]),
        accounts_with_positions=int(out[reading.H_ACCOUNTS]),
        notional_below_maintenance=int(out[reading.H_NOTIONAL]),
        debtors=int(out[reading.H_DEBTORS]),
        debt_micro_usd=int(out[reading.H_DEBT]),
    )
