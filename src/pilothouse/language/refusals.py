"""Every refusal of the exchange: a number, a name that is a sentence, and what to do about it.

A command that breaks two rules is refused by the first that its check meets; where the engine
carries a command out, the checks stand in their order. A refused command moves no money, places no
order, changes no position or parameter and leaves no row behind.
"""

from __future__ import annotations

from typing import Final


class Refusal(int):
    """One reason why a command is not executed. As an integer it is its number, 0 is success."""

    name: str
    sentence: str
    remedy: str


REFUSALS: Final[dict[int, Refusal]] = {}


def refusal(number: int, name: str, remedy: str) -> Refusal:
    """Define a refusal; its sentence is its name with spaces. Numbers and names are unique."""
    made = Refusal(number)
    made.name, made.remedy = name, remedy
    made.sentence = name.replace("_", " ")
    if number in REFUSALS or any(known.name == name for known in REFUSALS.values()):
        raise ValueError(f"refusal {number} {name} is defined twice")
    REFUSALS[number] = made
    return made


ACCEPTED: Final = 0

# 1000: the journal and the name of the command
UNKNOWN_COMMAND: Final = refusal(1001, "unknown_command", "send a command of this release")
MALFORMED_COMMAND: Final = refusal(1002, "malformed_command", "send the rows its head announces")
UNKNOWN_SENDER: Final = refusal(1003, "unknown_sender", "use a sender number below the limit")
NAME_IS_TOO_OLD: Final = refusal(
    1004, "name_is_too_old", "look up what became of it; send a new command under a new name"
)
NAME_HAS_ANOTHER_BODY: Final = refusal(
    1005, "name_has_another_body", "send the same bytes again or use a new name"
)
CAUSE_IS_MISSING: Final = refusal(
    1006, "cause_is_missing", "name the change, case, incident, control or playbook it serves"
)
EXCHANGE_IS_CREATED_ALREADY: Final = refusal(
    1007, "exchange_is_created_already", "grow a table instead"
)
EXCHANGE_IS_NOT_CREATED: Final = refusal(
    1008, "exchange_is_not_created", "send CreateExchange as the first command"
)
TABLE_CANNOT_SHRINK: Final = refusal(1009, "table_cannot_shrink", "ask for more rows than now")
UNKNOWN_TABLE: Final = refusal(1010, "unknown_table", "name one of the engine's tables")

DOOR_IS_NOT_OPEN: Final = refusal(
    1021, "door_is_not_open", "open the door and use the number it gives in every name"
)
SENDER_IS_NOT_OF_THIS_DOOR: Final = refusal(
    1022, "sender_is_not_of_this_door", "send it through the door its sender has"
)
COMMAND_IS_NOT_OF_THIS_DOOR: Final = refusal(
    1023, "command_is_not_of_this_door", "send it through a door that may say it, with its cause"
)
NONCE_IS_NOT_ABOVE_THE_LAST: Final = refusal(
    1024, "nonce_is_not_above_the_last", "sign again with a nonce above every earlier one"
)
NONCE_CANNOT_BE_TOLD_FROM_THE_TEXT: Final = refusal(
    1025, "nonce_cannot_be_told_from_the_text", "use nonces that all have as many digits"
)
REQUEST_WAS_USED_ALREADY: Final = refusal(
    1026, "request_was_used_already", "sign with a nonce, or change the request's own order name"
)
KEY_NEEDS_A_NONCE: Final = refusal(
    1027, "key_needs_a_nonce", "sign with a nonce, or use a key that was made nonce_optional"
)
NAME_IS_TOO_FAR_AHEAD: Final = refusal(
    1028, "name_is_too_far_ahead", "use the number behind the sender's highest"
)
CHANGE_CONTROL_ALONE_MAY_SAY_IT: Final = refusal(
    1029, "change_control_alone_may_say_it", "propose it as a change and have it signed"
)
KEY_SIGNS_WITHOUT_NONCES: Final = refusal(
    1030, "key_signs_without_nonces", "sign without a nonce, or use another key"
)

