"""GetWebSocketsToken: what a private WebSocket subscription shows."""

from __future__ import annotations

from typing import Any

from pilothouse.trading_api.spot.call import Call
from pilothouse.trading_api.tokens import LIVES_S


async def get_websockets_token(call: Call) -> Any:
    """Return a new token of the key that signed, good for fifteen minutes."""
    return {"token": call.door.tokens.make(call.key.public), "expires": LIVES_S}
