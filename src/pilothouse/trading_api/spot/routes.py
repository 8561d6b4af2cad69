"""Every method of the spot API, and the way a request takes through it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from pilothouse.trading_api import texts
from pilothouse.trading_api.bodies import TooLarge, address_of, raw_path, read_body
from pilothouse.trading_api.counted import Once
from pilothouse.trading_api.door import Behind, Door
from pilothouse.trading_api.meter import Meter, Purpose, Spent
from pilothouse.trading_api.spot import balances, ledgers, listing, orders, prices, tokens, trading
from pilothouse.trading_api.spot.arguments import Arguments
from pilothouse.trading_api.spot.call import Call, Handler
from pilothouse.trading_api.spot.charges import charge, charge_reading
from pilothouse.trading_api.spot.errors import (
    BAD_REQUEST,
    BUSY,
    INVALID_ARGUMENTS,
    PERMISSION_DENIED,
    RATE_LIMIT,
    TOO_MANY_REQUESTS,
    UNAVAILABLE,
    UNKNOWN_METHOD,
    Limited,
    Refused,
)
from pilothouse.trading_api.spot.keys import Signed, signer, use
from pilothouse.trading_api.spot.refusals import INTERNAL
from pilothouse.venue.catalogue import to_json
from pilothouse.venue.client import WriterIsAway, WriterIsBusy
from pilothouse.venue.follower import ReplicaStopped
from pilothouse.venue.wire import DoorStaysShut

PUBLIC: Final[dict[str, Handler]] = {
    "Time": listing.time,
    "SystemStatus": listing.system_status,
    "Assets": listing.assets,
    "AssetPairs": listing.asset_pairs,
    "Ticker": prices.ticker,
    "Depth": prices.depth,
    "Trades": prices.trades,
    "OHLC": prices.ohlc,
    "Spread": prices.spread,
}
READS: Final[dict[str, Handler]] = {
    "Balance": balances.balance,
    "BalanceEx": balances.balance_ex,
    "TradeBalance": balances.trade_balance,
    "TradeVolume": balances.trade_volume,
    "OpenPositions": balances.open_positions,
    "OpenOrders": orders.open_orders,
    "ClosedOrders": orders.closed_orders,
    "QueryOrders": orders.query_orders,
    "TradesHistory": orders.trades_history,
    "QueryTrades": orders.query_trades,
    "Ledgers": ledgers.ledgers,
    "QueryLedgers": ledgers.query_ledgers,
}
CANCELS: Final = frozenset(
    {"CancelOrder", "CancelOrderBatch", "CancelAll", "CancelAllOrdersAfter"}
)
"""What a client may always do."""
PLACES: Final = frozenset({"AddOrder", "AddOrderBatch"})
"""What is charged by the market it names: it is read before the journal hears of it."""
TOKENS: Final[dict[str, Handler]] = {"GetWebSocketsToken": tokens.get_websockets_token}
"""What is used once like a trade, and needs no right to trade."""
TRADES: Final[dict[str, Handler]] = {
    "AddOrder": trading.add_order,
    "AddOrderBatch": trading.add_order_batch,
    "CancelOrder": trading.cancel_order,
    "CancelOrderBatch": trading.cancel_order_batch,
    "CancelAll": trading.cancel_all,
    "CancelAllOrdersAfter": trading.cancel_all_orders_after,
    "WalletTransfer": balances.wallet_transfer,
}
PRIVATE: Final = "/0/private/"
PURPOSES: Final = (
    {PRIVATE + one: Purpose.READ for one in READS | TOKENS}
    | {PRIVATE + one: Purpose.TRADE for one in TRADES}
    | {PRIVATE + one: Purpose.CANCEL for one in CANCELS}
)
"""The paths of what has to be signed, and what it is for."""

_log: Final = logging.getLogger(__name__)


def routes(door: Door, meter: Meter) -> list[Route]:
    """Return the routes of the spot API; whatever is under /0/ is answered in its envelope."""

    async def answer(request: Request) -> Response:
        try:
            result = await _result(door, meter, request)
        except Refused as refused:
            if isinstance(refused, Limited):
                public, purpose = (
                    request.headers.get("api-key", ""),
                    PURPOSES[request.scope["path"]],
                )
                meter.refused(public, address_of(request), purpose)
            return _envelope([refused.error])
        except Exception as error:
            return _envelope([_error_of(error)])
        return _envelope([], result)

    every = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]
    return [Route("/0/{rest:path}", answer, methods=every)]


def unknown_method() -> Response:
    """Return the answer to what is no method of this API."""
    return _envelope([UNKNOWN_METHOD])


def _error_of(error: Exception) -> str:
    if isinstance(error, Behind | WriterIsBusy):
        return BUSY
    if isinstance(error, WriterIsAway | ReplicaStopped | DoorStaysShut):
        return UNAVAILABLE
    if isinstance(error, TooLarge | ClientDisconnect):
        return BAD_REQUEST
    if isinstance(error, texts.Unreadable):
        return INVALID_ARGUMENTS
    _log.error("a spot request failed", exc_info=error)
    return INTERNAL


def _envelope(errors: list[str], result: Any = None) -> Response:
    body = {"error": errors} if errors else {"error": [], "result": result}
    return Response(to_json(body), media_type="application/json")


async def _result(door: Door, meter: Meter, request: Request) -> Any:
    family, _, method = request.path_params["rest"].partition("/")
    body = await read_body(request)
    if family == "public" and method in PUBLIC:
        values = texts.read_form(request.scope["query_string"]) | _values(request.headers, body)
        return await PUBLIC[method](Call(door, Arguments(values), meter))
    known = method in READS | TOKENS | TRADES
    if family == "private" and known and request.method == "POST":
        return await _private(door, meter, request, method, body)
    raise Refused(UNKNOWN_METHOD)


async def _private(door: Door, meter: Meter, request: Request, method: str, body: bytes) -> Any:
    signed, values = await _signer(door, meter, request, body)
    key, once = signed.key, Once(lambda: use(door, signed))
    call = Call(door, Arguments(values), meter, key, once)
    acts = method in TRADES and (key.may_cancel if method in CANCELS else key.may_trade)
    # What may not act is charged as what it does: it reads.
    if not acts:
        charge_reading(call, method)
    if method in READS:
        return await READS[method](call)
    if method in TRADES and not acts:
        raise Refused(PERMISSION_DENIED)
    return await _act(call, method)


async def _act(call: Call, method: str) -> Any:
    charge(call, method)
    try:
        if method not in PLACES:
            await call.once()
        return await (TRADES | TOKENS)[method](call)
    except Limited:
        raise
    except Refused:
        await _fault(call)
        raise


async def _fault(call: Call) -> None:
    # What cannot be read has used its nonce all the same, within a rate of its own.
    if call.once.tried:
        call.meter.fault(call.key.account)
        return
    try:
        call.meter.unreadable(call.key.account)
    except Spent:
        raise Limited(RATE_LIMIT) from None
    await call.once()


async def _signer(
    door: Door, meter: Meter, request: Request, body: bytes
) -> tuple[Signed, dict[str, Any]]:
    public, address = request.headers.get("api-key", ""), address_of(request)
    try:
        meter.may_fail(public, address)
    except Spent:
        raise Limited(TOO_MANY_REQUESTS) from None
    try:
        values = _values(request.headers, body)
        signed = await signer(door, request.headers, raw_path(request), body, values, address)
    except (Refused, texts.Unreadable):
        meter.not_signed(public, address)
        raise
    meter.signed(public, address)
    return signed, values


def _values(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    if "json" in headers.get("content-type", "") or body.lstrip()[:1] == b"{":
        return texts.read_object(body)
    return dict(texts.read_form(body))