# 1100: capacity, checked before anything is changed
ACCOUNT_TABLE_IS_FULL: Final = refusal(1101, "account_table_is_full", "grow the table accounts")
BALANCE_TABLE_IS_FULL: Final = refusal(1102, "balance_table_is_full", "grow the table balances")
POSITION_TABLE_IS_FULL: Final = refusal(1103, "position_table_is_full", "grow the table positions")
ORDER_TABLE_IS_FULL: Final = refusal(1104, "order_table_is_full", "grow the table orders")
LEVEL_TABLE_IS_FULL: Final = refusal(1105, "level_table_is_full", "grow the table levels")
NODE_TABLE_IS_FULL: Final = refusal(1106, "node_table_is_full", "grow the table nodes")
MARKET_TABLE_IS_FULL: Final = refusal(1107, "market_table_is_full", "grow the table markets")
ASSET_TABLE_IS_FULL: Final = refusal(1108, "asset_table_is_full", "grow the table assets")
SCHEDULE_TABLE_IS_FULL: Final = refusal(1109, "schedule_table_is_full", "grow the table schedules")
FEE_TABLE_IS_FULL: Final = refusal(1110, "fee_table_is_full", "grow the table fees")
VOLUME_TABLE_IS_FULL: Final = refusal(1111, "volume_table_is_full", "grow the table volumes")
KEY_TABLE_IS_FULL: Final = refusal(1121, "key_table_is_full", "grow the table keys")
REQUEST_TABLE_IS_FULL: Final = refusal(1122, "request_table_is_full", "grow the table requests")

# 1200: what is named must exist
UNKNOWN_ACCOUNT: Final = refusal(1201, "unknown_account", "open the account first")
UNKNOWN_ASSET: Final = refusal(1202, "unknown_asset", "list the asset first")
UNKNOWN_MARKET: Final = refusal(1203, "unknown_market", "list the market first")
UNKNOWN_ORDER: Final = refusal(1204, "unknown_order", "it is filled, cancelled or never was")
UNKNOWN_FEE_SCHEDULE: Final = refusal(1205, "unknown_fee_schedule", "set the fee schedule first")
UNKNOWN_WALLET: Final = refusal(1206, "unknown_wallet", "use the wallet spot or futures")
SYMBOL_IS_TAKEN: Final = refusal(1207, "symbol_is_taken", "choose another symbol")
ORDER_IS_ANOTHER_ACCOUNTS: Final = refusal(
    1208, "order_is_another_accounts", "cancel only orders of your own account"
)
ACCOUNT_IS_THE_HOUSES: Final = refusal(
    1209,
    "account_is_the_houses",
    "name a client's account; the house's take only what the engine books, and the pool deposits",
)

