"""What the futures WebSocket says about requests: events, and alerts in Kraken's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pilothouse.venue.catalogue import to_json

INFO: Final = to_json({"event": "info", "version": 1})
JSON_ERROR: Final = to_json({"event": "error", "message": "Json Error"})
BAD_MESSAGE: Final = "Bad websocket message"
BAD_REQUEST: Final = "Bad request"
INVALID_FEED: Final = "Couldn't subscribe to invalid feed"
NOT_AUTHENTICATED: Final = "Failed to subscribe to authenticated feed"
ALREADY: Final = "Already subscribed to feed, re-requesting"
TOO_MANY: Final = "Too many subscriptions"
TOO_FAST: Final = "Request limit exceeded"


def alert(message: str) -> bytes:
    """Return an alert: something about a request was wrong."""
    return to_json({"event": "alert", "message": message})


def invalid_product(name: str) -> bytes:
    """Return the alert about a product that is not there or does not trade."""
    return alert(f"Couldn't subscribe to invalid product `{name[:40]}`")


def more_invalid_products(count: int) -> bytes:
    """Return the alert about products of one request that are not named one by one."""
    return alert(f"Couldn't subscribe to {count} more invalid products")


def done(event: str, feed: str, products: Sequence[str] | None = None) -> bytes:
    """Return what became of a request: subscribed, unsubscribed, unsubscribed_failed."""
    made: dict[str, Any] = {"event": event, "feed": feed}
    if products is not None:
        made["product_ids"] = products
    return to_json(made)


def challenge(text: str) -> bytes:
    """Return what a client has to sign."""
    return to_json({"event": "challenge", "message": text})
