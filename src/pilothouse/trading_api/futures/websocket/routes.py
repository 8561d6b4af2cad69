"""The address of the futures WebSocket."""

from __future__ import annotations

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from pilothouse.trading_api.feeds.listening import serve
from pilothouse.trading_api.feeds.stream import Stream
from pilothouse.trading_api.futures.websocket.feeds import PATH, Feeds
from pilothouse.trading_api.futures.websocket.session import FuturesSession


def routes(stream: Stream) -> list[WebSocketRoute]:
    """Return the route of the futures WebSocket."""
    feeds = Feeds(stream)

    async def listen(websocket: WebSocket) -> None:
        await serve(websocket, stream, lambda outlet: FuturesSession(feeds, outlet))

    return [WebSocketRoute(PATH, listen)]
