"""Kraken's futures errors: the texts this door itself says, and the exception that carries one."""

from __future__ import annotations

from typing import Final

AUTHENTICATION_ERROR: Final = "authenticationError"
NONCE_BELOW_THRESHOLD: Final = "nonceBelowThreshold"
NONCE_DUPLICATE: Final = "nonceDuplicate"
REQUIRED_ARGUMENT_MISSING: Final = "requiredArgumentMissing"
INVALID_ARGUMENT: Final = "invalidArgument"
CONTRACT_NOT_FOUND: Final = "contractNotFound"
JSON_PARSE_ERROR: Final = "Json Parse Error"
NOT_FOUND: Final = "notFound"
UNAVAILABLE: Final = "Unavailable"
API_LIMIT_EXCEEDED: Final = "apiLimitExceeded"


class Refused(Exception):
    """A request is refused with one of Kraken's error texts."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class NotTaken(Exception):
    """An order is not taken, with one of Kraken's statuses; the request itself was right."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


def invalid(field: str) -> Refused:
    """Return the refusal of one argument, by its name."""
    return Refused(f"{INVALID_ARGUMENT}: {field}")
