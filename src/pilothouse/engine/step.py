"""One block: each command under its name, by its kind, with a receipt.

The entry returns to its host when the event buffer has too little room for one more command, or at
a command that only the host can do (creating the exchange, growing a table).
"""

from __future__ import annotations

from typing import Any

from pilothouse.engine.accounts import open_account
from pilothouse.engine.assets import list_asset
from pilothouse.engine.change_control import is_change_control
from pilothouse.engine.doors import open_door
from pilothouse.engine.fees import set_fee_schedule
from pilothouse.engine.index import set_index_price
from pilothouse.engine.lookahead import look_ahead, look_ahead_from
from pilothouse.engine.margin_schedule import MARGIN_TIERS_AT, set_margin_schedule
from pilothouse.engine.market_status import set_market_status
from pilothouse.engine.markets import list_market
from pilothouse.engine.money import deposit
from pilothouse.engine.names import NEW, REPEATED, body_hash, judge, place_of, remember
from pilothouse.engine.nonces import use_nonce, use_request
from pilothouse.engine.orders import cancel_all, cancel_order
from pilothouse.engine.placing import place_order
from pilothouse.engine.price_band import set_price_band
from pilothouse.engine.state import (
    EVENTS_PER_COMMAND,
    EVENTS_ROOM,
    State,
)
from pilothouse.engine.transfers import transfer
from pilothouse.engine.work import finish_command
from pilothouse.language import commands as asked
from pilothouse.language.refusals import (
    CAUSE_IS_MISSING,
    CHANGE_CONTROL_ALONE_MAY_SAY_IT,
    EXCHANGE_IS_NOT_CREATED,
    MALFORMED_COMMAND,
    UNKNOWN_COMMAND,
)
from pilothouse.language.schema import ROW_WORDS, ROWS_MAX
from pilothouse.rules.compiled import entry, inlined, inner

CREATE_EXCHANGE = asked.CreateExchange.number
GROW_TABLE = asked.GrowTable.number
PLACE_ORDER = asked.PlaceOrder.number
CANCEL_ORDER = asked.CancelOrder.number
CANCEL_ALL_ORDERS = asked.CancelAllOrders.number
SET_INDEX_PRICE = asked.SetIndexPrice.number
DEPOSIT = asked.Deposit.number
TRANSFER = asked.Transfer.number
OPEN_ACCOUNT = asked.OpenAccount.number
LIST_ASSET = asked.ListAsset.number
LIST_MARKET = asked.ListMarket.number
SET_FEE_SCHEDULE = asked.SetFeeSchedule.number
SET_MARGIN_SCHEDULE = asked.SetMarginSchedule.number
SET_MARKET_STATUS = asked.SetMarketStatus.number
SET_PRICE_BAND = asked.SetPriceBand.number
OPEN_DOOR = asked.OpenDoor.number
USE_NONCE = asked.UseNonce.number
USE_REQUEST = asked.UseRequest.number
RECORD_FINGERPRINT = asked.RecordFingerprint.number
RECORD_AUDIT_HEAD = asked.RecordAuditHead.number
FEE_TIERS_AT = asked.SetFeeSchedule.layout.slot("tiers").start
PLACE_ID_AT = asked.PlaceOrder.layout.slot("client_order_id").start
CANCEL_ID_AT = asked.CancelOrder.layout.slot("client_order_id").start


@entry
def step_commands(s: State, block: Any, words: Any, row: int, end: int) -> int:
    """Step commands from `row` on; return the row of the first that was not stepped."""
    x = s.exchange[0]
    look_ahead_from(s, block, row, end)
    while row < end:
        c = block.head[row]
        if c.command == CREATE_EXCHANGE or c.command == GROW_TABLE:
            return row
        if s.scratch[0].events + EVENTS_PER_COMMAND > EVENTS_ROOM:
            return row
        look_ahead(s, block, row, end)
        x.position += 1
        _step_one(s, block, words, row)
        row += c.row_count
    return row


@inlined
def _step_one(s: State, block: Any, words: Any, row: int) -> None:
    c = block.head[row]
    if c.command == OPEN_DOOR:
        outcome, made = open_door(s, c)
        write_receipt(s, s.exchange[0].position, outcome, made, 0)
        return
    body = body_hash(words, row * ROW_WORDS, c.command, c.row_count)
    place = place_of(s, c)
    verdict = judge(s, c, place, body)
    if verdict == REPEATED:
        n = s.names[place]
        write_receipt(s, n.position, n.outcome, n.made, 1)
        return
    outcome, made = verdict, 0
    if verdict == NEW:
        before = s.scratch[0].work
        outcome, made = _execute(s, block, words, row)
        finish_command(s, before)
        remember(s, c, place, body, outcome, made)
    write_receipt(s, s.exchange[0].position, outcome, made, 0)