# 1300: orders, in the order in which they are checked
MARKET_IS_NOT_TRADEABLE: Final = refusal(
    1301, "market_is_not_tradeable", "the contract type is listed for information only"
)
MARKET_IS_HALTED: Final = refusal(1302, "market_is_halted", "wait until the market resumes")
MARKET_IS_CANCEL_ONLY: Final = refusal(1303, "market_is_cancel_only", "only cancels are taken")
MARKET_IS_POST_ONLY: Final = refusal(1304, "market_is_post_only", "mark the order post-only")
MARKET_IS_LIMIT_ONLY: Final = refusal(1305, "market_is_limit_only", "send a limit order")
MARKET_IS_REDUCE_ONLY: Final = refusal(
    1306, "market_is_reduce_only", "send an order that only reduces a position"
)
ORDER_IS_NOT_A_KNOWN_KIND: Final = refusal(
    1307, "order_is_not_a_known_kind", "check side, type, time in force and flags"
)
QUANTITY_MUST_BE_POSITIVE: Final = refusal(
    1308, "quantity_must_be_positive", "send a quantity above zero"
)
QUANTITY_IS_NOT_ON_THE_LOT: Final = refusal(
    1309, "quantity_is_not_on_the_lot", "use a multiple of the market's lot"
)
QUANTITY_IS_BELOW_THE_MINIMUM: Final = refusal(
    1310, "quantity_is_below_the_minimum", "send at least the market's minimum quantity"
)
PRICE_MUST_BE_POSITIVE: Final = refusal(1312, "price_must_be_positive", "send a price above zero")
PRICE_IS_NOT_ON_THE_TICK: Final = refusal(
    1313, "price_is_not_on_the_tick", "use a multiple of the market's tick"
)
PRICE_IS_OUTSIDE_THE_BAND: Final = refusal(
    1314, "price_is_outside_the_band", "send a price nearer to the reference"
)
COST_IS_BELOW_THE_MINIMUM: Final = refusal(
    1315, "cost_is_below_the_minimum", "send at least the market's minimum cost"
)
VALUE_IS_TOO_LARGE: Final = refusal(1316, "value_is_too_large", "send a smaller order")
CLIENT_ORDER_ID_IS_TAKEN: Final = refusal(
    1317, "client_order_id_is_taken", "use an id that none of your open orders has"
)
POST_ONLY_WOULD_TRADE: Final = refusal(
    1318, "post_only_would_trade", "send a price that does not cross the book"
)
FILL_OR_KILL_CANNOT_FILL: Final = refusal(
    1319, "fill_or_kill_cannot_fill", "send a smaller quantity or a better price"
)
NO_POSITION_TO_REDUCE: Final = refusal(
    1320, "no_position_to_reduce", "a reduce-only order needs an opposite position"
)
POSITION_WOULD_BE_TOO_LARGE: Final = refusal(
    1321, "position_would_be_too_large", "stay below the contract's largest position"
)
INSUFFICIENT_FUNDS: Final = refusal(1322, "insufficient_funds", "deposit, or send a smaller order")
INSUFFICIENT_MARGIN: Final = refusal(
    1323, "insufficient_margin", "add collateral, or send a smaller order"
)
NO_MARK_PRICE: Final = refusal(1324, "no_mark_price", "wait for the contract's first index price")
NO_SCHEDULE: Final = refusal(1325, "no_schedule", "set a margin schedule for the contract first")
NO_PRICE_TO_MEET: Final = refusal(1326, "no_price_to_meet", "the other side of the book is empty")
TOO_MANY_OPEN_ORDERS: Final = refusal(
    1327, "too_many_open_orders", "cancel some of the account's open orders"
)
ACCOUNT_IS_BEING_LIQUIDATED: Final = refusal(
    1328, "account_is_being_liquidated", "wait until the equity protection process has ended"
)

# 1400: money
AMOUNT_MUST_BE_POSITIVE: Final = refusal(1401, "amount_must_be_positive", "send an amount above 0")
AMOUNT_IS_TOO_LARGE: Final = refusal(1402, "amount_is_too_large", "send a smaller amount")
TRANSFER_WOULD_BREACH_MARGIN: Final = refusal(
    1403, "transfer_would_breach_margin", "transfer less, or reduce positions first"
)
WALLETS_MUST_DIFFER: Final = refusal(1404, "wallets_must_differ", "name two different wallets")
ASSET_IS_NOT_COLLATERAL: Final = refusal(
    1405, "asset_is_not_collateral", "the futures wallet takes collateral assets only"
)

# 1500: definitions of assets, markets, fees, accounts
DECIMALS_ARE_OUT_OF_RANGE: Final = refusal(1501, "decimals_are_out_of_range", "use 0 to 12")
TICK_MUST_BE_POSITIVE: Final = refusal(1502, "tick_must_be_positive", "use a tick of at least 1")
LOT_MUST_BE_POSITIVE: Final = refusal(1503, "lot_must_be_positive", "use a lot of at least 1")
MINIMUM_MUST_BE_ON_THE_LOT: Final = refusal(
    1504, "minimum_must_be_on_the_lot", "use a multiple of the lot, or 0 for none"
)
FEE_TIERS_MUST_START_AT_ZERO: Final = refusal(
    1505, "fee_tiers_must_start_at_zero", "the first tier's volume is 0"
)
FEE_TIERS_MUST_RISE: Final = refusal(1506, "fee_tiers_must_rise", "order tiers by volume")
FEES_MUST_NOT_RISE_WITH_VOLUME: Final = refusal(
    1507, "fees_must_not_rise_with_volume", "a higher tier pays the same or less"
)
FEES_MUST_NOT_BE_NEGATIVE: Final = refusal(
    1508, "fees_must_not_be_negative", "rebates are not in this release"
)
TOO_MANY_TIERS: Final = refusal(1509, "too_many_tiers", "use 1 to 16 tiers")
HAIRCUT_IS_OUT_OF_RANGE: Final = refusal(1510, "haircut_is_out_of_range", "use 0 to 1,000,000 ppm")
FUNDING_LIMIT_IS_OUT_OF_RANGE: Final = refusal(
    1511, "funding_limit_is_out_of_range", "use a positive coefficient and a limit of at most 1"
)
SYMBOL_IS_EMPTY: Final = refusal(1512, "symbol_is_empty", "give 1 to 24 bytes of text")
INSURANCE_ACCOUNT_IS_MISSING: Final = refusal(
    1520, "insurance_account_is_missing", "open an account with the purpose insurance first"
)
FEES_ACCOUNT_IS_MISSING: Final = refusal(
    1521, "fees_account_is_missing", "open an account with the purpose fees first"
)

