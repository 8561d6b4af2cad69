"""The address of WebSocket v2: one for public and private channels alike."""

from __future__ import annotations

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from pilothouse.trading_api.feeds.listening import serve
from pilothouse.trading_api.feeds.stream import Stream
from pilothouse.trading_api.spot.websocket.channels import PATH, Channels
from pilothouse.trading_api.spot.websocket.session import SpotSession


def routes(stream: Stream) -> list[WebSocketRoute]:
    """Return the route of WebSocket v2."""
    channels = Channels(stream)

    async def listen(websocket: WebSocket) -> None:
        await serve(websocket, stream, lambda outlet: SpotSession(channels, outlet))

    return [WebSocketRoute(path, listen) for path in (PATH, f"{PATH}/")]
