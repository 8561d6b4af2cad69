"""Contract settlement: what an order must leave free in margin, and what a fill changes."""

from __future__ import annotations

from pilothouse.engine.doubt import bears_in_doubt, unproven
from pilothouse.engine.fees import add_volume, rates
from pilothouse.engine.margin import (
    account_margin,
    accrued_funding,
    initial_of,
    maintenance_of,
    notional,
    resolve,
    resolve_at,
)
from pilothouse.engine.money import add, find_balance, room_for_balances
from pilothouse.engine.orders import reserve_size
from pilothouse.engine.positions import change_position
from pilothouse.engine.reducing import only_reduces
from pilothouse.engine.staleness import index_is_stale
from pilothouse.engine.state import State
from pilothouse.engine.work import visit
from pilothouse.language.kinds import CancelReason, FillKind, Side, Wallet
from pilothouse.language.refusals import (
    INDEX_IS_STALE,
    INSUFFICIENT_MARGIN,
    NO_MARK_PRICE,
    NO_SCHEDULE,
    POSITION_WOULD_BE_TOO_LARGE,
)
from pilothouse.rules.compiled import inlined, inner
from pilothouse.rules.fees import fee
from pilothouse.rules.money import share_down, value_up


@inner
def margin_for_order(s: State, row: int, limit: int) -> int:
    """Count a new order into its position and check limits and margin; return a refusal or 0.

    An order that only reduces needs none, and is not counted: `why_it_fails` judges each fill.
    Nor does one that leaves a smaller position if all orders of its side fill. Any other must
    leave equity, less the loss it would make against the mark at its limit and its fee, at or
    above initial margin with orders, without what rests on a stale index.
    """
    o = s.orders[row]
    m = s.markets[o.market]
    p = s.positions[o.position]
    if m.mark == 0:
        return NO_MARK_PRICE
    if p.schedule == 0 or p.quantity == 0:
        # A row that was held before may still name the schedule of its old cohort.
        p.schedule = resolve(s, o.position, 0)
    if p.schedule == 0:
        return NO_SCHEDULE
    if only_reduces(s, row):
        return 0
    reserve_size(s, row, o.remaining)
    refused = 0
    if m.position_max != 0 and _reach(s, row) > m.position_max:
        refused = POSITION_WOULD_BE_TOO_LARGE
    elif not _stays_smaller(s, row):
        refused = _margin_refusal(s, row, limit)
    if refused != 0:
        reserve_size(s, row, -o.remaining)
    return refused


@inlined
def _reach(s: State, row: int) -> int:
    o = s.orders[row]
    p = s.positions[o.position]
    return abs(p.quantity + p.buys) if o.side == Side.BUY else abs(p.quantity - p.sells)


@inlined
def _stays_smaller(s: State, row: int) -> bool:
    o = s.orders[row]
    p = s.positions[o.position]
    if o.side == Side.BUY:
        return p.quantity < 0 and p.quantity + p.buys <= 0
    return p.quantity > 0 and p.quantity - p.sells >= 0


@inner
def _margin_refusal(s: State, row: int, limit: int) -> int:
    o = s.orders[row]
    m = s.markets[o.market]
    equity, _, with_orders, _, _, rows = account_margin(s, o.account, 0, 0)
    visit(s, rows)
    at_limit = value_up(limit, o.remaining, m.multiplier, m.divisor)
    at_mark = notional(s, o.market, o.remaining)
    loss = at_limit - at_mark if o.side == Side.BUY else at_mark - at_limit
    _, taker_ppm = rates(s, o.account, m.fee_schedule)
    cost = max(loss, 0) + fee(max(at_limit, at_mark), taker_ppm)
    if equity - cost < with_orders:
        return INSUFFICIENT_MARGIN
    stale, rows = unproven(s, o.account)
    visit(s, rows)
    return INDEX_IS_STALE if equity - stale - cost < with_orders else 0


@inner
def why_taker_fails(s: State, row: int, quantity: int, value: int) -> int:
    """Return why a taker's account cannot bear a fill, as `why_it_fails`, or 0.

    Only what reduces is judged here: what adds had its margin checked at its limit.
    """
    o = s.orders[row]
    held = s.positions[o.position].quantity
    if held == 0 or (held > 0) == (o.side == Side.BUY):
        return 0
    _, taker_ppm = rates(s, o.account, s.markets[o.market].fee_schedule)
    return why_it_fails(s, row, quantity, value, taker_ppm)


@inner
def why_maker_fails(s: State, row: int, quantity: int, value: int) -> int:
    """Return why a maker's account cannot bear a fill, also one that only comes later, or 0."""
    o = s.orders[row]
    maker_ppm, _ = rates(s, o.account, s.markets[o.market].fee_schedule)
    return why_it_fails(s, row, quantity, value, maker_ppm)