@inlined
def write_receipt(s: State, position: int, outcome: int, made: int, repeated: int) -> None:
    """Write the next receipt of the step."""
    k = s.scratch[0].receipts
    s.scratch[0].receipts = k + 1
    r = s.receipts[k]
    r.position = position
    r.outcome = outcome
    r.made = made
    r.repeated = repeated


@inlined
def _execute(s: State, block: Any, words: Any, row: int) -> tuple[int, int]:
    kind = block.head[row].command
    first = row * ROW_WORDS
    if s.exchange[0].created == 0:
        return EXCHANGE_IS_NOT_CREATED, 0
    if kind == PLACE_ORDER:
        at = first + PLACE_ID_AT
        last = at + 5 if block.head[row].row_count > 1 else at
        outcome = place_order(s, block.place_order[row], words, at, last)
        return outcome, s.exchange[0].position if outcome == 0 else 0
    if kind == CANCEL_ORDER:
        return cancel_order(s, block.cancel_order[row], words, first + CANCEL_ID_AT)
    if kind == CANCEL_ALL_ORDERS:
        return cancel_all(s, block.cancel_all_orders[row])
    if kind == SET_INDEX_PRICE:
        return set_index_price(s, block.set_index_price[row]), 0
    if kind == DEPOSIT:
        return deposit(s, block.deposit[row]), 0
    if kind == TRANSFER:
        return transfer(s, block.transfer[row]), 0
    return _execute_rare(s, block, words, row)


@inner
def _execute_rare(s: State, block: Any, words: Any, row: int) -> tuple[int, int]:
    c = block.head[row]
    first = row * ROW_WORDS
    if c.command == USE_NONCE:
        return use_nonce(s, block.use_nonce[row]), 0
    if c.command == USE_REQUEST:
        return use_request(s, block.use_request[row]), 0
    if c.command == OPEN_ACCOUNT:
        return open_account(s, block.open_account[row])
    if c.command == LIST_ASSET:
        if c.row_count == 1:
            return list_asset(s, block.list_asset[row], 0, 0, 0)
        rule = block.list_asset_tail[row + 1]
        shares = rule.outlier_ppm, rule.step_ppm, rule.step_one_ppm
        return list_asset(s, block.list_asset[row], *shares)
    if c.command == LIST_MARKET and c.row_count > 1:
        return list_market(s, block.list_market[row], block.list_market_tail[row + 1])
    if c.command == SET_FEE_SCHEDULE:
        if _lacks_records(block.set_fee_schedule[row].count, FEE_TIERS_AT, c.row_count):
            return MALFORMED_COMMAND, 0
        return set_fee_schedule(s, block.set_fee_schedule[row], words, first + FEE_TIERS_AT), 0
    if c.command == RECORD_FINGERPRINT or c.command == RECORD_AUDIT_HEAD:
        return 0, 0
    if c.cause == 0:
        return CAUSE_IS_MISSING if _is_governed(c.command) else UNKNOWN_COMMAND, 0
    if c.command == SET_MARGIN_SCHEDULE:
        tiers = first + MARGIN_TIERS_AT
        asked_for = block.set_margin_schedule[row]
        if c.row_count < 2:
            return MALFORMED_COMMAND, 0
        tail = block.set_margin_schedule_tail[row + 1]
        if _lacks_records(tail.count, MARGIN_TIERS_AT, c.row_count):
            return MALFORMED_COMMAND, 0
        return set_margin_schedule(s, asked_for, tail, words, tiers), 0
    if not is_change_control(c.sender):
        return CHANGE_CONTROL_ALONE_MAY_SAY_IT if _is_governed(c.command) else UNKNOWN_COMMAND, 0
    if c.command == SET_MARKET_STATUS:
        return set_market_status(s, block.set_market_status[row]), 0
    if c.command == SET_PRICE_BAND:
        return set_price_band(s, block.set_price_band[row]), 0
    return UNKNOWN_COMMAND, 0


@inlined
def _lacks_records(count: int, first: int, rows: int) -> bool:
    # Tiers of fees and of margin both have three words.
    return count < 0 or count > ROWS_MAX * ROW_WORDS or first + 3 * count > rows * ROW_WORDS


@inlined
def _is_governed(kind: int) -> bool:
    return kind == SET_MARGIN_SCHEDULE or kind == SET_MARKET_STATUS or kind == SET_PRICE_BAND
