"""Kernels that read: what views and rehearsals ask a replica between blocks. None writes."""

from __future__ import annotations

from typing import Any

from pilothouse.engine.debts import debt_of
from pilothouse.engine.fees import value_in_micro_usd
from pilothouse.engine.impact import band_of
from pilothouse.engine.margin import (
    account_margin,
    accrued_funding,
    collateral,
    initial_of,
    initial_with_orders,
    maintenance_of,
    notional,
    schedule_now,
    unrealised,
)
from pilothouse.engine.price_band import reference_price
from pilothouse.engine.room import order_limit
from pilothouse.engine.state import State
from pilothouse.rules.compiled import entry, inlined
from pilothouse.rules.fees import fee
from pilothouse.rules.margin import collateral_value, tier_of
from pilothouse.rules.money import share_down, value_down

EQUITY, COLLATERAL, INITIAL, WITH_ORDERS, MAINTENANCE, NOTIONAL, MARGIN_WORDS = range(7)
(
    P_NOTIONAL,
    P_UNREALISED,
    P_FUNDING,
    P_INITIAL,
    P_WITH_ORDERS,
    P_MAINTENANCE,
    P_TIER,
    POSITION_WORDS,
) = range(8)
(
    H_ACCOUNTS,
    H_BELOW_MAINTENANCE,
    H_BELOW_INITIAL,
    H_PROTECTED,
    H_NOTIONAL,
    H_DEBTORS,
    H_DEBT,
    HEALTH_WORDS,
) = range(8)


@entry
def read_margin(s: State, account: int, out: Any) -> None:
    """Write an account's margin into `out`, words EQUITY to NOTIONAL (micro-dollars)."""
    equity, initial, with_orders, maintenance, size, _ = account_margin(s, account, 0, 0)
    out[EQUITY] = equity
    out[COLLATERAL] = collateral(s, account)[0]
    out[INITIAL] = initial
    out[WITH_ORDERS] = with_orders
    out[MAINTENANCE] = maintenance
    out[NOTIONAL] = size


@entry
def read_collateral(s: State, balance: int) -> int:
    """Return what one balance of the futures wallet counts for (micro-dollars)."""
    b = s.balances[balance]
    held = b.available + b.held
    if b.asset == s.exchange[0].dollar or held == 0:
        return held
    a = s.assets[b.asset]
    return collateral_value(held, a.index_e12, a.unit_e6, a.haircut_ppm)


@entry
def read_position(s: State, row: int, out: Any) -> None:
    """Write a position's lines into `out`, words P_NOTIONAL to P_TIER."""
    p = s.positions[row]
    size = notional(s, p.market, abs(p.quantity))
    holds = schedule_now(s, row)
    schedule = s.schedules[holds]
    out[P_NOTIONAL] = size
    out[P_UNREALISED] = unrealised(s, row) if p.quantity != 0 else 0
    out[P_FUNDING] = accrued_funding(s, row)
    out[P_INITIAL] = initial_of(s, holds, size)
    out[P_WITH_ORDERS] = initial_with_orders(s, row, holds, 0)
    out[P_MAINTENANCE] = maintenance_of(s, holds, size)
    out[P_TIER] = tier_of(size, schedule.floors_usd, schedule.count)


@entry
def read_fee(value: int, ppm: int) -> int:
    """Return the fee of a value, as every fill is charged."""
    return fee(value, ppm)


@entry
def read_value(price: int, quantity: int, multiplier: int, divisor: int) -> int:
    """Return the value of a quantity at a price, as every fill moves it."""
    return value_down(price, quantity, multiplier, divisor)


@entry
def read_share(amount: int, ppm: int) -> int:
    """Return a share of an amount, rounded down."""
    return share_down(amount, ppm)


@entry
def read_volume(s: State, asset: int, value: int) -> int:
    """Return what a trade's value counts for in an account's volume (micro-dollars)."""
    return value_in_micro_usd(s, asset, value)


@entry
def read_health(s: State, market: int, bands: Any, out: Any) -> None:
    """Count accounts with positions, of one contract or of all (0): `bands` holds accounts and
    notional for each band of equity over maintenance, `out` the words H_ACCOUNTS to H_DEBT.
    Debts, of accounts without positions, are counted for all alone.
    """
    for account in range(1, s.exchange[0].accounts_used + 1):
        if not _concerns(s, account, market):
            debt = debt_of(s, account)[0] if market == 0 else 0
            out[H_DEBTORS] += 1 if debt > 0 else 0
            out[H_DEBT] += debt
            continue
        equity, initial, with_orders, maintenance, size, _ = account_margin(s, account, 0, 0)
        band = band_of(equity, maintenance)
        bands[band, 0] += 1
        bands[band, 1] += size
        out[H_ACCOUNTS] += 1
        out[H_BELOW_MAINTENANCE] += 1 if equity < maintenance else 0
        out[H_BELOW_INITIAL] += 1 if equity < with_orders else 0
        out[H_PROTECTED] += 1 if s.accounts[account].protection != 0 else 0
        out[H_NOTIONAL] += size if equity < maintenance else 0


@inlined
def _concerns(s: State, account: int, market: int) -> bool:
    k = s.accounts[account].positions_first
    while k != 0:
        p = s.positions[k]
        if p.quantity != 0 and (market == 0 or p.market == market):
            return True
        k = p.next_of_account
    return False


@entry
def read_reference(s: State, market: int) -> int:
    """Return what a market's price band is measured from, 0 if there is nothing."""
    return reference_price(s, market)


@entry
def read_order_limit(s: State, account: int) -> int:
    """Return how many open orders an account may have."""
    return order_limit(s, account)
