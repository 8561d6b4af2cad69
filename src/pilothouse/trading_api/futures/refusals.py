"""The one table that says every refusal of the exchange in the words of Kraken's futures API.

Kraken answers an order that it does not take with success and a status inside; what is wrong with
the request itself is an error. Each refusal is one of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilothouse.language import refusals as ours
from pilothouse.language.refusals import REFUSALS, Refusal

SERVER_ERROR: Final = "Server Error"


@dataclass(frozen=True)
class Word:
    """A word of Kraken's, and whether it is the status of an order or an error."""

    text: str
    is_status: bool


_STATUS: Final[dict[str, tuple[Refusal, ...]]] = {
    "notFound": (ours.UNKNOWN_ORDER, ours.ORDER_IS_ANOTHER_ACCOUNTS),
    "marketInactive": (ours.MARKET_IS_NOT_TRADEABLE, ours.NO_SCHEDULE),
    "marketSuspended": (ours.MARKET_IS_HALTED, ours.MARKET_IS_CANCEL_ONLY),
    "marketIsPostOnly": (ours.MARKET_IS_POST_ONLY,),
    "wouldNotReducePosition": (ours.MARKET_IS_REDUCE_ONLY, ours.NO_POSITION_TO_REDUCE),
    "invalidSize": (
        ours.QUANTITY_MUST_BE_POSITIVE,
        ours.QUANTITY_IS_NOT_ON_THE_LOT,
        ours.QUANTITY_IS_BELOW_THE_MINIMUM,
        ours.COST_IS_BELOW_THE_MINIMUM,
        ours.VALUE_IS_TOO_LARGE,
    ),
    "invalidPrice": (ours.PRICE_MUST_BE_POSITIVE, ours.PRICE_IS_NOT_ON_THE_TICK),
    "outsidePriceCollar": (ours.PRICE_IS_OUTSIDE_THE_BAND,),
    "clientOrderIdAlreadyExist": (ours.CLIENT_ORDER_ID_IS_TAKEN,),
    "postWouldExecute": (ours.POST_ONLY_WOULD_TRADE,),
    "iocWouldNotExecute": (ours.FILL_OR_KILL_CANNOT_FILL, ours.NO_PRICE_TO_MEET),
    "maxPositionViolation": (ours.POSITION_WOULD_BE_TOO_LARGE,),
    "insufficientAvailableFunds": (ours.INSUFFICIENT_FUNDS, ours.INSUFFICIENT_MARGIN),
    "tooManyOrders": (ours.TOO_MANY_OPEN_ORDERS,),
    "wouldCauseLiquidation": (ours.ACCOUNT_IS_BEING_LIQUIDATED,),
}
_ERRORS: Final[dict[str, tuple[Refusal, ...]]] = {
    # The door names and shapes every command itself, so these are faults of ours, or powers that
    # only an operator has and that no client's request asks for.
    SERVER_ERROR: (
        ours.UNKNOWN_COMMAND,
        ours.MALFORMED_COMMAND,
        ours.UNKNOWN_SENDER,
        ours.NAME_IS_TOO_OLD,
        ours.NAME_HAS_ANOTHER_BODY,
        ours.CAUSE_IS_MISSING,
        ours.CHANGE_CONTROL_ALONE_MAY_SAY_IT,
        ours.EXCHANGE_IS_CREATED_ALREADY,
        ours.TABLE_CANNOT_SHRINK,
        ours.UNKNOWN_TABLE,
        ours.UNKNOWN_FEE_SCHEDULE,
        ours.SENDER_IS_NOT_OF_THIS_DOOR,
        ours.COMMAND_IS_NOT_OF_THIS_DOOR,
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
    "Unavailable": (
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
    ),
    "nonceBelowThreshold": (
        ours.NONCE_IS_NOT_ABOVE_THE_LAST,
        ours.NONCE_CANNOT_BE_TOLD_FROM_THE_TEXT,
        ours.KEY_NEEDS_A_NONCE,
        ours.KEY_SIGNS_WITHOUT_NONCES,
    ),
    "nonceDuplicate": (ours.REQUEST_WAS_USED_ALREADY,),
    "marketUnavailable": (ours.NO_MARK_PRICE, ours.INDEX_IS_STALE),
    "contractNotFound": (ours.UNKNOWN_MARKET,),
    "accountInactive": (ours.UNKNOWN_ACCOUNT, ours.ACCOUNT_IS_THE_HOUSES),
    "invalidUnit": (ours.UNKNOWN_ASSET, ours.ASSET_IS_NOT_COLLATERAL),
    "invalidAccount": (ours.UNKNOWN_WALLET, ours.WALLETS_MUST_DIFFER),
    "invalidAmount": (ours.AMOUNT_MUST_BE_POSITIVE, ours.AMOUNT_IS_TOO_LARGE),
    "insufficientFunds": (ours.TRANSFER_WOULD_BREACH_MARGIN,),
    "invalidArgument: orderType": (ours.MARKET_IS_LIMIT_ONLY, ours.ORDER_IS_NOT_A_KNOWN_KIND),
}

WORDS: Final[dict[int, Word]] = {
    one: Word(text, is_status)
    for table, is_status in ((_STATUS, True), (_ERRORS, False))
    for text, every in table.items()
    for one in every
}
"""Kraken's word for every refusal, by the refusal's number."""


def word_of(outcome: int) -> Word:
    """Return Kraken's word for a receipt's outcome."""
    assert outcome in REFUSALS
    return WORDS[outcome]
