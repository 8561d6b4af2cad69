"""Kraken's spot errors: the texts this door itself says, and the exception that carries one."""

from __future__ import annotations

from typing import Final

INVALID_KEY: Final = "EAPI:Invalid key"
INVALID_SIGNATURE: Final = "EAPI:Invalid signature"
INVALID_NONCE: Final = "EAPI:Invalid nonce"
RATE_LIMIT: Final = "EAPI:Rate limit exceeded"
TOO_MANY_REQUESTS: Final = "EGeneral:Too many requests"
BAD_REQUEST: Final = "EAPI:Bad request"
UNKNOWN_METHOD: Final = "EGeneral:Unknown method"
PERMISSION_DENIED: Final = "EGeneral:Permission denied"
INVALID_ARGUMENTS: Final = "EGeneral:Invalid arguments"
UNKNOWN_ASSET: Final = "EQuery:Unknown asset"
INDEX_UNAVAILABLE: Final = f"{INVALID_ARGUMENTS}:Index unavailable"
UNKNOWN_PAIR: Final = "EQuery:Unknown asset pair"
UNKNOWN_ORDER: Final = "EOrder:Unknown order"
INVALID_ORDER: Final = "EOrder:Invalid order"
"""What a query says that names nothing of the client's."""
ORDER_RATE_LIMIT: Final = "EOrder:Rate limit exceeded"
ORDERS_LIMIT: Final = "EOrder:Orders limit exceeded"
INVALID_PRICE: Final = "EOrder:Invalid price"
DEADLINE_ELAPSED: Final = "EService:Deadline elapsed"
UNAVAILABLE: Final = "EService:Unavailable"
BUSY: Final = "EService:Busy"


class Refused(Exception):
    """A request is refused with one of Kraken's error texts."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class Limited(Refused):
    """A request is refused for its rate: nothing of it was written anywhere."""


def invalid(field: str) -> Refused:
    """Return the refusal of one argument, by its name."""
    return Refused(f"{INVALID_ARGUMENTS}:{field}")
