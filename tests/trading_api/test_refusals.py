"""Every refusal of the exchange is said by each door, in words that Kraken has."""

from __future__ import annotations

from pilothouse.language.refusals import REFUSALS
from pilothouse.trading_api.futures import refusals as futures
from pilothouse.trading_api.spot import refusals as spot

# The errors that Kraken's documentation and its clients name.
SPOT_ERRORS = {
    "EAPI:Invalid nonce",
    "EGeneral:Internal error",
    "EGeneral:Invalid arguments",
    "EGeneral:Invalid arguments:Index unavailable",
    "EGeneral:Invalid arguments:cl_ord_id",
    "EGeneral:Invalid arguments:volume",
    "EGeneral:Permission denied",
    "EAccount:Invalid permissions",
    "EFunding:Invalid amount",
    "EFunding:Unknown asset",
    "EOrder:Cannot open position",
    "EOrder:Cost minimum not met",
    "EOrder:Insufficient funds",
    "EOrder:Insufficient margin",
    "EOrder:Invalid order",
    "EOrder:Invalid price",
    "EOrder:Margin allowance exceeded",
    "EOrder:Margin level too low",
    "EOrder:Margin position size exceeded",
    "EOrder:Order minimum not met",
    "EOrder:Orders limit exceeded",
    "EOrder:Post only order",
    "EOrder:Reduce only:No position exists",
    "EOrder:Tick size check failed",
    "EOrder:Unknown order",
    "EQuery:Invalid asset pair",
    "EQuery:Unknown asset",
    "EQuery:Unknown asset pair",
    "EService:Market in cancel_only mode",
    "EService:Market in limit_only mode",
    "EService:Market in post_only mode",
    "EService:Unavailable",
}
FUTURES_STATUSES = {
    "clientOrderIdAlreadyExist",
    "insufficientAvailableFunds",
    "invalidPrice",
    "invalidSize",
    "iocWouldNotExecute",
    "marketInactive",
    "marketIsPostOnly",
    "marketSuspended",
    "maxPositionViolation",
    "notFound",
    "outsidePriceCollar",
    "postWouldExecute",
    "tooManyOrders",
    "wouldCauseLiquidation",
    "wouldNotReducePosition",
}
FUTURES_ERRORS = {
    "Server Error",
    "Unavailable",
    "accountInactive",
    "contractNotFound",
    "insufficientFunds",
    "invalidAccount",
    "invalidAmount",
    "invalidArgument: orderType",
    "invalidUnit",
    "marketUnavailable",
    "nonceBelowThreshold",
    "nonceDuplicate",
}


def test_the_spot_door_says_every_refusal() -> None:
    assert set(spot.WORDS) == set(REFUSALS)
    assert set(spot.WORDS.values()) == SPOT_ERRORS


def test_the_futures_door_says_every_refusal() -> None:
    assert set(futures.WORDS) == set(REFUSALS)
    said = futures.WORDS.values()
    assert {one.text for one in said if one.is_status} == FUTURES_STATUSES
    assert {one.text for one in said if not one.is_status} == FUTURES_ERRORS


def test_no_refusal_is_said_twice() -> None:
    spot_count = sum(len(every) for every in spot._SAID.values())
    tables = (futures._STATUS, futures._ERRORS)
    futures_count = sum(len(every) for table in tables for every in table.values())
    assert (spot_count, futures_count) == (len(REFUSALS), len(REFUSALS))
