"""Every method of the spot API, and the way a request takes through it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from pilothouse.trading_api import texts
from pilothouse.trading_api.bodies import TooLarge, raw_path, read_body
from pilothouse.trading_api.door import Behind, Door
from pilothouse.trading_api.spot import balances, listing, orders, prices, tokens, trading
from pilothouse.trading_api.spot.arguments import Arguments
from pilothouse.trading_api.spot.call import Call, Handler
from pilothouse.trading_api.spot.errors import (
    BAD_REQUEST,
    BUSY,
    INVALID_ARGUMENTS,
    PERMISSION_DENIED,
    UNAVAILABLE,
    UNKNOWN_METHOD,
    Refused,
)
from pilothouse.trading_api.spot.keys import signer
from pilothouse.trading_api.spot.refusals import INTERNAL
from pilothouse.venue.catalogue import to_json
from pilothouse.venue.client import WriterIsAway
from pilothouse.venue.follower import ReplicaStopped

PUBLIC: Final[dict[str, Handler]] = {
    "Time": listing.time,
    "SystemStatus": listing.system_status,
    "Assets": listing.assets,
    "AssetPairs": listing.asset_pairs,
    "Ticker": prices.ticker,
    "Depth": prices.depth,
    "Trades": prices.trades,
    "OHLC": prices.ohlc,
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
    "GetWebSocketsToken": tokens.get_websockets_token,
}
TRADES: Final[dict[str, Handler]] = {
    "AddOrder": trading.add_order,
    "AddOrderBatch": trading.add_order_batch,
    "CancelOrder": trading.cancel_order,
    "CancelOrderBatch": trading.cancel_order_batch,
    "CancelAll": trading.cancel_all,
    "WalletTransfer": balances.wallet_transfer,
}

_log: Final = logging.getLogger(__name__)


def routes(door: Door) -> list[Route]:
    """Return the routes of the spot API; whatever is under /0/ is answered in its envelope."""

    async def answer(request: Request) -> Response:
        try:
            result = await _result(door, request)
        except Refused as refused:
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
    if isinstance(error, Behind):
        return BUSY
    if isinstance(error, WriterIsAway | ReplicaStopped):
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


async def _result(door: Door, request: Request) -> Any:
    family, _, method = request.path_params["rest"].partition("/")
    body = await read_body(request)
    if family == "public" and method in PUBLIC:
        values = texts.read_form(request.scope["query_string"]) | _values(request.headers, body)
        return await PUBLIC[method](Call(door, Arguments(values)))
    if family == "private" and method in READS | TRADES and request.method == "POST":
        return await _private(door, request, method, body)
    raise Refused(UNKNOWN_METHOD)


async def _private(door: Door, request: Request, method: str, body: bytes) -> Any:
    values = _values(request.headers, body)
    key = await signer(door, request.headers, raw_path(request), body, values)
    call = Call(door, Arguments(values), key)
    if method in READS:
        return await READS[method](call)
    if not key.may_trade:
        raise Refused(PERMISSION_DENIED)
    return await TRADES[method](call)


def _values(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    if "json" in headers.get("content-type", "") or body.lstrip()[:1] == b"{":
        return texts.read_object(body)
    return dict(texts.read_form(body))
