"""The errors of WebSocket v2 that this door itself says, and the exception that carries one."""

from __future__ import annotations

from typing import Final

MALFORMED: Final = "Malformed request"
UNSUPPORTED_METHOD: Final = "Unsupported method"
INVALID_CHANNEL: Final = "Subscription name invalid"
UNSUPPORTED_PAIR: Final = "Currency pair not supported"
UNSUPPORTED_INTERVAL: Final = "Subscription ohlc interval not supported"
UNSUPPORTED_DEPTH: Final = "Subscription depth not supported"
ALREADY_SUBSCRIBED: Final = "Already subscribed"
NOT_SUBSCRIBED: Final = "Subscription Not Found"
TOO_MANY: Final = "Subscription limit exceeded"
TOO_FAST: Final = "Exceeded msg rate"
INVALID_SESSION: Final = "ESession:Invalid session"


class Refused(Exception):
    """A request is refused; `told` is what the answer says besides the error."""

    def __init__(self, error: str, **told: str) -> None:
        super().__init__(error)
        self.error, self.told = error, told


class NotListed(Refused):
    """A pair is refused because there is none of that name."""


def wrong_type(field: str, wanted: str) -> Refused:
    """Return the refusal of a field of the wrong type, in Kraken's pattern."""
    return Refused(f"{field.capitalize()} field must be {wanted}")


def unsupported_field(field: str, method: str) -> Refused:
    """Return the refusal of a field that a method does not have."""
    return Refused(f"Unsupported field: '{field[:40]}' for the given msg type: {method}")
