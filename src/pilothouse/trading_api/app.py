"""The traders' door as one application: spot, futures, and whether it is up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from pilothouse.records.history import History
from pilothouse.trading_api.door import Door
from pilothouse.trading_api.feeds.fullness import Fullness
from pilothouse.trading_api.feeds.moments import Moments
from pilothouse.trading_api.feeds.stream import Stream
from pilothouse.trading_api.futures.routes import routes as futures_routes
from pilothouse.trading_api.futures.routes import unknown_endpoint
from pilothouse.trading_api.futures.websocket.routes import routes as futures_feeds
from pilothouse.trading_api.meter import Meter
from pilothouse.trading_api.ports import FindKey, Replica, Venue
from pilothouse.trading_api.rates import NO_LIMITS, Rates
from pilothouse.trading_api.spot.routes import routes as spot_routes
from pilothouse.trading_api.spot.routes import unknown_method
from pilothouse.trading_api.spot.websocket.routes import routes as spot_feeds
from pilothouse.venue.catalogue import Catalogue
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.readiness import Cause, told
from pilothouse.venue.standstill import words_of

EMPTY: Final = Catalogue()
Causes = Callable[[], list[Cause]]


def build(
    venue: Venue,
    follower: Replica,
    history: History,
    find_key: FindKey,
    catalogue: Callable[[], Catalogue] = lambda: EMPTY,
    moments: Moments | None = None,
    causes: Causes = lambda: [],
    rates: Rates = NO_LIMITS,
    slot: int = 0,
) -> Starlette:
    """Return the application. `rates` are its clients' limits.

    `find_key` is called in a thread and may block; `catalogue` is asked at every request.
    `moments` is what listens to the history; without it nothing is streamed. `causes` says what is
    bad, and whether it keeps the door from its work.
    """
    door = Door(venue, follower, history, find_key, catalogue, slot=slot)
    return assemble(door, moments, Meter(history, rates), causes)


def assemble(
    door: Door,
    moments: Moments | None = None,
    meter: Meter | None = None,
    causes: Causes = lambda: [],
) -> Starlette:
    """Return the application around a door that exists."""
    counted = meter or Meter(door.history)

    async def healthz(request: Request) -> Response:
        return _health(door, request.path_params.get("question", "ready"), causes())

    asked = "/healthz/{question:str}"
    every: list[BaseRoute] = [Route("/healthz", healthz), Route(asked, healthz)]
    limits = counted.every | {"switches": door.switches}
    every += [*spot_routes(door, counted), *futures_routes(door, counted)]
    if moments is not None:
        stream = Stream(door, moments, counted.sockets)
        limits["feeds"] = Fullness(stream)
        every += [*spot_feeds(stream), *futures_feeds(stream)]
    made = Starlette(routes=every, exception_handlers={404: _not_found})
    made.state.meter, made.state.limits, made.state.door = counted, limits, door
    return made


def _health(door: Door, question: str, causes: list[Cause]) -> Response:
    # A gateway listens only when it has caught up: that it answers is that it is started.
    if question in ("alive", "started"):
        return JSONResponse({question: True})
    if question != "ready":
        return JSONResponse({"error": "ask for alive, started or ready"}, status_code=404)
    follower, shut = door.follower, door.names.fault
    answer = told([*causes, Cause("door", shut)] if shut else causes)
    answer |= {"position": follower.position, "written_at": follower.time}
    answer |= {"standstill": words_of(follower.standstill, wall_clock_us())}
    return JSONResponse(answer, status_code=200 if answer["ready"] else 503)


async def _not_found(request: Request, error: Exception) -> Response:
    # No route matched, not even the APIs' own for what they do not know: a path with a newline.
    return unknown_method() if request.url.path.startswith("/0/") else unknown_endpoint()
