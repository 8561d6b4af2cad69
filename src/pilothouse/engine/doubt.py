"""Doubt: what an account may have lost already while an index is stale.

Nobody can tell then what a position is worth, or a collateral; a step of its index is taken as the
most it can be wrong, or as far as its sources say. Two questions are asked: what of equity is not
proven, and whether a fill on a stale index gives away what another part of the account would need.
"""

from __future__ import annotations

from pilothouse.engine.margin import notional, unrealised
from pilothouse.engine.staleness import asset_is_stale
from pilothouse.engine.state import State
from pilothouse.engine.work import visit
from pilothouse.language.kinds import Side, Wallet
from pilothouse.rules.bits import fits, muldiv_up
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.index import doubt_ppm
from pilothouse.rules.margin import collateral_value
from pilothouse.rules.money import share_up


@inner
def unproven(s: State, account: int) -> tuple[int, int]:
    """Return what of an account's equity rests on a stale index, and the rows visited.

    Collateral counts whole, and of each position its profit or what its index may be wrong by,
    whichever is more: nobody takes risk or money out on a price that is not known to be true any
    more.
    """
    total, rows = 0, 0
    k = s.accounts[account].balances_first
    while k != 0:
        total += _counts_for(s, k) if _is_doubtful(s, k) else 0
        rows += 1
        k = s.balances[k].next
    k = s.accounts[account].positions_first
    while k != 0:
        p = s.positions[k]
        asset = s.markets[p.market].base
        if p.quantity != 0 and asset_is_stale(s, asset):
            wrong_by = share_up(notional(s, p.market, abs(p.quantity)), _doubt_ppm(s, asset))
            total += max(unrealised(s, k), wrong_by)
        rows += 1
        k = p.next_of_account
    return total, rows


@inner
def bears_in_doubt(
    s: State, row: int, at_mark: int, loss: int, near: bool, equity: int, need: int, after: int
) -> bool:
    """Tell whether an account bears a fill in a contract whose index is stale.

    A seller loses where the asset is worth more than its price, a buyer where it is worth less.
    Anywhere between that price and as far as the index may be wrong, the account must keep its
    margin: `equity` is what the fill leaves at the mark, `need` the maintenance margin of its
    other positions, and `after` that of all. Other stale indexes are taken to move the same way.
    """
    o = s.orders[row]
    asset = s.markets[o.market].base
    up = 1 if o.side == Side.SELL else -1
    net, with_it, against, rows = _exposures(s, o.account, asset, up)
    visit(s, rows)
    far = share_up(max(0, at_mark - up * net), _doubt_ppm(s, asset))
    if equity < after + far + with_it:
        return False
    if loss <= 0 or up * net <= 0:
        return True
    # At its own price the rest of what it holds is worth as much less as what it gave.
    rest = max(0, up * net - at_mark)
    if not fits(loss, rest, max(1, at_mark)):
        return False
    return equity - muldiv_up(loss, rest, max(1, at_mark)) >= need + (0 if near else against)


@inner
def _exposures(s: State, account: int, asset: int, up: int) -> tuple[int, int, int, int]:
    # (What it holds of an asset, as a signed value; what it loses on other stale indexes if they
    # move up, or down where `up` is negative; what if they move the other way; rows visited.)
    net, with_it, against, rows = 0, 0, 0, 0
    k = s.accounts[account].balances_first
    while k != 0:
        b = s.balances[k]
        if b.asset == asset and b.wallet == Wallet.FUTURES:
            net += _counts_for(s, k)
        elif _is_doubtful(s, k):
            wrong_by = share_up(_counts_for(s, k), _doubt_ppm(s, b.asset))
            with_it += wrong_by if up < 0 else 0
            against += wrong_by if up > 0 else 0
        rows += 1
        k = b.next
    k = s.accounts[account].positions_first
    while k != 0:
        p = s.positions[k]
        base = s.markets[p.market].base
        worth = notional(s, p.market, abs(p.quantity)) if p.quantity != 0 else 0
        if base == asset:
            net += worth if p.quantity > 0 else -worth
        elif worth != 0 and asset_is_stale(s, base):
            wrong_by = share_up(worth, _doubt_ppm(s, base))
            loses = (p.quantity > 0) == (up < 0)
            with_it += wrong_by if loses else 0
            against += 0 if loses else wrong_by
        rows += 1
        k = p.next_of_account
    return net, with_it, against, rows


@inlined
def _is_doubtful(s: State, row: int) -> bool:
    b = s.balances[row]
    lent = b.wallet == Wallet.FUTURES and b.asset != s.exchange[0].dollar
    return lent and b.available + b.held > 0 and asset_is_stale(s, b.asset)


@inlined
def _counts_for(s: State, row: int) -> int:
    b = s.balances[row]
    a = s.assets[b.asset]
    return collateral_value(b.available + b.held, a.index_e12, a.unit_e6, a.haircut_ppm)


@inlined
def _doubt_ppm(s: State, asset: int) -> int:
    a = s.assets[asset]
    return doubt_ppm(a.index_e12, a.held_e12, a.step_ppm)