# 1600: margin schedules
BASE_VERSION_HAS_MOVED: Final = refusal(
    1601, "base_version_has_moved", "preview the change again on the present state and sign anew"
)
TIERS_MUST_START_AT_ZERO: Final = refusal(
    1602, "tiers_must_start_at_zero", "the first tier's floor is 0"
)
TIERS_MUST_RISE: Final = refusal(1603, "tiers_must_rise", "order tiers by rising floor")
MAINTENANCE_MUST_EXCEED_LIQUIDATION_FEE: Final = refusal(
    1604, "maintenance_must_exceed_liquidation_fee", "raise maintenance margin"
)
INITIAL_MUST_EXCEED_MAINTENANCE: Final = refusal(
    1605, "initial_must_exceed_maintenance", "raise initial or lower maintenance margin"
)
INITIAL_MUST_NOT_EXCEED_ONE: Final = refusal(
    1606, "initial_must_not_exceed_one", "use at most 100 %"
)
MARGINS_MUST_NOT_FALL_WITH_SIZE: Final = refusal(
    1607, "margins_must_not_fall_with_size", "a larger position needs the same share or more"
)
LEGAL_CAP_OF_THE_CLASS: Final = refusal(
    1608, "legal_cap_of_the_class", "the leverage exceeds what the law allows this client class"
)
IMPACT_ABOVE_WHAT_WAS_SIGNED: Final = refusal(
    1609, "impact_above_what_was_signed", "preview again; sign a higher ceiling or an alternative"
)
NOT_A_CONTRACT: Final = refusal(1610, "not_a_contract", "margin schedules belong to contracts")
COHORT_IS_IN_THE_PAST: Final = refusal(
    1611, "cohort_is_in_the_past", "new positions only: name a moment that is not past"
)
NOTHING_TO_CHANGE: Final = refusal(1612, "nothing_to_change", "propose a value that differs")

# 1700: market status and price band
STATUS_MOVE_IS_NOT_ALLOWED: Final = refusal(
    1701, "status_move_is_not_allowed", "see the table of moves between market statuses"
)
BAND_IS_OUT_OF_RANGE: Final = refusal(
    1702, "band_is_out_of_range", "use 0 for no band, or 1,000 to 1,000,000 ppm"
)
MARKET_IS_NOT_EMPTY: Final = refusal(
    1703,
    "market_is_not_empty",
    "use reduce_only until all positions are closed, then cancel_only until no order rests",
)

# 1800: prices
INDEX_PRICE_MUST_BE_POSITIVE: Final = refusal(
    1801, "index_price_must_be_positive", "send a price above zero"
)
UNKNOWN_SOURCE: Final = refusal(1802, "unknown_source", "use a source number from 1 to 8")
INDEX_PRICE_IS_TOO_LARGE: Final = refusal(
    1803, "index_price_is_too_large", "send a price below 9,000,000 dollars"
)
INDEX_IS_STALE: Final = refusal(
    1804,
    "index_is_stale",
    "send a reduce-only order, or wait until enough sources agree on the index again",
)
INDEX_RULE_IS_OUT_OF_RANGE: Final = refusal(
    1805, "index_rule_is_out_of_range", "use at most 8 sources and 1,000 to 1,000,000 ppm, or 0"
)
INDEX_PRICE_IS_FROM_THE_FUTURE: Final = refusal(
    1806, "index_price_is_from_the_future", "set the source's clock; it is over 5 seconds ahead"
)
INDEX_PRICE_IS_OLD: Final = refusal(
    1807,
    "index_price_is_old",
    "send prices taken in the last 60 seconds, each later than the one before",
)


def describe(number: int) -> str:
    """Return a refusal as one line for people: its number, its sentence and what to do."""
    known = REFUSALS[number]
    return f"{int(known)} {known.sentence}: {known.remedy}"
