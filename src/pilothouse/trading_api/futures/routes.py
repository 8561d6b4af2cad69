"""Every endpoint of the futures API, and the way a request takes through it."""

from __future__ import annotations

import logging
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from pilothouse.trading_api import texts
from pilothouse.trading_api.bodies import TooLarge, raw_path, read_body
from pilothouse.trading_api.door import Behind, Door, wall_clock_us
from pilothouse.trading_api.figures import iso
from pilothouse.trading_api.futures import account, instruments, orders, prices, trading
from pilothouse.trading_api.futures.arguments import Arguments
from pilothouse.trading_api.futures.call import Call, Handler
from pilothouse.trading_api.futures.errors import (
    AUTHENTICATION_ERROR,
    INVALID_ARGUMENT,
    NOT_FOUND,
    UNAVAILABLE,
    Refused,
)
from pilothouse.trading_api.futures.keys import signer
from pilothouse.trading_api.futures.refusals import SERVER_ERROR
from pilothouse.venue.catalogue import to_json
from pilothouse.venue.client import WriterIsAway
from pilothouse.venue.follower import ReplicaStopped

V3: Final = "/derivatives/api/v3"
PUBLIC: Final[dict[str, Handler]] = {
    f"{V3}/instruments": instruments.instruments,
    f"{V3}/instruments/status": instruments.statuses,
    f"{V3}/instruments/{{symbol}}/status": instruments.status,
    f"{V3}/tickers": prices.tickers,
    f"{V3}/tickers/{{symbol}}": prices.ticker,
    f"{V3}/orderbook": prices.orderbook,
    f"{V3}/history": prices.history,
    "/api/history/v3/market/{symbol}/executions": prices.executions,
}
READS: Final[dict[str, Handler]] = {
    f"{V3}/accounts": account.accounts,
    f"{V3}/openpositions": account.open_positions,
    f"{V3}/openorders": orders.open_orders,
    f"{V3}/orders/status": orders.order_status,
    f"{V3}/fills": orders.fills,
    "/api/history/v2/orders": orders.order_history,
    "/api/history/v2/triggers": orders.no_elements,
}
TRADES: Final[dict[str, Handler]] = {
    f"{V3}/sendorder": trading.send_order,
    f"{V3}/cancelorder": trading.cancel_order,
    f"{V3}/cancelallorders": trading.cancel_all_orders,
    f"{V3}/batchorder": trading.batch_order,
    f"{V3}/transfer": trading.transfer,
}
BARE: Final = "/api/history/"
"""Answers of the history are not wrapped."""

_log: Final = logging.getLogger(__name__)


def routes(door: Door) -> list[Route]:
    """Return the routes of the futures API; an unknown one below its roots is answered too."""
    made = [_route(door, path, one, private=False, trades=False) for path, one in PUBLIC.items()]
    made += [_route(door, path, one, private=True, trades=False) for path, one in READS.items()]
    made += [_route(door, path, one, private=True, trades=True) for path, one in TRADES.items()]
    every = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]
    roots = ("/derivatives/{rest:path}", "/api/{rest:path}")
    return made + [Route(root, _unknown, methods=every) for root in roots]


def _route(door: Door, path: str, handler: Handler, *, private: bool, trades: bool) -> Route:
    async def answer(request: Request) -> Response:
        try:
            call = await _call(door, request, private, trades)
            return _success(path, await handler(call))
        except Refused as refused:
            return _error(refused.error)
        except Exception as error:
            return _error(_error_of(error))

    return Route(path, answer, methods=["POST"] if trades else ["GET", "POST"])


async def _call(door: Door, request: Request, private: bool, trades: bool) -> Call:
    body = await read_body(request)
    query = request.scope["query_string"]
    key = None
    if private:
        key = await signer(door, request.headers, raw_path(request), query, body)
        if trades and not key.may_trade:
            raise Refused(AUTHENTICATION_ERROR)
    fields = texts.read_fields(query) + texts.read_fields(body)
    return Call(door, Arguments(fields), key, dict(request.path_params))


def _error_of(error: Exception) -> str:
    if isinstance(error, Behind | WriterIsAway | ReplicaStopped):
        return UNAVAILABLE
    if isinstance(error, texts.Unreadable | TooLarge | ClientDisconnect):
        return INVALID_ARGUMENT
    _log.error("a futures request failed", exc_info=error)
    return SERVER_ERROR


def _success(path: str, result: dict[str, Any]) -> Response:
    if path.startswith(BARE):
        return _json(result)
    return _json({"result": "success", **result, "serverTime": iso(wall_clock_us())})


def _error(error: str, status: int = 200) -> Response:
    said = {"result": "error", "error": error, "serverTime": iso(wall_clock_us())}
    return _json(said, status)


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(to_json(body), status_code=status, media_type="application/json")


async def _unknown(request: Request) -> Response:
    return unknown_endpoint()


def unknown_endpoint() -> Response:
    """Return the answer to what is no endpoint of this API."""
    return _error(NOT_FOUND, 404)
