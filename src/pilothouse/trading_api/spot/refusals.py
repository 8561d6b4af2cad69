"""The one table that says every refusal of the exchange in the words of Kraken's spot API."""

from __future__ import annotations

from typing import Final

from pilothouse.language import refusals as ours
from pilothouse.language.refusals import REFUSALS, Refusal

INTERNAL: Final = "EGeneral:Internal error"

_SAID: Final[dict[str, tuple[Refusal, ...]]] = {
    # The door names and shapes every command itself, so these are faults of ours.
    INTERNAL: (
        ours.UNKNOWN_COMMAND,
        ours.MALFORMED_COMMAND,
        ours.UNKNOWN_SENDER,
        ours.NAME_IS_TOO_OLD,
        ours.NAME_HAS_ANOTHER_BODY,
        ours.UNKNOWN_FEE_SCHEDULE,
        ours.SENDER_IS_NOT_OF_THIS_DOOR,
        ours.COMMAND_IS_NOT_OF_THIS_DOOR,
    ),
    "EService:Unavailable": (
        ours.EXCHANGE_IS_NOT_CREATED,
        ours.ACCOUNT_TABLE_IS_FULL,
        ours.BALANCE_TABLE_IS_FULL,
        ours.POSITION_TABLE_IS_FULL,
        ours.ORDER_TABLE_IS_FULL,
        ours.LEVEL_TABLE_IS_FULL,
        ours.NODE_TABLE_IS_FULL,
        ours.MARKET_TABLE_IS_FULL,
        ours.ASSET_TABLE_IS_FULL,
        ours.SCHEDULE_TABLE_IS_FULL,
        ours.FEE_TABLE_IS_FULL,
        ours.VOLUME_TABLE_IS_FULL,
        ours.KEY_TABLE_IS_FULL,
        ours.REQUEST_TABLE_IS_FULL,
        ours.DOOR_IS_NOT_OPEN,
        ours.NAME_IS_TOO_FAR_AHEAD,
        ours.INSURANCE_ACCOUNT_IS_MISSING,
        ours.FEES_ACCOUNT_IS_MISSING,
        ours.MARKET_IS_HALTED,
    ),
    "EAPI:Invalid nonce": (
        ours.NONCE_IS_NOT_ABOVE_THE_LAST,
        ours.NONCE_CANNOT_BE_TOLD_FROM_THE_TEXT,
        ours.REQUEST_WAS_USED_ALREADY,
        ours.KEY_NEEDS_A_NONCE,
        ours.KEY_SIGNS_WITHOUT_NONCES,
    ),
    "EAccount:Invalid permissions": (ours.UNKNOWN_ACCOUNT, ours.ACCOUNT_IS_THE_HOUSES),
    "EQuery:Unknown asset": (ours.UNKNOWN_ASSET,),
    "EQuery:Unknown asset pair": (ours.UNKNOWN_MARKET,),
    "EQuery:Invalid asset pair": (ours.MARKET_IS_NOT_TRADEABLE,),
    "EOrder:Unknown order": (ours.UNKNOWN_ORDER, ours.ORDER_IS_ANOTHER_ACCOUNTS),
    "EService:Market in cancel_only mode": (ours.MARKET_IS_CANCEL_ONLY,),
    "EService:Market in post_only mode": (ours.MARKET_IS_POST_ONLY,),
    "EService:Market in limit_only mode": (ours.MARKET_IS_LIMIT_ONLY,),
    "EOrder:Cannot open position": (ours.MARKET_IS_REDUCE_ONLY,),
    "EOrder:Invalid order": (ours.ORDER_IS_NOT_A_KNOWN_KIND, ours.FILL_OR_KILL_CANNOT_FILL),
    "EGeneral:Invalid arguments:volume": (
        ours.QUANTITY_MUST_BE_POSITIVE,
        ours.QUANTITY_IS_NOT_ON_THE_LOT,
        ours.VALUE_IS_TOO_LARGE,
    ),
    "EOrder:Order minimum not met": (ours.QUANTITY_IS_BELOW_THE_MINIMUM,),
    "EOrder:Cost minimum not met": (ours.COST_IS_BELOW_THE_MINIMUM,),
    "EOrder:Invalid price": (
        ours.PRICE_MUST_BE_POSITIVE,
        ours.PRICE_IS_OUTSIDE_THE_BAND,
        ours.NO_PRICE_TO_MEET,
    ),
    "EOrder:Tick size check failed": (ours.PRICE_IS_NOT_ON_THE_TICK,),
    "EGeneral:Invalid arguments:cl_ord_id": (ours.CLIENT_ORDER_ID_IS_TAKEN,),
    "EOrder:Post only order": (ours.POST_ONLY_WOULD_TRADE,),
    "EOrder:Reduce only:No position exists": (ours.NO_POSITION_TO_REDUCE,),
    "EOrder:Margin position size exceeded": (ours.POSITION_WOULD_BE_TOO_LARGE,),
    "EOrder:Insufficient funds": (ours.INSUFFICIENT_FUNDS,),
    "EOrder:Insufficient margin": (ours.INSUFFICIENT_MARGIN, ours.TRANSFER_WOULD_BREACH_MARGIN),
    "EGeneral:Invalid arguments:Index unavailable": (ours.NO_MARK_PRICE, ours.INDEX_IS_STALE),
    "EOrder:Margin allowance exceeded": (ours.NO_SCHEDULE,),
    "EOrder:Orders limit exceeded": (ours.TOO_MANY_OPEN_ORDERS,),
    "EOrder:Margin level too low": (ours.ACCOUNT_IS_BEING_LIQUIDATED,),
    "EFunding:Invalid amount": (ours.AMOUNT_MUST_BE_POSITIVE, ours.AMOUNT_IS_TOO_LARGE),
    "EFunding:Unknown asset": (ours.ASSET_IS_NOT_COLLATERAL,),
    "EGeneral:Invalid arguments": (ours.UNKNOWN_WALLET, ours.WALLETS_MUST_DIFFER),
    # What only an operator may ask for; no client's request becomes such a command.
    "EGeneral:Permission denied": (
        ours.CAUSE_IS_MISSING,
        ours.CHANGE_CONTROL_ALONE_MAY_SAY_IT,
        ours.EXCHANGE_IS_CREATED_ALREADY,
        ours.TABLE_CANNOT_SHRINK,
        ours.UNKNOWN_TABLE,
        ours.SYMBOL_IS_TAKEN,
        ours.DECIMALS_ARE_OUT_OF_RANGE,
        ours.TICK_MUST_BE_POSITIVE,
        ours.LOT_MUST_BE_POSITIVE,
        ours.MINIMUM_MUST_BE_ON_THE_LOT,
        ours.FEE_TIERS_MUST_START_AT_ZERO,
        ours.FEE_TIERS_MUST_RISE,
        ours.FEES_MUST_NOT_RISE_WITH_VOLUME,
        ours.FEES_MUST_NOT_BE_NEGATIVE,
        ours.TOO_MANY_TIERS,
        ours.HAIRCUT_IS_OUT_OF_RANGE,
        ours.FUNDING_LIMIT_IS_OUT_OF_RANGE,
        ours.SYMBOL_IS_EMPTY,
        ours.BASE_VERSION_HAS_MOVED,
        ours.TIERS_MUST_START_AT_ZERO,
        ours.TIERS_MUST_RISE,
        ours.MAINTENANCE_MUST_EXCEED_LIQUIDATION_FEE,
        ours.INITIAL_MUST_EXCEED_MAINTENANCE,
        ours.INITIAL_MUST_NOT_EXCEED_ONE,
        ours.MARGINS_MUST_NOT_FALL_WITH_SIZE,
        ours.LEGAL_CAP_OF_THE_CLASS,
        ours.IMPACT_ABOVE_WHAT_WAS_SIGNED,
        ours.NOT_A_CONTRACT,
        ours.COHORT_IS_IN_THE_PAST,
        ours.NOTHING_TO_CHANGE,
        ours.STATUS_MOVE_IS_NOT_ALLOWED,
        ours.BAND_IS_OUT_OF_RANGE,
        ours.INDEX_PRICE_MUST_BE_POSITIVE,
        ours.UNKNOWN_SOURCE,
        ours.INDEX_PRICE_IS_TOO_LARGE,
        ours.INDEX_RULE_IS_OUT_OF_RANGE,
        ours.INDEX_PRICE_IS_FROM_THE_FUTURE,
        ours.INDEX_PRICE_IS_OLD,
        ours.MARKET_IS_NOT_EMPTY,
    ),
}

WORDS: Final[dict[int, str]] = {one: said for said, every in _SAID.items() for one in every}
"""Kraken's error for every refusal, by the refusal's number."""


def error_of(outcome: int) -> str:
    """Return Kraken's error text for a receipt's outcome."""
    assert outcome in REFUSALS
    return WORDS[outcome]
