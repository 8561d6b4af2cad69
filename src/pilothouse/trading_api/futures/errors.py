"""Kraken's futures errors: the texts this door itself says, and the exception that carries one."""

from __future__ import annotations

from typing import Final

from pilothouse.language.refusals import (
    KEY_NEEDS_A_NONCE,
    KEY_SIGNS_WITHOUT_NONCES,
    REFUSALS,
    REQUEST_WAS_USED_ALREADY,
    describe,
)

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
SIGNS_WITHOUT: Final = describe(KEY_SIGNS_WITHOUT_NONCES)
"""Why a nonce is refused: its digits may be the end of a text that was signed without."""
OPTIONAL_TAKES_NONE: Final = (
    "key_takes_no_nonce: this key was made nonce_optional; sign without one, or use another key"
)
USED_ALREADY: Final = (
    f"{int(REQUEST_WAS_USED_ALREADY)} {REFUSALS[REQUEST_WAS_USED_ALREADY].sentence}: change the "
    "request's own order name, or use a key that signs with nonces"
)
"""This key signs without nonces, so it is not advised to use one."""
NONE_ARE_LEFT: Final = (
    f"{int(KEY_NEEDS_A_NONCE)} {REFUSALS[KEY_NEEDS_A_NONCE].sentence}: this account's requests "
    "without nonces are used up; sign with nonces by another key, or use one made nonce_optional"
)


class Refused(Exception):
    """A request is refused with one of Kraken's error texts.

    `says` is our sentence with what to do, where Kraken's text leaves that open.
    """

    def __init__(self, error: str, says: str = "") -> None:
        super().__init__(error)
        self.error, self.says = error, says


class Limited(Refused):
    """A request is refused for its rate: nothing of it was written anywhere."""

    def __init__(self) -> None:
        super().__init__(API_LIMIT_EXCEEDED)


class Repeated(Refused):
    """The very bytes of a request without a nonce were used before."""

    def __init__(self) -> None:
        super().__init__(NONCE_DUPLICATE, USED_ALREADY)


class NotTaken(Exception):
    """An order is not taken, with one of Kraken's statuses; the request itself was right."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


def invalid(field: str) -> Refused:
    """Return the refusal of one argument, by its name."""
    return Refused(f"{INVALID_ARGUMENT}: {field}")
