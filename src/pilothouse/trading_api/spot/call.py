"""A request that was understood: whose it is and what it says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pilothouse.trading_api.door import Door
from pilothouse.trading_api.ports import Key
from pilothouse.trading_api.spot.arguments import Arguments
from pilothouse.trading_api.spot.errors import INVALID_KEY, Refused


@dataclass(frozen=True)
class Call:
    """What a handler is given. `signer` is the key of a private request."""

    door: Door
    arguments: Arguments
    signer: Key | None = None

    @property
    def key(self) -> Key:
        """Return the key of a private request."""
        if self.signer is None:
            raise Refused(INVALID_KEY)
        return self.signer


Handler = Callable[[Call], Awaitable[Any]]
