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
from pilothouse.trading_api.feeds.moments import Moments
from pilothouse.trading_api.feeds.stream import Stream
from pilothouse.trading_api.futures.routes import routes as futures_routes
from pilothouse.trading_api.futures.routes import unknown_endpoint
from pilothouse.trading_api.futures.websocket.routes import routes as futures_feeds
from pilothouse.trading_api.ports import FindKey, Replica, Venue
from pilothouse.trading_api.spot.routes import routes as spot_routes
from pilothouse.trading_api.spot.routes import unknown_method
from pilothouse.trading_api.spot.websocket.routes import routes as spot_feeds
from pilothouse.venue.catalogue import Catalogue
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.standstill import words_of

EMPTY: Final = Catalogue()


def build(
    venue: Venue,
    follower: Replica,
    history: History,
    find_key: FindKey,
    catalogue: Callable[[], Catalogue] = lambda: EMPTY,
    moments: Moments | None = None,
) -> Starlette:
    """Return the application.

    `find_key` is called in a thread and may block; `catalogue` is asked at every request.
    `moments` is what listens to the history; without it nothing is streamed.
    """
    return assemble(Door(venue, follower, history, find_key, catalogue), moments)


def assemble(door: Door, moments: Moments | None = None) -> Starlette:
    """Return the application around a door that exists."""

    async def healthz(request: Request) -> Response:
        follower = door.follower
        told: dict[str, int | str] = {"position": follower.position, "written_at": follower.time}
        told |= {"standstill": words_of(follower.standstill, wall_clock_us())}
        if follower.fault:
            return JSONResponse({"status": follower.fault, **told}, status_code=503)
        return JSONResponse({"status": "ok", **told})

    every: list[BaseRoute] = [Route("/healthz", healthz)]
    every += [*spot_routes(door), *futures_routes(door)]
    if moments is not None:
        stream = Stream(door, moments)
        every += [*spot_feeds(stream), *futures_feeds(stream)]
    return Starlette(routes=every, exception_handlers={404: _not_found})


async def _not_found(request: Request, error: Exception) -> Response:
    # No route matched, not even the APIs' own for what they do not know: a path with a newline.
    return unknown_method() if request.url.path.startswith("/0/") else unknown_endpoint()
