"""The field's words for steps, reasons and refusals, as a client may read them."""

from __future__ import annotations

from typing import Final

from pilothouse.language.kinds import CancelReason, ProtectionStep, Side

STEP_WORDS: Final = {
    ProtectionStep.CANCEL_ORDERS: "cancelled the account's open contract orders",
    ProtectionStep.LIQUIDATION: "sent an immediate-or-cancel order to close a position",
    ProtectionStep.INSURANCE: "closed a position with the insurance pool bearing a part",
    ProtectionStep.UNWIND: "unwound a position against holders of the other side",
    ProtectionStep.CONVERSION: "converted collateral to pay what the account owed",
}
REASON_WORDS: Final = {
    CancelReason.BY_CLIENT: "the client cancelled it",
    CancelReason.IMMEDIATE_REST: "what did not trade at once was cancelled, as the order asked",
    CancelReason.SELF_TRADE: "it would have traded with an order of the same account",
    CancelReason.MARGIN: "equity no longer covered the margin of positions and orders",
    CancelReason.LIQUIDATION: "the account was below its maintenance margin",
    CancelReason.MARKET_STATUS: "the market's status no longer takes it",
    CancelReason.FILLS_CAPPED: "it had met as many orders as one order may",
    CancelReason.PRICE_BAND: "its price was outside the market's price band",
    CancelReason.FUNDS: "its account could not bear the next trade at its price",
    CancelReason.REDUCE_ONLY: "there was no opposite position left to reduce",
    CancelReason.POST_ONLY: "it was to rest only, and would have traded",
    CancelReason.STALE_INDEX: "its account could bear the next trade only with what rests on a "
    "stale index",
}


def side_words(side: int) -> str:
    """Return what an order does."""
    return "buy" if side == Side.BUY else "sell"
