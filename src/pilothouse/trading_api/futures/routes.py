"""Every endpoint of the futures API, and the way a request takes through it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from pilothouse.trading_api import texts
from pilothouse.trading_api.bodies import TooLarge, address_of, raw_path, read_body
from pilothouse.trading_api.counted import Once
from pilothouse.trading_api.door import Behind, Door
from pilothouse.trading_api.figures import iso
from pilothouse.trading_api.futures import (
    account,
    charts,
    instruments,
    orders,
    prices,
    rates,
    trading,
)
from pilothouse.trading_api.futures.arguments import Arguments
from pilothouse.trading_api.futures.call import Call, Handler
from pilothouse.trading_api.futures.charges import HISTORY, charge, charge_reading
from pilothouse.trading_api.futures.errors import (
    AUTHENTICATION_ERROR,
    INVALID_ARGUMENT,
    NOT_FOUND,
    REQUIRED_ARGUMENT_MISSING,
    UNAVAILABLE,
    Limited,
    NotTaken,
    Refused,
    Repeated,
)
from pilothouse.trading_api.futures.keys import NO_NONCE, Signed, signer, use
from pilothouse.trading_api.futures.refusals import SERVER_ERROR
from pilothouse.trading_api.meter import Meter, Purpose, Spent
from pilothouse.venue.catalogue import to_json
from pilothouse.venue.client import WriterIsAway
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.follower import ReplicaStopped
from pilothouse.venue.wire import DoorStaysShut

V3: Final = "/derivatives/api/v3"
PUBLIC: Final[dict[str, Handler]] = {
    f"{V3}/instruments": instruments.instruments,
    f"{V3}/instruments/status": instruments.statuses,
    f"{V3}/instruments/{{symbol}}/status": instruments.status,
    f"{V3}/tickers": prices.tickers,
    f"{V3}/tickers/{{symbol}}": prices.ticker,
    f"{V3}/orderbook": prices.orderbook,
    f"{V3}/history": prices.history,
    f"{V3}/feeschedules": rates.fee_schedules,
    "/derivatives/api/v4/historicalfundingrates": rates.historical_funding_rates,
    "/api/history/v3/market/{symbol}/executions": prices.executions,
    "/api/history/v2/market/{symbol}/executions": prices.executions,
    "/api/charts/v1/": charts.tick_types,
    "/api/charts/v1/{tick_type}": charts.symbols,
    "/api/charts/v1/{tick_type}/{symbol}": charts.resolutions,
    "/api/charts/v1/{tick_type}/{symbol}/{resolution}": charts.candles,
}
READS: Final[dict[str, Handler]] = {
    f"{V3}/accounts": account.accounts,
    f"{V3}/openpositions": account.open_positions,
    f"{V3}/openorders": orders.open_orders,
    f"{V3}/orders/status": orders.order_status,
    f"{V3}/fills": orders.fills,
    f"{V3}/feeschedules/volumes": rates.fee_volumes,
    f"{V3}/leveragepreferences": account.leverage_preferences,
    f"{V3}/pnlpreferences": account.pnl_preferences,
    f"{V3}/notifications": account.notifications,
    "/api/history/v2/orders": orders.order_history,
    "/api/history/v2/triggers": orders.no_elements,
}
TRADES: Final[dict[str, Handler]] = {
    f"{V3}/sendorder": trading.send_order,
    f"{V3}/cancelorder": trading.cancel_order,
    f"{V3}/cancelallorders": trading.cancel_all_orders,
    f"{V3}/cancelallordersafter": trading.cancel_all_orders_after,
    f"{V3}/batchorder": trading.batch_order,
    f"{V3}/transfer": trading.transfer,
}
CANCELS: Final = frozenset({f"{V3}/cancelorder", f"{V3}/cancelallorders"})
"""What a client may always do; a key that signs without nonces may say it again."""
PURPOSES: Final = (
    dict.fromkeys(READS, Purpose.READ)
    | dict.fromkeys(TRADES, Purpose.TRADE)
    | dict.fromkeys((*CANCELS, f"{V3}/cancelallordersafter"), Purpose.CANCEL)
)
"""The paths of what has to be signed, and what it is for."""
CHARTS: Final = "/api/charts/"
REQUIRED: Final = {
    f"{V3}/sendorder": (("orderType",), ("symbol",), ("side",), ("size",)),
    f"{V3}/cancelorder": (("order_id", "orderId", "cliOrdId"),),
    f"{V3}/cancelallordersafter": (("timeout",),),
    f"{V3}/batchorder": (("json",),),
    f"{V3}/transfer": (("fromAccount",), ("toAccount",), ("unit",), ("amount",)),
}
"""What a request must have: of each of these groups, one."""
SEND_ORDER: Final = f"{V3}/sendorder"
CLIENT_NAME: Final = "cliOrdId"
NAME_IS_TAKEN: Final = "clientOrderIdAlreadyExist"

_log: Final = logging.getLogger(__name__)


def routes(door: Door, meter: Meter) -> list[Route]:
    """Return the routes of the futures API; an unknown one below its roots is answered too."""
    way = _Way(door, meter)
    made = [_route(way, path, one, private=False, trades=False) for path, one in PUBLIC.items()]
    made += [_route(way, path, one, private=True, trades=False) for path, one in READS.items()]
    made += [_route(way, path, one, private=True, trades=True) for path, one in TRADES.items()]
    every = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]
    roots = ("/derivatives/{rest:path}", "/api/{rest:path}")
    return made + [Route(root, _unknown, methods=every) for root in roots]


@dataclass(frozen=True)
class _Way:
    """What every request passes through."""

    door: Door
    meter: Meter


def _route(way: _Way, path: str, handler: Handler, *, private: bool, trades: bool) -> Route:
    async def answer(request: Request) -> Response:
        try:
            if trades:
                return _success(path, await _acted(way, request, path, handler))
            return _success(path, await _read(way, request, path, handler, private=private))
        except NotTaken as fault:
            return _success(path, {"sendStatus": trading.standing_of(fault.status)})
        except Refused as refused:
            if isinstance(refused, Limited):
                public = request.headers.get("apikey", "")
                way.meter.refused(public, address_of(request), PURPOSES[path])
            return _error(refused.error, says=refused.says)
        except Exception as error:
            return _error(_error_of(error))

    return Route(path, answer, methods=["POST"] if trades else ["GET", "POST"])


async def _read(way: _Way, request: Request, path: str, handler: Handler, *, private: bool) -> Any:
    body, query = await read_body(request), request.scope["query_string"]
    # A stranger's fields are not parsed before its key is known.
    signed = await _signer(way, request, query, body) if private else None
    fields = texts.read_fields(query) + texts.read_fields(body)
    key = None if signed is None else signed.key
    payer = 0 if signed is None else signed.payer(address_of(request))
    path_params = dict(request.path_params)
    call = Call(way.door, Arguments(fields), way.meter, key, path_params, payer=payer)
    if private:
        charge_reading(call, path)
    return await handler(call)


async def _acted(way: _Way, request: Request, path: str, handler: Handler) -> Any:
    body, query = await read_body(request), request.scope["query_string"]
    try:
        signed = await _signer(way, request, query, body)
    except Refused as refused:
        raise _what_is_missing(path, query, body, refused) from None
    payer = signed.payer(address_of(request))
    cancels = PURPOSES[path] is Purpose.CANCEL
    if not (signed.key.may_cancel if cancels else signed.key.may_trade):
        # What cannot act is charged as what it does: it reads.
        if not way.meter.budget.take(payer):
            raise Limited
        raise Refused(AUTHENTICATION_ERROR)
    fields = _fields(query, body)
    once = Once(lambda: _use_once(way.door, signed, path, fields or []))
    arguments = Arguments(fields or [])
    call = Call(way.door, arguments, way.meter, signed.key, once=once, payer=payer)
    charge(call, path.rpartition("/")[2])
    if fields is None:
        _unreadable(call)
        raise Refused(INVALID_ARGUMENT)
    return await _handled(call, path, handler)


def _what_is_missing(path: str, query: bytes, body: bytes, refused: Refused) -> Refused:
    # Kraken looks at what a request must have before it looks at who signed it.
    fields = _fields(query, body) if refused.error == AUTHENTICATION_ERROR else None
    if fields is None:
        return refused
    named = {name for name, text in fields if text}
    whole = all(named & set(words) for words in REQUIRED.get(path, ()))
    return refused if whole else Refused(REQUIRED_ARGUMENT_MISSING)


def _fields(query: bytes, body: bytes) -> list[tuple[str, str]] | None:
    # Query and body are signed one behind the other: where the one ends, nobody signed.
    if query and body:
        return None
    try:
        return texts.read_fields(query or body)
    except texts.Unreadable:
        return None


async def _handled(call: Call, path: str, handler: Handler) -> Any:
    # What is refused for its rate is refused before the journal hears of its nonce; what cannot be
    # read has used it all the same, so that its digits make no other request.
    try:
        if path != SEND_ORDER:
            await call.once()
        result = await handler(call)
        await call.once()
        return result
    except Limited:
        raise
    except Refused:
        if call.once.tried:
            call.meter.fault(call.payer)
        else:
            _unreadable(call)
            await call.once()
        raise


def _unreadable(call: Call) -> None:
    try:
        call.meter.unreadable(call.payer)
    except Spent:
        raise Limited from None


async def _signer(way: _Way, request: Request, query: bytes, body: bytes) -> Signed:
    public, address = request.headers.get("apikey", ""), address_of(request)
    try:
        way.meter.may_fail(public, address)
    except Spent:
        raise Limited from None
    try:
        signed = await signer(way.door, request.headers, raw_path(request), query, body, address)
    except Refused:
        way.meter.not_signed(public, address)
        raise
    way.meter.signed(public, address)
    return signed


async def _use_once(door: Door, signed: Signed, path: str, fields: list[tuple[str, str]]) -> None:
    try:
        await use(door, signed, only_cancels=path in CANCELS)
    except Repeated:
        named = any(name == CLIENT_NAME for name, _ in fields)
        if path == SEND_ORDER and named and signed.nonce == NO_NONCE:
            # Its client knows the order by this name, and has a word for it.
            raise NotTaken(NAME_IS_TAKEN) from None
        raise


def _error_of(error: Exception) -> str:
    if isinstance(error, Behind | WriterIsAway | ReplicaStopped | DoorStaysShut):
        return UNAVAILABLE
    if isinstance(error, texts.Unreadable | TooLarge | ClientDisconnect):
        return INVALID_ARGUMENT
    _log.error("a futures request failed", exc_info=error)
    return SERVER_ERROR


def _success(path: str, result: Any) -> Response:
    # Answers of the history and of charts are not wrapped.
    if path.startswith((HISTORY, CHARTS)):
        return _json(result)
    return _json({"result": "success", **result, "serverTime": iso(wall_clock_us())})


def _error(error: str, status: int = 200, says: str = "") -> Response:
    said = {"result": "error", "error": error, "serverTime": iso(wall_clock_us())}
    return _json(said | {"says": says} if says else said, status)


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(to_json(body), status_code=status, media_type="application/json")


async def _unknown(request: Request) -> Response:
    return unknown_endpoint()


def unknown_endpoint() -> Response:
    """Return the answer to what is no endpoint of this API."""
    return _error(NOT_FOUND, 404)