@inner
def why_it_fails(s: State, row: int, quantity: int, value: int, fee_ppm: int) -> int:
    """Return 0 if a fill would leave its account its margin: maintenance if it only reduces a
    position, else initial margin, and a position that is not too large. Else return the reason to
    cancel its order: FUNDS, or STALE_INDEX if only what rests on a stale index is missing.

    A fill that reduces a position at the mark or better takes nothing from the account and always
    may. Any other takes risk, or gives the counterparty what lies between its price and the mark:
    never more than the account has. What rests on a stale index is not counted as had, unless the
    fill reduces, at the mark or near it; on a stale index `bears_in_doubt` tells.
    """
    o = s.orders[row]
    p = s.positions[o.position]
    at_mark = notional(s, o.market, quantity)
    loss = value - at_mark if o.side == Side.BUY else at_mark - value
    left = p.quantity + (quantity if o.side == Side.BUY else -quantity)
    reduces = abs(left) < abs(p.quantity) and (left == 0 or (left > 0) == (p.quantity > 0))
    stale = index_is_stale(s, o.market)
    if reduces and loss <= 0 and not stale:
        return 0
    m = s.markets[o.market]
    if not reduces and m.position_max != 0 and abs(left) > m.position_max:
        return CancelReason.FUNDS
    near = loss <= share_down(at_mark, m.liquidation_fee_ppm)
    equity, initial, _, need, _, rows = account_margin(s, o.account, 0, 0)
    visit(s, rows)
    equity -= max(loss, 0) + fee(value, fee_ppm)
    need -= _margin_if(s, o.position, p.quantity, False)
    after = need + _margin_if(s, o.position, left, False)
    if not reduces:
        after = initial + _margin_if(s, o.position, left, True)
        after -= _margin_if(s, o.position, p.quantity, True)
    elif loss <= 0:
        # It may be made with less, unless it leaves something else alone.
        after = min(after, equity)
    if equity < after:
        return CancelReason.FUNDS
    if stale:
        borne = bears_in_doubt(s, row, at_mark, loss, near, equity, need, after)
        return 0 if borne else CancelReason.STALE_INDEX
    if not reduces or (loss > 0 and not near):
        doubtful, rows = unproven(s, o.account)
        visit(s, rows)
        after += doubtful
    return 0 if equity >= after else CancelReason.STALE_INDEX


@inlined
def _margin_if(s: State, row: int, quantity: int, initial: bool) -> int:
    # What a position of another size needs; one that is opened, or turned, is a new one.
    p = s.positions[row]
    if quantity == 0:
        return 0
    goes_on = p.quantity != 0 and (p.quantity > 0) == (quantity > 0)
    schedule = p.schedule if goes_on else resolve_at(s, row, 0, s.exchange[0].time)
    size = notional(s, p.market, abs(quantity))
    return initial_of(s, schedule, size) if initial else maintenance_of(s, schedule, size)


@inner
def suppose_fill(s: State, row: int, quantity: int, value: int, fee_ppm: int) -> None:
    """Move a position as a fill of an order would, with its cost and fee but without money.

    Its account's margin is then what it would be, and a position that it opens or turns has the
    schedule that holds for new ones. A negative quantity and value take it back, but for that.
    """
    o = s.orders[row]
    p = s.positions[o.position]
    sign = 1 if o.side == Side.BUY else -1
    charged = fee(abs(value), fee_ppm)
    accrued = accrued_funding(s, o.position)
    before = p.quantity
    p.quantity += sign * quantity
    if quantity > 0 and p.quantity != 0 and (before == 0 or (before > 0) != (p.quantity > 0)):
        p.schedule = resolve_at(s, o.position, 0, s.exchange[0].time)
    # What funding has accrued so far is paid by the fill, at the size before it.
    p.entry_cost += sign * value + (charged if quantity > 0 else -charged)
    p.entry_cost += accrued_funding(s, o.position) - accrued


@inner
def room_for_settlement(s: State, account: int, market: int) -> bool:
    """Tell whether a fill that reduces a position has the balances it needs, or rows for them.

    Its maker has a row: those of the account and of the house are made by the first who needs
    them, for which the last ones are kept.
    """
    m = s.markets[market]
    missing = 0
    for one in (account, m.insurance_account, m.clearing_account, s.exchange[0].fees_account):
        missing += 1 if find_balance(s, one, Wallet.FUTURES, m.quote) == 0 else 0
    return missing == 0 or room_for_balances(s, missing)


@inner
def settle_contract(
    s: State, taker: int, maker: int, quantity: int, value: int, fill_kind: int
) -> tuple[int, int]:
    """Change both positions by a fill; return the taker's and the maker's fee.

    The fee of a liquidation goes to the contract's insurance pool.
    """
    t, k = s.orders[taker], s.orders[maker]
    m = s.markets[t.market]
    _, taker_ppm = rates(s, t.account, m.fee_schedule)
    maker_ppm, _ = rates(s, k.account, m.fee_schedule)
    house = s.exchange[0].fees_account
    if fill_kind == FillKind.LIQUIDATION:
        taker_ppm, house = m.liquidation_fee_ppm, m.insurance_account
    taker_fee, maker_fee = fee(value, taker_ppm), fee(value, maker_ppm)
    _charge(s, t.account, house, m.quote, taker_fee)
    _charge(s, k.account, s.exchange[0].fees_account, m.quote, maker_fee)
    sign = 1 if t.side == Side.BUY else -1
    fill_position(s, t.position, sign * quantity, sign * value)
    fill_position(s, k.position, -sign * quantity, -sign * value)
    add_volume(s, t.account, value)
    add_volume(s, k.account, value)
    return taker_fee, maker_fee


@inner
def _charge(s: State, account: int, house: int, asset: int, amount: int) -> None:
    if amount != 0:
        add(s, account, Wallet.FUTURES, asset, -amount)
        add(s, house, Wallet.FUTURES, asset, amount)


@inner
def fill_position(s: State, row: int, quantity: int, value: int) -> None:
    """Change a position, and resolve its schedule anew where a new position was opened."""
    before = s.positions[row].quantity
    change_position(s, row, quantity, value)
    after = s.positions[row].quantity
    if after != 0 and (before == 0 or (before > 0) != (after > 0)):
        s.positions[row].schedule = resolve(s, row, 0)
