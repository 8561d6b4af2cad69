"""Balances: rows keyed by account, wallet and asset; deposits and transfers.

Every movement has two sides, so each asset sums to zero over all accounts. The custody account is
the mirror of what is held outside and goes negative. The first row of an account and wallet is
made when something needs it; a row is never removed.
"""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.accounts import account_refusal, house_refusal, pool_refusal
from pilothouse.engine.change_control import is_change_control
from pilothouse.engine.hashes import code_of, insert, probe, remove, row_at
from pilothouse.engine.room import room_for_money
from pilothouse.engine.state import State
from pilothouse.language.kinds import Wallet
from pilothouse.language.refusals import (
    ACCOUNT_IS_THE_HOUSES,
    AMOUNT_IS_TOO_LARGE,
    AMOUNT_MUST_BE_POSITIVE,
    ASSET_IS_NOT_COLLATERAL,
    BALANCE_TABLE_IS_FULL,
    INSUFFICIENT_FUNDS,
    UNKNOWN_ACCOUNT,
    UNKNOWN_ASSET,
    UNKNOWN_WALLET,
    WALLETS_MUST_DIFFER,
)
from pilothouse.rules.compiled import inlined, inner

WALLET_SHIFT = 1 << 32
AMOUNT_MAX = 1 << 60
"""The largest amount of one movement; what custody holds of an asset stays below four of them."""


@inlined
def find_balance(s: State, account: int, wallet: int, asset: int) -> int:
    """Return the row of a balance, or 0."""
    code = balance_code(s, account, wallet, asset)
    place = probe(s.balance_index, code, code)
    row = row_at(s.balance_index, place)
    while row != 0:
        b = s.balances[row]
        if b.account == account and b.asset == asset and b.wallet == wallet:
            return row
        place = probe(s.balance_index, code, place + 1)
        row = row_at(s.balance_index, place)
    return 0


@inlined
def balance_code(s: State, account: int, wallet: int, asset: int) -> int:
    """Return the code of a balance's key in the index."""
    return code_of(s.exchange[0].hash_seed, account, wallet * WALLET_SHIFT + asset)


@inlined
def room_for_balances(s: State, count: int) -> bool:
    """Tell whether so many new balances have room."""
    return s.exchange[0].balances_used + count < s.balances.shape[0]


@inner
def new_balance(s: State, account: int, wallet: int, asset: int) -> int:
    """Return the row of a new balance; its row was reserved."""
    x = s.exchange[0]
    x.balances_used += 1
    row = x.balances_used
    b = s.balances[row]
    b.account = account
    b.wallet = wallet
    b.asset = asset
    b.next = s.accounts[account].balances_first
    s.accounts[account].balances_first = row
    insert(s.balance_index, balance_code(s, account, wallet, asset), row)
    return row


@inner
def take_back_balances(s: State, used: int) -> None:
    """Unmake the newest balances, all empty, until so many are in use as before a refusal."""
    x = s.exchange[0]
    while x.balances_used > used:
        row = x.balances_used
        b = s.balances[row]
        remove(s.balance_index, balance_code(s, b.account, b.wallet, b.asset), row)
        s.accounts[b.account].balances_first = b.next
        b.account = 0
        b.wallet = 0
        b.asset = 0
        b.next = 0
        x.balances_used -= 1


@inlined
def balance_row(s: State, account: int, wallet: int, asset: int) -> int:
    """Return the row of a balance, made if it is not there yet; its row was reserved."""
    row = find_balance(s, account, wallet, asset)
    return row if row != 0 else new_balance(s, account, wallet, asset)


@inner
def add(s: State, account: int, wallet: int, asset: int, amount: int) -> None:
    """Add a signed amount to what is available; the caller posts the other side."""
    s.balances[balance_row(s, account, wallet, asset)].available += amount


@inlined
def asset_refusal(s: State, asset: int) -> int:
    """Return UNKNOWN_ASSET unless the asset is listed."""
    return UNKNOWN_ASSET if asset < 1 or asset > s.exchange[0].assets_used else 0


@inner
def deposit(s: State, c: Any) -> int:
    """Credit a client or the insurance pool against custody; return a refusal or 0."""
    x = s.exchange[0]
    refused = account_refusal(s, c.account)
    if refused == 0:
        refused = asset_refusal(s, c.asset)
    if refused == 0 and x.custody_account == 0:
        refused = UNKNOWN_ACCOUNT
    if refused == 0:
        refused = pool_refusal(s, c.account)
    if refused == 0 and c.amount <= 0:
        refused = AMOUNT_MUST_BE_POSITIVE
    if refused == 0 and not room_for_money(s, 2):
        refused = BALANCE_TABLE_IS_FULL
    if refused == 0 and _would_overflow(s, c.asset, c.amount):
        refused = AMOUNT_IS_TOO_LARGE
    if refused != 0:
        return refused
    add(s, x.custody_account, Wallet.SPOT, c.asset, -c.amount)
    add(s, c.account, Wallet.SPOT, c.asset, c.amount)
    emit.deposited(s, c.account, c.asset, c.amount, c.reference)
    return 0


@inner
def _would_overflow(s: State, asset: int, amount: int) -> bool:
    if amount > AMOUNT_MAX:
        return True
    custody = find_balance(s, s.exchange[0].custody_account, Wallet.SPOT, asset)
    return custody != 0 and s.balances[custody].available < amount - 4 * (AMOUNT_MAX - 1)


@inner
def transfer_refusal(s: State, c: Any) -> int:
    """Return why a transfer may not be made, or 0; margin is judged by the caller."""
    if account_refusal(s, c.account) != 0:
        return UNKNOWN_ACCOUNT
    if asset_refusal(s, c.asset) != 0:
        return UNKNOWN_ASSET
    if c.source < Wallet.SPOT or c.source > Wallet.FUTURES:
        return UNKNOWN_WALLET
    if c.target < Wallet.SPOT or c.target > Wallet.FUTURES:
        return UNKNOWN_WALLET
    if _transfer_account_refusal(s, c) != 0:
        return ACCOUNT_IS_THE_HOUSES
    if c.source == c.target:
        return WALLETS_MUST_DIFFER
    if c.amount <= 0:
        return AMOUNT_MUST_BE_POSITIVE
    if c.target == Wallet.FUTURES and s.assets[c.asset].collateral == 0:
        return ASSET_IS_NOT_COLLATERAL
    if not room_for_money(s, 1):
        return BALANCE_TABLE_IS_FULL
    row = find_balance(s, c.account, c.source, c.asset)
    if row == 0 or s.balances[row].available < c.amount:
        return INSUFFICIENT_FUNDS
    return 0


@inlined
def _transfer_account_refusal(s: State, c: Any) -> int:
    # The pool is filled; what covers losses leaves it by change control alone.
    if c.target == Wallet.FUTURES or is_change_control(c.sender):
        return pool_refusal(s, c.account)
    return house_refusal(s, c.account)


@inner
def move(s: State, account: int, asset: int, source: int, target: int, amount: int) -> None:
    """Move an amount between two wallets of an account; rows were reserved."""
    add(s, account, source, asset, -amount)
    add(s, account, target, asset, amount)
